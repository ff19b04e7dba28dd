package corpus

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// A gzipReader decompresses gzip members one by one. The library would do so by
// itself, but takes a member whose header is cut within its name or comment for
// the end of the data.
type gzipReader struct {
	in  *bufio.Reader
	z   *gzip.Reader
	err error
}

func newGzipReader(in io.Reader) (*gzipReader, error) {
	r := gzipReader{in: bufio.NewReaderSize(in, 1<<16), z: new(gzip.Reader)}
	return &r, r.next()
}

// next enters a member.
func (r *gzipReader) next() error {
	if err := r.z.Reset(r.in); err != nil {
		return noEOF(err)
	}
	r.z.Multistream(false)
	return nil
}

// another enters the member behind the last one; io.EOF says that there is none.
func (r *gzipReader) another() error {
	rest, err := r.in.Peek(len(gzipMagic))
	switch {
	case len(rest) == 0:
		return err
	case trails(rest, gzipMagic):
		return errTrailing
	}
	return r.next()
}

func (r *gzipReader) Read(p []byte) (n int, err error) {
	for n == 0 && r.err == nil && len(p) > 0 {
		n, r.err = r.z.Read(p)
		if r.err != io.EOF { // not at the member's end
			continue
		}
		r.err = r.another()
	}
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}
