package xent

import (
	"unsafe"

	"xent/internal/tensor"
)

// A Matrix is a view of rows of numbers that the caller owns. Making one
// copies nothing. The zero Matrix is empty.
type Matrix struct{ t tensor.Matrix }

// Float32 views x as rows × cols elements, row after row. It panics when x is
// shorter than rows·cols, or a size is negative.
func Float32(x []float32, rows, cols int) Matrix {
	return Matrix{tensor.Float32(x, rows, cols)}
}

// Float32Strided views x as rows of cols elements whose starts lie stride
// apart, as with a vocabulary padded to a round number; what lies between is
// never read or written. It panics when stride < cols, or when x is too short.
func Float32Strided(x []float32, rows, cols, stride int) Matrix {
	if stride < cols {
		panic("xent: stride shorter than a row")
	}
	return Matrix{tensor.Strided(x, rows, cols, stride)}
}

// FromTensor is for this module's packages, which share an internal matrix
// type. Use the other constructors.
func FromTensor(m tensor.Matrix) Matrix { return Matrix{m} }

// Dims returns the number of rows and columns.
func (m Matrix) Dims() (rows, cols int) { return m.t.Rows, m.t.Cols }

// Rows returns rows [lo, hi) as a view. It panics when they do not exist.
func (m Matrix) Rows(lo, hi int) Matrix { return Matrix{m.t.Slice(lo, hi)} }

// isZero reports whether m is the zero Matrix.
func (m Matrix) isZero() bool { return m.t.Rows == 0 && m.t.Cols == 0 }

// overlap says how the memory of two float32 matrices is shared.
type overlap int

const (
	apart   overlap = iota
	same            // element for element
	partial         // any other way
)

// overlapOf compares two row-major matrices. Views that interleave, such as the
// left and the right half of one buffer's rows, are apart.
func overlapOf(a, b tensor.Matrix) overlap {
	if a.DType != tensor.F32 || b.DType != tensor.F32 {
		return apart
	}
	x, y := a.Data(), b.Data()
	if len(x) == 0 || len(y) == 0 {
		return apart
	}
	x0, y0 := uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&y[0]))
	x1, y1 := x0+4*uintptr(len(x)), y0+4*uintptr(len(y))
	switch {
	case x1 <= y0 || y1 <= x0:
		return apart
	case x0 == y0 && a.Rows == b.Rows && a.Cols == b.Cols && (a.Rows == 1 || a.RowStride == b.RowStride):
		return same
	case a.Rows > 1 && b.Rows > 1 && a.RowStride == b.RowStride:
		return interleaved(a, b, x0, y0)
	}
	return partial
}

// interleaved compares views of one stride. Columns of a stand at 0 … a.Cols−1
// of every stride, those of b from at on.
func interleaved(a, b tensor.Matrix, x0, y0 uintptr) overlap {
	if y0 < x0 {
		a, b, x0, y0 = b, a, y0, x0
	}
	at := int((y0-x0)/4) % a.RowStride
	if at >= a.Cols && at+b.Cols <= a.RowStride {
		return apart
	}
	return partial
}

// A buffer is an argument's memory, by name.
type buffer struct {
	name string
	m    tensor.Matrix
}

func vector(name string, x []float32) buffer { return buffer{name, tensor.Float32(x, 1, len(x))} }

// checkOverlaps makes sure that no output shares memory with an input or with
// another output.
func checkOverlaps(outputs, inputs []buffer) error {
	for i, out := range outputs {
		for _, others := range [2][]buffer{inputs, outputs[:i]} {
			for _, other := range others {
				if overlapOf(out.m, other.m) != apart {
					return &OverlapError{out.name, other.name}
				}
			}
		}
	}
	return nil
}
