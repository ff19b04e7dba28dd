package npy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// An Array is an array whose elements are read one after another. It is not
// safe for concurrent use; the arrays that Rows returns are independent of it
// and of each other.
type Array struct {
	name    string
	typ     Type
	swap    bool
	shape   []int
	in      io.Reader   // at the next element
	at      io.ReaderAt // nil where only in order is possible
	start   int64       // of the elements, in at
	first   int         // index of the first element in the file's array
	count   int         // elements
	left    int         // elements not yet read
	sized   bool        // the elements are there, as far as one can know
	end     func() error
	err     error // what made the array unusable
	closer  io.Closer
	scratch []uint64 // for conversions
}

// Open opens the array in the .npy file at path, or the only one in an .npz
// archive. Close releases it.
func Open(path string) (*Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	a, err := openFile(f, path)
	if err != nil {
		f.Close()
		return nil, err
	}
	a.closer = f
	return a, nil
}

func openFile(f *os.File, path string) (*Array, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, named(path, err)
	case info.IsDir():
		return nil, fmt.Errorf("%s: a folder, not an array", path)
	case !info.Mode().IsRegular():
		return NewReader(f, path)
	}
	a, err := newArray(f, info.Size(), path)
	if !errors.Is(err, errZip) {
		return a, err
	}
	z, err := newArchive(f, info.Size(), path)
	if err != nil {
		return nil, err
	}
	return z.Open("")
}

// NewReader reads the array that r gives. Errors call it name. The end of r
// must be the end of the array: where it has come, Read waits for r's end.
func NewReader(r io.Reader, name string) (*Array, error) {
	a, _, err := newStream(r, name)
	if errors.Is(err, errZip) {
		return nil, fmt.Errorf("%s: an .npz archive, which can be read from a file only: save it to one", name)
	}
	if err != nil {
		return nil, err
	}
	a.end = func() error { return a.probe() }
	return a, a.finish()
}

// newArray opens the array that size bytes of r hold.
func newArray(r io.ReaderAt, size int64, name string) (*Array, error) {
	a, start, err := newStream(io.NewSectionReader(r, 0, size), name)
	if err != nil {
		return nil, err
	}
	if err := a.checkSize(uint64(size), start); err != nil {
		return nil, err
	}
	a.at, a.start, a.sized = r, start, true
	return a, nil
}

// newStream reads the header, which is n bytes long.
func newStream(r io.Reader, name string) (a *Array, n int64, err error) {
	h, n, err := readHeader(r)
	if err != nil {
		return nil, 0, named(name, err)
	}
	return &Array{name: name, typ: h.typ, swap: h.swap, shape: h.shape, in: r, count: h.count, left: h.count}, n, nil
}

// checkSize compares what a file of size bytes holds after its header of start
// bytes with what the header promises.
func (a *Array) checkSize(size uint64, start int64) error {
	want, got := uint64(a.left)*uint64(a.typ.Size()), size-min(uint64(start), size)
	switch {
	case got < want:
		return fmt.Errorf("%s: truncated: %d bytes of data, shape %s of %s takes %d; save or copy it again", a.name, got, shapeString(a.shape), a.typ, want)
	case got > want:
		return fmt.Errorf("%s: %d bytes of data, shape %s of %s takes %d; save each array to a file of its own", a.name, got, shapeString(a.shape), a.typ, want)
	}
	return nil
}

// probe holds a stream to its end.
func (a *Array) probe() error {
	var b [1]byte
	switch n, err := io.ReadFull(a.in, b[:]); {
	case n > 0:
		return fmt.Errorf("%s: more follows the array of shape %s; save each array to a file of its own", a.name, shapeString(a.shape))
	case err != io.EOF:
		return named(a.name, err)
	}
	return nil
}

// finish checks once, after the last element, what can be checked only there.
func (a *Array) finish() error {
	if a.left == 0 && a.end != nil && a.err == nil {
		a.err = a.end()
		a.end = nil
	}
	return a.err
}

// Shape returns the sizes of the axes, none for a scalar. It must not be
// changed.
func (a *Array) Shape() []int { return a.shape }

// Type returns the type of the elements.
func (a *Array) Type() Type { return a.typ }

// Left returns the number of elements not yet read: at first the product of
// the shape.
func (a *Array) Left() int { return a.left }

// AssumeBFloat16 makes the elements of an array of Void2 BFloat16. Only who
// saved the array can know; others stay what they are.
func (a *Array) AssumeBFloat16() {
	if a.typ == Void2 {
		a.typ = BFloat16
	}
}

// Rows returns a[lo:hi], the rows from lo to before hi along the first axis, to
// be read from its own beginning, also while others are read. It is an error
// where the rows do not exist, and where they cannot be reached: in a pipe and
// in an archive. It ends with a's Close and need not be closed itself.
func (a *Array) Rows(lo, hi int) (*Array, error) {
	switch {
	case a.at == nil:
		return nil, fmt.Errorf("%s: rows can be read in order only; save the array to a .npy file", a.name)
	case len(a.shape) == 0:
		return nil, fmt.Errorf("%s: a scalar has no rows", a.name)
	case lo < 0 || hi < lo || hi > a.shape[0]:
		return nil, fmt.Errorf("%s: no rows %d to %d in shape %s", a.name, lo, hi, shapeString(a.shape))
	}
	row := 1
	for _, d := range a.shape[1:] {
		row *= d
	}
	v := *a
	v.shape = append([]int{hi - lo}, a.shape[1:]...)
	v.first, v.count, v.left = a.first+lo*row, (hi-lo)*row, (hi-lo)*row
	size := int64(a.typ.Size())
	v.in = io.NewSectionReader(a.at, a.start+int64(v.first)*size, int64(v.count)*size)
	v.err, v.closer, v.scratch = nil, nil, nil
	return &v, nil
}

// Close releases the file that Open opened.
func (a *Array) Close() error {
	if a.closer == nil {
		return nil
	}
	return a.closer.Close()
}

// named is err of the array name. Errors of the file system name a path too.
func named(name string, err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}
