package corpus

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/zstd"
)

const (
	// maxWindow bounds what a frame may ask to keep of its text: the zstd
	// program's own limit without --long.
	maxWindow = 128 << 20
	// maxBlock is the longest text of one block (RFC 8878, 3.1.1.2.4).
	maxBlock = 128 << 10
	// firstWindow is what a decoder starts with: room for a block and as much
	// before it, so that short texts are decoded once.
	firstWindow = 2 * maxBlock
)

// A zstdReader decompresses zstd frames in memory that follows their text.
//
// The decoder allocates a frame's whole window before its first block, and a
// frame of 20 bytes may announce 128 MiB; zstd --ultra -22 writes just that for
// any text from a pipe, so such frames cannot be refused. Here the decoder is
// shown a smaller window in the announced one's place, as large as the text so
// far and the next block together: no match reaches back further. Where the text
// outgrows it, the window is doubled and the frame decoded again from its start,
// for which its blocks are kept until the window is the announced one. That costs
// at most the time to decode one window of text a second time, and all that is
// allocated for a frame is within a mebibyte and six times its text.
type zstdReader struct {
	frame   zstdFrame
	decoder *zstd.Decoder
	open    bool   // within a frame
	window  uint64 // what the decoder is shown
	given   uint64 // bytes of the frame's text that were returned
	again   uint64 // of these, how many the decoder has yet to repeat
	err     error
}

func newZstdReader(in io.Reader) (*zstdReader, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return &zstdReader{frame: zstdFrame{in: bufio.NewReaderSize(in, 1<<16)}, decoder: d}, nil
}

func (r *zstdReader) Read(p []byte) (n int, err error) {
	for n == 0 && r.err == nil && len(p) > 0 {
		if r.open {
			n, r.err = r.text(p)
		} else {
			r.err = r.next()
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

// next enters the next frame.
func (r *zstdReader) next() error {
	if err := r.frame.next(); err != nil {
		return err
	}
	r.open, r.given, r.again = true, 0, 0
	return r.start(firstWindow)
}

// start decodes the frame from its beginning with a window of at least n bytes,
// or the announced one.
func (r *zstdReader) start(n uint64) error {
	r.window = min(1<<bits.Len64(n-1), r.frame.window)
	r.frame.rewind(r.window)
	return r.decoder.Reset(&r.frame)
}

// text reads on in a frame. The decoder enters a block when all before it was
// returned, so that the text so far is known here.
func (r *zstdReader) text(p []byte) (int, error) {
	if need := r.given + maxBlock; r.window < min(need, r.frame.window) && !r.frame.last {
		r.again = r.given
		if err := r.start(need); err != nil {
			return 0, err
		}
	}
	n, err := r.decoder.Read(p)
	if err == io.EOF {
		r.open, err = false, nil
	}
	repeated := min(r.again, uint64(n))
	r.again -= repeated
	r.given += uint64(n) - repeated
	return copy(p, p[repeated:n]), err
}

// A zstdFrame reads one compressed frame after another from in: it is at its
// end, io.EOF, where a frame ends.
type zstdFrame struct {
	in     *bufio.Reader
	header []byte
	head   zstd.Header
	window uint64    // the announced one, or the whole text's length
	past   io.Reader // what is read before in, or nil
	blocks []byte    // read so far, while they may be needed again
	keep   bool
	left   int  // bytes of in to the end of the block, with the frame's checksum behind the last
	last   bool // the block is the frame's last
	seen   bool // a frame was there
}

// next reads the next frame's header; io.EOF says that there is none.
func (f *zstdFrame) next() error {
	for n := 1; ; n++ { // no byte more than the header has: behind it, in may wait
		b, err := f.in.Peek(n)
		switch {
		case err == io.EOF && len(b) == 0 && f.seen:
			return io.EOF
		case f.seen && trails(b, zstdMagic) && (b[0]>>4 != 5 || trails(b[1:], skippableMagic)):
			return errTrailing
		case err != nil:
			return noEOF(err)
		}
		switch err = f.head.Decode(b); {
		case errors.Is(err, io.ErrUnexpectedEOF):
			continue
		case err != nil:
			return err
		case f.head.Skippable:
			if _, err := io.CopyN(io.Discard, f.in, int64(n)+int64(f.head.SkippableSize)); err != nil {
				return noEOF(err)
			}
			n, f.seen = 0, true
			continue
		}
		f.header = slices.Clone(b)
		f.in.Discard(n)
		return f.enter()
	}
}

// enter refuses frames that this program cannot decode.
func (f *zstdFrame) enter() error {
	f.window = f.head.WindowSize
	if f.head.SingleSegment {
		f.window = max(f.head.FrameContentSize, zstd.MinWindowSize)
	}
	switch {
	case f.window > maxWindow:
		return unsupported{fmt.Sprintf("a window of %d MiB, and %d MiB are the most here: decompress it with zstd -d --long=31", (f.window-1)>>20+1, maxWindow>>20)}
	case f.head.DictionaryID != 0:
		return unsupported{fmt.Sprintf("the dictionary %d: decompress it with zstd -d -D", f.head.DictionaryID)}
	}
	f.seen, f.left, f.last, f.blocks = true, 0, false, nil
	return nil
}

// unsupported says what sound data needs that is not here.
type unsupported struct{ need string }

func (u unsupported) Error() string { return u.need }

// rewind starts the frame again under a header that announces window, which is
// the frame's own or a power of two below it.
func (f *zstdFrame) rewind(window uint64) {
	header := f.header
	if f.keep = window < f.window; f.keep {
		header = slices.Clone(header)
		descriptor := byte(bits.Len64(window)-1-10) << 3
		if f.head.SingleSegment { // which has no descriptor
			header[4] &^= 1 << 5
			header = slices.Insert(header, 5, descriptor)
		} else {
			header[5] = descriptor
		}
	}
	f.past = io.MultiReader(bytes.NewReader(header), bytes.NewReader(f.blocks))
	if !f.keep {
		f.blocks = nil
	}
}

func (f *zstdFrame) Read(p []byte) (int, error) {
	if f.past != nil {
		if n, err := f.past.Read(p); err == nil {
			return n, nil
		}
		f.past = nil
	}
	if f.left == 0 {
		if f.last {
			return 0, io.EOF
		}
		if err := f.block(); err != nil {
			return 0, err
		}
	}
	n, err := f.in.Read(p[:min(len(p), f.left)])
	f.left -= n
	if f.keep {
		f.blocks = append(f.blocks, p[:n]...)
	}
	return n, noEOF(err)
}

// block finds the end of the block whose header comes next.
func (f *zstdFrame) block() error {
	b, err := f.in.Peek(3)
	if err != nil {
		return noEOF(err)
	}
	h := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	f.last, f.left = h&1 != 0, 3+h>>3
	if h>>1&3 == 1 { // one byte repeated
		f.left = 3 + 1
	}
	if f.last && f.head.HasCheckSum {
		f.left += 4
	}
	return nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
