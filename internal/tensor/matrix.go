// Package tensor holds what weights and activations are made of: matrices in
// memory that the program does not copy, in the storage types that model
// files use, and named tensors as a file lists them.
package tensor

import (
	"fmt"
	"math"
	"math/bits"
)

// A DType is the storage type of a tensor's elements.
type DType uint8

// The storage types. Half types are kept as uint16.
const (
	F32  DType = iota // IEEE 754 binary32
	BF16              // bfloat16: the upper half of a binary32
	F16               // IEEE 754 binary16
	F64               // IEEE 754 binary64
)

// Size returns the bytes of one element.
func (d DType) Size() int {
	switch d {
	case F32:
		return 4
	case F64:
		return 8
	default:
		return 2
	}
}

// String returns the name safetensors gives the type.
func (d DType) String() string {
	switch d {
	case F32:
		return "F32"
	case BF16:
		return "BF16"
	case F16:
		return "F16"
	case F64:
		return "F64"
	}
	return fmt.Sprintf("DType(%d)", uint8(d))
}

// A Matrix is a view of memory that someone else owns: Rows × Cols elements,
// element (i, j) at i·RowStride + j·ColStride. One of the two strides is 1, so
// that a transpose is a view too. The zero Matrix is empty.
type Matrix struct {
	DType                DType
	Rows, Cols           int
	RowStride, ColStride int
	f32                  []float32
	u16                  []uint16
	f64                  []float64
}

// Float32 views the first rows·cols elements of x as a row-major matrix. It
// panics when x is shorter, or a size negative.
func Float32(x []float32, rows, cols int) Matrix {
	return Matrix{DType: F32, Rows: rows, Cols: cols, RowStride: cols, ColStride: 1, f32: x[:area(rows, cols)]}
}

// area returns rows·cols, and panics when that is no size of a slice.
func area(rows, cols int) int {
	hi, lo := bits.Mul(uint(rows), uint(cols))
	if rows < 0 || cols < 0 || hi != 0 || lo > math.MaxInt {
		panic(fmt.Sprintf("tensor: a matrix of %d×%d", rows, cols))
	}
	return int(lo)
}

// Half views 16-bit storage, BF16 or F16, as a row-major matrix.
func Half(d DType, x []uint16, rows, cols int) Matrix {
	if d != BF16 && d != F16 {
		panic("tensor: Half of " + d.String())
	}
	return Matrix{DType: d, Rows: rows, Cols: cols, RowStride: cols, ColStride: 1, u16: x[:area(rows, cols)]}
}

// Float64 views x as a row-major matrix.
func Float64(x []float64, rows, cols int) Matrix {
	return Matrix{DType: F64, Rows: rows, Cols: cols, RowStride: cols, ColStride: 1, f64: x[:area(rows, cols)]}
}

// Strided views rows of cols float32 elements that start stride apart in x,
// such as one head of a row of heads. x need not reach past the last element.
func Strided(x []float32, rows, cols, stride int) Matrix {
	if cols > stride && rows > 1 {
		panic(fmt.Sprintf("tensor: rows of %d overlap at stride %d", cols, stride))
	}
	n := 0
	if area(rows, cols) == 0 {
		stride = 0 // no element: every row is empty, wherever it starts
	} else {
		n = area(rows-1, stride) + cols
	}
	return Matrix{DType: F32, Rows: rows, Cols: cols, RowStride: stride, ColStride: 1, f32: x[:n]}
}

// T returns the transpose as a view.
func (m Matrix) T() Matrix {
	m.Rows, m.Cols = m.Cols, m.Rows
	m.RowStride, m.ColStride = m.ColStride, m.RowStride
	return m
}

// RowMajor reports whether the elements of a row lie side by side.
func (m Matrix) RowMajor() bool { return m.ColStride == 1 }

// Slice returns rows [lo, hi) as a view.
func (m Matrix) Slice(lo, hi int) Matrix {
	if lo < 0 || hi < lo || hi > m.Rows {
		panic(fmt.Sprintf("tensor: rows [%d, %d) of %d", lo, hi, m.Rows))
	}
	m.Rows = hi - lo
	from, to := 0, 0
	if m.Rows > 0 && m.Cols > 0 {
		from = lo * m.RowStride
		to = (hi-1)*m.RowStride + (m.Cols-1)*m.ColStride + 1
	}
	switch m.DType {
	case F32:
		m.f32 = m.f32[from:to]
	case F64:
		m.f64 = m.f64[from:to]
	default:
		m.u16 = m.u16[from:to]
	}
	return m
}

// Data returns the elements of a float32 matrix, from (0, 0) on, laid out by
// its strides. It panics for other types.
func (m Matrix) Data() []float32 {
	if m.DType != F32 {
		panic("tensor: float32 data of a " + m.DType.String() + " matrix")
	}
	return m.f32
}

// Data64 is Data for float64 matrices.
func (m Matrix) Data64() []float64 {
	if m.DType != F64 {
		panic("tensor: float64 data of a " + m.DType.String() + " matrix")
	}
	return m.f64
}

// Row returns row i of a row-major float32 matrix as a view.
func (m Matrix) Row(i int) []float32 {
	if m.ColStride != 1 {
		panic("tensor: a row of a transposed matrix does not lie side by side")
	}
	return m.Data()[i*m.RowStride:][:m.Cols:m.Cols]
}

// Gather converts the elements (i, lo) … (i, lo+len(dst)−1) to float32 and
// writes them to dst. Every half value is exact; float64 is rounded to nearest.
func (m Matrix) Gather(dst []float32, i, lo int) {
	at, step := i*m.RowStride+lo*m.ColStride, m.ColStride
	switch m.DType {
	case F32:
		if step == 1 {
			copy(dst, m.f32[at:at+len(dst)])
			return
		}
		for j := range dst {
			dst[j] = m.f32[at+j*step]
		}
	case BF16:
		for j := range dst {
			dst[j] = math.Float32frombits(uint32(m.u16[at+j*step]) << 16)
		}
	case F16:
		for j := range dst {
			dst[j] = HalfToFloat32(m.u16[at+j*step])
		}
	case F64:
		for j := range dst {
			dst[j] = float32(m.f64[at+j*step])
		}
	}
}

// HalfToFloat32 returns the value of an IEEE binary16, exactly.
func HalfToFloat32(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 31: // ∞ and NaN keep their payload
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	case 0: // ±0 and subnormals: frac · 2⁻²⁴
		v := float32(frac) * 0x1p-24
		return math.Float32frombits(sign | math.Float32bits(v))
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
