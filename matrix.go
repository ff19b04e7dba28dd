package xent

import (
	"xent/internal/tensor"
)

// A Matrix is a view of rows of numbers that the caller owns. Making one
// copies nothing. The zero Matrix is empty.
type Matrix struct{ t tensor.Matrix }

// Float32 views x as rows × cols elements, row after row. Like the other
// constructors it panics when x is shorter than rows·cols, or a size is negative.
func Float32(x []float32, rows, cols int) Matrix {
	return Matrix{tensor.Float32(x, rows, cols)}
}

// BFloat16 is Float32 for bfloat16, the upper halves of float32.
func BFloat16(x []uint16, rows, cols int) Matrix {
	return Matrix{tensor.Half(tensor.BF16, x, rows, cols)}
}

// Float16 is Float32 for IEEE 754 binary16.
func Float16(x []uint16, rows, cols int) Matrix {
	return Matrix{tensor.Half(tensor.F16, x, rows, cols)}
}

// Float64 is Float32 for float64. Logits are then computed with in float64: a
// reference, not a fast one. The linear passes round theirs to float32.
func Float64(x []float64, rows, cols int) Matrix {
	return Matrix{tensor.Float64(x, rows, cols)}
}

// FromTensor is for this module's packages, which share an internal matrix
// type. Use the other constructors.
func FromTensor(m tensor.Matrix) Matrix { return Matrix{m} }

// Dims returns the number of rows and columns.
func (m Matrix) Dims() (rows, cols int) { return m.t.Rows, m.t.Cols }

// Rows returns rows [lo, hi) as a view. It panics when they do not exist.
func (m Matrix) Rows(lo, hi int) Matrix { return Matrix{m.t.Slice(lo, hi)} }

// Columns returns columns [lo, hi) as a view: a vocabulary without its padding, or
// a part of one. What lies between the rows' ends is never read or written. It
// panics when they do not exist.
func (m Matrix) Columns(lo, hi int) Matrix { return Matrix{m.t.Columns(lo, hi)} }

// isZero reports whether m is the zero Matrix.
func (m Matrix) isZero() bool { return m.t.Rows == 0 && m.t.Cols == 0 }

// overlap says how the memory of two matrices is shared.
type overlap int

const (
	apart   overlap = iota
	same            // element for element
	partial         // any other way
)

// overlapOf compares two row-major matrices. Views that interleave, such as the
// left and the right half of one buffer's rows, are apart.
func overlapOf(a, b tensor.Matrix) overlap {
	x0, xn := a.Span()
	y0, yn := b.Span()
	switch {
	case xn == 0 || yn == 0 || x0+xn <= y0 || y0+yn <= x0:
		return apart
	case a.DType.Size() != b.DType.Size():
		return partial
	case x0 == y0 && a.Rows == b.Rows && a.Cols == b.Cols && (a.Rows == 1 || a.RowStride == b.RowStride):
		return same
	case a.Rows > 1 && b.Rows > 1 && a.RowStride == b.RowStride:
		return interleaved(a, b, x0, y0)
	}
	return partial
}

// interleaved compares views of one stride and size of elements. Columns of a
// stand at 0 … a.Cols−1 of every stride, those of b from at on.
func interleaved(a, b tensor.Matrix, x0, y0 uintptr) overlap {
	if y0 < x0 {
		a, b, x0, y0 = b, a, y0, x0
	}
	at := int((y0-x0)/uintptr(a.DType.Size())) % a.RowStride
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
