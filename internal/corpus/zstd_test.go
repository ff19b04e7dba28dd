package corpus

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

// header is that of a frame: the descriptor and what it says follows.
func header(descriptor byte, fields ...byte) string {
	return zstdMagic + string(append([]byte{descriptor}, fields...))
}

// block is the header of a zstd block: kind 0 is raw, 1 one byte repeated, 2
// compressed.
func block(last bool, kind, size int) string {
	h := size<<3 | kind<<1
	if last {
		h |= 1
	}
	return string([]byte{byte(h), byte(h >> 8), byte(h >> 16)})
}

// window returns the descriptor of a window of 1<<log bytes.
func window(log int) byte { return byte(log-10) << 3 }

func little(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }

// TestZstdPipe reads what zstd --ultra -22 writes for text from a pipe, under a
// window of 128 MiB, and refuses with advice what --long=31 writes.
func TestZstdPipe(t *testing.T) {
	const frame = "\x28\xb5\x2f\xfd\x04\x88\x31\x00\x00hello\n\x53\x88\xbd\x91"
	var text []byte
	n := allocated(func() {
		r, err := openZstd(strings.NewReader(frame))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if text, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	})
	if string(text) != "hello\n" || n > 1<<20 {
		t.Errorf("read %q, %d bytes allocated", text, n)
	}
	for in, want := range map[string]string{
		strings.Replace(frame, "\x88", "\xa8", 1): "the zstd data needs a window of 2048 MiB, and 128 MiB are the most here: decompress it with zstd -d --long=31",
		strings.Replace(frame, "\n", "\r", 1):     "broken zstd data: CRC check failed",
		frame[:len(frame)-1]:                      "the zstd data ends early",
		frame[:4]:                                 "the zstd data ends early",
		"":                                        "the zstd data ends early",
		frame + "more":                            "the zstd data is sound, but something else follows it; zstd -dc gives what stands before that",
		header(0x03, window(27), 1, 0, 0, 0):      "the zstd data needs the dictionary 1: decompress it with zstd -d -D",
	} {
		if _, err := read("x.zst", in, false); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", in, err, want)
		}
	}
}

// farText is text of n bytes whose parts recur about far bytes later.
func farText(n, far int) []byte {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(far)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	for i := far; i+2000 < n; i += 3000 {
		copy(b[i:i+2000], b[i-far+int(rng.Uint32()%100):])
	}
	return b
}

// announce gives the frame another window where it has a descriptor.
func announce(frame []byte, log int) []byte {
	if frame[4]&0x20 == 0 {
		frame[5] = window(log)
	}
	return frame
}

// TestZstdWindowGrows: matches from as far back as the announced window reach
// their text, however the frame is announced, written, flushed and read.
func TestZstdWindowGrows(t *testing.T) {
	var stream, want []byte
	for _, c := range [][2]int{
		{0, 0}, {1, 1}, {maxBlock, 100_000}, {firstWindow, 200_000}, {firstWindow + 1, 200_000}, {1_500_000, 1_300_000},
		{firstWindow + maxBlock, firstWindow + 50}, {2*firstWindow + maxBlock, 2*firstWindow + 50}, // further back than the last window, by less than a block
	} {
		n := c[0]
		for _, single := range []bool{true, false} {
			text := farText(n, c[1])
			w, err := zstd.NewWriter(nil, zstd.WithSingleSegment(single), zstd.WithWindowSize(4<<20), zstd.WithEncoderCRC(n%2 == 0), zstd.WithEncoderConcurrency(1))
			if err != nil {
				t.Fatal(err)
			}
			stream = append(stream, announce(w.EncodeAll(text, nil), 27)...)
			var flushed bytes.Buffer
			w.Reset(&flushed)
			for part := range slices.Chunk(text, 70_000) {
				w.Write(part)
				w.Flush()
			}
			w.Close()
			if n > 0 {
				stream = append(stream, announce(flushed.Bytes(), 25)...)
			}
			stream = append(stream, "\x5f\x2a\x4d\x18\x03\x00\x00\x00abc"...) // to be skipped
			want = append(append(want, text...), text...)
		}
	}
	for _, c := range []struct {
		name string
		wrap func(io.Reader) io.Reader
		size int
	}{
		{"large reads", func(r io.Reader) io.Reader { return r }, 1 << 20},
		{"small reads", func(r io.Reader) io.Reader { return r }, 777},
		{"halves", iotest.HalfReader, 1 << 16},
		{"with the end", iotest.DataErrReader, 1 << 16},
	} {
		r, err := openZstd(c.wrap(bytes.NewReader(stream)))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		n, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{r}, make([]byte, c.size))
		if err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %d bytes (%v), want %d", c.name, n, err, len(want))
		}
		r.Close()
	}
}

// TestZstdCut: a frame that is cut anywhere ends early, and what was returned is
// the text's beginning.
func TestZstdCut(t *testing.T) {
	text := farText(700_000, 600_000)
	w, err := zstd.NewWriter(nil, zstd.WithWindowSize(1<<20), zstd.WithSingleSegment(true))
	if err != nil {
		t.Fatal(err)
	}
	frame := w.EncodeAll(text, nil)
	for at := 0; at < len(frame); at += 1 + at/3 {
		r, err := openZstd(bytes.NewReader(frame[:at]))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err == nil || err.Error() != "the zstd data ends early" || !bytes.HasPrefix(text, got) {
			t.Errorf("cut at %d: %d bytes, error %v", at, len(got), err)
		}
		if n, again := r.Read(make([]byte, 9)); n > 0 || again == nil || again == io.EOF {
			t.Errorf("cut at %d: after the error, %d bytes and %v", at, n, again)
		}
		r.Close()
	}
}

// TestZstdStreams: text is returned before the next block is there.
func TestZstdStreams(t *testing.T) {
	in, out := io.Pipe()
	next := make(chan int, 1)
	next <- 0
	go func() {
		z, _ := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
		for range next {
			fmt.Fprintln(z, "a line")
			z.Flush()
		}
		z.Close()
		out.Close()
	}()
	r, err := openZstd(in)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		if n++; n == 5 {
			close(next)
		} else {
			next <- n
		}
	}
	if n != 5 || lines.Err() != nil {
		t.Errorf("%d lines (%v)", n, lines.Err())
	}
}
