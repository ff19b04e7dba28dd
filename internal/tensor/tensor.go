package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// A Tensor is one named array of a file, row-major and little-endian.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte // DType.Size() bytes an element
}

// Elements returns the product of the shape, 1 for a scalar.
func (t Tensor) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Matrix views the tensor as a matrix: a vector as one row, more dimensions
// with the leading ones folded into rows. The bytes are shared where the
// machine is little-endian and they are aligned, and copied otherwise.
func (t Tensor) Matrix() (Matrix, error) {
	n := t.Elements()
	if n < 0 || len(t.Data) != n*t.DType.Size() {
		return Matrix{}, fmt.Errorf("tensor %s: %d bytes for shape %v of %s", t.Name, len(t.Data), t.Shape, t.DType)
	}
	cols := 1
	if len(t.Shape) > 0 {
		cols = t.Shape[len(t.Shape)-1]
	}
	rows := 0
	if cols > 0 {
		rows = n / cols
	}
	switch t.DType {
	case F32:
		x := words(t.Data, n, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
		return Float32(x, rows, cols), nil
	case F64:
		x := words(t.Data, n, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
		return Float64(x, rows, cols), nil
	default:
		return Half(t.DType, words(t.Data, n, binary.LittleEndian.Uint16), rows, cols), nil
	}
}

// words reinterprets little-endian bytes as n values of T.
func words[T any](b []byte, n int, decode func([]byte) T) []T {
	if n == 0 {
		return nil
	}
	var zero T
	size := int(unsafe.Sizeof(zero))
	if littleEndian && uintptr(unsafe.Pointer(&b[0]))%unsafe.Alignof(zero) == 0 {
		return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), n)
	}
	x := make([]T, n)
	for i := range x {
		x[i] = decode(b[i*size:])
	}
	return x
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Bytes returns x as the little-endian bytes a file holds, shared with x where
// the machine is little-endian.
func Bytes(x []float32) []byte {
	if len(x) == 0 {
		return nil
	}
	if littleEndian {
		return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
	}
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
