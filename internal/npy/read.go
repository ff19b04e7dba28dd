package npy

import (
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"unsafe"
)

// Read fills dst with the next len(dst) elements of a; there must be as many.
// Where dst has the elements' own type they come at the speed of the file, with
// no memory but dst. Otherwise they are converted:
//
//	[]uint16              takes the bits of Float16 and BFloat16
//	[]int32, []int64      take Bool, as 0 and 1, and all integers; one that does not fit is an error
//	[]float32, []float64  take every type but Void2, rounded to nearest, and so to ±Inf beyond float32
//
// After an error the array is of no more use, and what dst holds is not either.
func Read[T Value](a *Array, dst []T) error {
	switch {
	case a.err != nil:
		return a.err
	case len(dst) > a.left:
		return fmt.Errorf("%s: %d elements wanted, %d are left", a.name, len(dst), a.left)
	}
	if err := readable[T](a); err != nil {
		return err
	}
	if native[T](a.typ) {
		a.err = fill(a, dst)
	} else {
		a.err = convert(a, dst)
	}
	return a.finish()
}

// ReadAll reads all elements that are left, converting like Read. A file on
// disk is known to hold them; from anything else memory grows as they come.
func ReadAll[T Value](a *Array) ([]T, error) {
	if a.err != nil {
		return nil, a.err
	}
	if err := readable[T](a); err != nil {
		return nil, err
	}
	var zero T
	if size := int(unsafe.Sizeof(zero)); a.left > math.MaxInt/size {
		return nil, fmt.Errorf("%s: %d elements of %d bytes are more than this machine can hold", a.name, a.left, size)
	}
	if a.sized {
		dst := make([]T, a.left)
		if err := Read(a, dst); err != nil {
			return nil, err
		}
		return dst, nil
	}
	dst := []T{}
	for a.left > 0 {
		n := min(a.left, max(1<<12, len(dst)))
		dst = slices.Grow(dst, n)[:len(dst)+n]
		if err := Read(a, dst[len(dst)-n:]); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// readable says why elements cannot be read as T.
func readable[T Value](a *Array) error {
	var zero T
	want := ""
	switch any(zero).(type) {
	case uint16:
		if !native[T](a.typ) {
			want = "the bits of 16-bit floats are wanted"
		}
	case int32, int64:
		if a.typ >= Float16 {
			want = "integers are wanted: convert them with .astype(np.int64) in NumPy"
		}
	}
	switch {
	case a.typ == Void2:
		return fmt.Errorf("%s: dtype V2, two bytes of unknown meaning; np.save writes bfloat16 so: say that it is, or save float32", a.name)
	case want != "":
		return fmt.Errorf("%s: elements of type %s, where %s", a.name, a.typ, want)
	}
	return nil
}

// native reports whether T is how elements of type t are kept in memory.
func native[T Value](t Type) bool {
	var zero T
	switch any(zero).(type) {
	case float32:
		return t == Float32
	case float64:
		return t == Float64
	case uint16:
		return t == Float16 || t == BFloat16
	case int32:
		return t == Int32
	case int64:
		return t == Int64
	}
	return false
}

// fill reads len(dst) elements as they are, but for the order of their bytes.
func fill[T number](a *Array, dst []T) error {
	b := bytesOf(dst)
	n, err := io.ReadFull(a.in, b)
	if err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			at := a.count - a.left + n/a.typ.Size()
			return fmt.Errorf("%s: truncated: it ends after %d of %d elements; save or copy it again", a.name, at, a.count)
		}
		return named(a.name, err)
	}
	a.left -= len(dst)
	if a.swap {
		reverse(b, a.typ.Size())
	}
	return nil
}

// bytesOf views the memory of x.
func bytesOf[T number](x []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(zero)))
}

// reverse turns round the bytes of each element of b, which is aligned to them.
func reverse(b []byte, size int) {
	p := unsafe.Pointer(unsafe.SliceData(b))
	switch size {
	case 2:
		x := unsafe.Slice((*uint16)(p), len(b)/2)
		for i, v := range x {
			x[i] = bits.ReverseBytes16(v)
		}
	case 4:
		x := unsafe.Slice((*uint32)(p), len(b)/4)
		for i, v := range x {
			x[i] = bits.ReverseBytes32(v)
		}
	case 8:
		x := unsafe.Slice((*uint64)(p), len(b)/8)
		for i, v := range x {
			x[i] = bits.ReverseBytes64(v)
		}
	}
}
