package npy

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// written is the file of one array, written in two pieces.
func written[T Value](t testing.TB, typ Type, x []T, shape ...int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, typ, shape...)
	if err != nil {
		t.Fatal(err)
	}
	half := len(x) / 2
	if err := errors.Join(Write(w, x[:half]), Write(w, x[half:]), w.Finish()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWriteGolden compares with what np.save wrote on a little-endian machine.
func TestWriteGolden(t *testing.T) {
	if !littleEndian {
		t.Skip("np.save writes other files on this machine")
	}
	f4 := to[float32](reals)
	for name, got := range map[string][]byte{
		"f2-le":        written(t, Float16, halves, 2, 3),
		"bf16":         written(t, BFloat16, brains, 2, 3),
		"f4-le":        written(t, Float32, f4, 2, 3),
		"f8-le":        written(t, Float64, reals, 2, 3),
		"i4-le":        written(t, Int32, to[int32](signed), 2, 3),
		"i8-le":        written(t, Int64, signed, 2, 3),
		"scalar":       written(t, Float32, f4[2:3]),
		"vector":       written(t, Float32, f4, 6),
		"cube":         written(t, Float32, f4, 1, 3, 2),
		"empty":        written(t, Float32, f4[:0], 0, 3),
		"empty-inside": written(t, Float32, f4[:0], 3, 0, 2),
		"roomy":        written(t, Float32, f4[:0], 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100),
		"axes32":       written(t, Float32, f4[2:3], slices.Repeat([]int{1}, 32)...),
	} {
		if want := read(t, name+".npy"); !bytes.Equal(got, want) {
			t.Errorf("%s: wrote %q, want %q", name, got, want)
		}
	}
}

// TestWriteHeader: the data starts at a multiple of 64 bytes, at whatever
// length of the shape, and the longest header fits version 1.0.
func TestWriteHeader(t *testing.T) {
	for axes := range maxAxes + 1 {
		for _, first := range []int{0, 9, 12345, math.MaxInt} {
			shape := slices.Repeat([]int{1}, axes)
			if axes > 0 {
				shape[0] = first
			}
			b := formatHeader(Float32, shape)
			if len(b)%64 != 0 || string(b[:8]) != magic+"\x01\x00" {
				t.Errorf("%v: a header of %d bytes", shape, len(b))
			}
			if first > 12345 {
				continue // larger than any file
			}
			h, n, err := readHeader(bytes.NewReader(b))
			if err != nil || n != int64(len(b)) || !slices.Equal(h.shape, shape) {
				t.Errorf("%v: %v, %d of %d bytes (%v)", shape, h.shape, n, len(b), err)
			}
		}
	}
	if n := len(formatHeader(Float32, slices.Repeat([]int{math.MaxInt}, maxAxes))); n >= 1<<16 {
		t.Errorf("%d bytes do not fit version 1.0", n)
	}
}

func TestWriteRefused(t *testing.T) {
	for want, f := range map[string]func(*Writer) error{
		"3 elements of the array were not written":    func(w *Writer) error { return w.Finish() },
		"2 elements of the array were not written":    func(w *Writer) error { _ = Write(w, []float32{1}); return w.Finish() },
		"4 elements, where the array has place for 3": func(w *Writer) error { return Write(w, make([]float32, 4)) },
		"elements of type []float64 for an array of float32": func(w *Writer) error {
			_ = Write(w, make([]float64, 3))
			return w.Finish()
		},
	} {
		w, err := NewWriter(new(bytes.Buffer), Float32, 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := f(w); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
		if err := Write(w, make([]float32, 3)); err == nil {
			t.Errorf("more was written after %q", want)
		}
	}
	for _, shape := range [][]int{{-1}, {math.MaxInt, 2}, make([]int, maxAxes+1)} {
		if _, err := NewWriter(new(bytes.Buffer), Float32, shape...); err == nil {
			t.Errorf("shape %v was written", shape)
		}
	}
	for _, typ := range []Type{Bool, Uint16, Uint64, Void2, 99} {
		if _, err := NewWriter(new(bytes.Buffer), typ, 3); err == nil {
			t.Errorf("type %v was written", typ)
		}
	}
}

// A full writer has place for so many bytes.
type full int

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > int(*f) {
		return 0, errFull
	}
	*f -= full(len(p))
	return len(p), nil
}

func TestWriteFails(t *testing.T) {
	if _, err := NewWriter(new(full), Float32, 3); err != errFull {
		t.Errorf("%v", err)
	}
	place := full(128 + 4)
	w, err := NewWriter(&place, Float32, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(w, []float32{1}); err != nil {
		t.Error(err)
	}
	if err := Write(w, []float32{1, 2}); err != errFull {
		t.Errorf("%v", err)
	}
	if err := w.Finish(); err != errFull {
		t.Errorf("%v", err)
	}
}
