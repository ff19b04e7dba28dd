package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Limits of a header. NumPy has at most 64 axes, and with them a header of a
// type that is read takes less than 2 KB.
const (
	maxHeader = 1 << 16
	maxAxes   = 64
)

const (
	magic    = "\x93NUMPY"
	zipMagic = "PK\x03\x04"
)

// errZip says that there is a zip archive in place of an array.
var errZip = errors.New("a zip archive, not an array")

// A header is what precedes an array's data.
type header struct {
	typ   Type
	swap  bool // the bytes are in the other order than this machine's
	shape []int
	count int // elements
}

// readHeader reads a header, and not a byte more, and returns its length too.
func readHeader(r io.Reader) (h header, n int64, err error) {
	var b [12]byte
	k, err := io.ReadFull(r, b[:8])
	switch {
	case err == io.EOF:
		return h, 0, errors.New("empty, where a .npy array should be")
	case err != nil && err != io.ErrUnexpectedEOF:
		return h, 0, err
	case string(b[:len(zipMagic)]) == zipMagic:
		return h, 0, errZip
	case string(b[:len(magic)]) != magic:
		return h, 0, fmt.Errorf("not a .npy array: it starts with %q, not %q", b[:min(k, len(magic))], magic)
	}
	major, minor := b[6], b[7]
	if major < 1 || major > 3 || minor != 0 {
		return h, 0, fmt.Errorf("version %d.%d of the .npy format is unknown; 1.0, 2.0 and 3.0 are read", major, minor)
	}
	width := 2
	if major > 1 {
		width = 4
	}
	if _, err := io.ReadFull(r, b[8:8+width]); err != nil {
		return h, 0, headerEnd(err)
	}
	length := binary.LittleEndian.Uint32(b[8:]) // b[10:] is zero where the width is 2
	if length > maxHeader {
		return h, 0, fmt.Errorf("it announces a header of %d bytes; %d are the most", length, maxHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, 0, headerEnd(err)
	}
	h, err = parseHeader(string(text), major < 3)
	return h, 8 + int64(width) + int64(length), err
}

// headerEnd makes the end of the input the error that it is within a header.
func headerEnd(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("truncated: it ends within the header; save or copy it again")
	}
	return err
}

// parseHeader reads the text of a header. NumPy under Python 2 wrote integers
// such as 3L, which is right up to version 2.0 of the format.
func parseHeader(text string, long bool) (h header, err error) {
	d, err := parseDict(text, long)
	if err != nil {
		return h, fmt.Errorf("header: %w", err)
	}
	if d.structured != "" {
		return h, foreign(d.structured, "")
	}
	if h.typ, h.swap, err = parseDescr(d.descr); err != nil {
		return h, err
	}
	h.shape = d.shape
	h.count, err = elements(h.shape, h.typ.Size())
	if err != nil {
		return h, err
	}
	if d.fortran && !bothOrders(h.shape) {
		return h, fmt.Errorf("an array of shape %s in Fortran order; save np.ascontiguousarray(x) in its place", shapeString(h.shape))
	}
	return h, nil
}

// elements returns the product of a shape. An array whose bytes could not be
// counted is an error even where one of its sizes is 0, so that any part of the
// product is safe to form.
func elements(shape []int, size int) (int, error) {
	n, empty := uint64(1), false
	for _, d := range shape {
		empty = empty || d == 0
		hi, lo := bits.Mul64(n, uint64(max(d, 1)))
		if hi != 0 || lo > math.MaxInt || lo > math.MaxInt64/uint64(size) {
			return 0, fmt.Errorf("shape %s of %d-byte elements is larger than this machine can address", shapeString(shape), size)
		}
		n = lo
	}
	if empty {
		return 0, nil
	}
	return int(n), nil
}

// bothOrders reports whether C and Fortran order are the same for a shape.
func bothOrders(shape []int) bool {
	long := 0
	for _, d := range shape {
		if d == 0 {
			return true
		}
		if d > 1 {
			long++
		}
	}
	return long < 2
}

// shapeString returns a shape as Python shows a tuple.
func shapeString(shape []int) string {
	s := make([]string, len(shape))
	for i, d := range shape {
		s[i] = strconv.Itoa(d)
	}
	if len(s) == 1 {
		return "(" + s[0] + ",)"
	}
	return "(" + strings.Join(s, ", ") + ")"
}
