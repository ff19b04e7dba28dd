// Package tensor holds what weights and activations are made of: matrices in
// memory that the program does not copy, in the storage types that model
// files use, and named tensors as a file lists them.
package tensor

import (
	"fmt"
	"math"
	"math/bits"
	"unsafe"

	"xent/internal/kernel"
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
	m.cut(from, to)
	return m
}

// Columns returns columns [lo, hi) of a row-major matrix as a view.
func (m Matrix) Columns(lo, hi int) Matrix {
	if lo < 0 || hi < lo || hi > m.Cols || m.ColStride != 1 {
		panic(fmt.Sprintf("tensor: columns [%d, %d) of %d", lo, hi, m.Cols))
	}
	m.Cols = hi - lo
	from, to := 0, 0
	if m.Rows > 0 && m.Cols > 0 {
		from = lo
		to = (m.Rows-1)*m.RowStride + hi
	} else {
		m.RowStride = 0 // no element: every row is empty, wherever it starts
	}
	m.cut(from, to)
	return m
}

// cut keeps elements [from, to) of the storage.
func (m *Matrix) cut(from, to int) {
	switch m.DType {
	case F32:
		m.f32 = m.f32[from:to]
	case F64:
		m.f64 = m.f64[from:to]
	default:
		m.u16 = m.u16[from:to]
	}
}

// Span returns where the elements lie in memory: the address of the first, and
// the number of bytes to the end of the last; 0, 0 where there is none.
func (m Matrix) Span() (start uintptr, bytes uintptr) {
	switch {
	case len(m.f32) > 0:
		return uintptr(unsafe.Pointer(&m.f32[0])), 4 * uintptr(len(m.f32))
	case len(m.f64) > 0:
		return uintptr(unsafe.Pointer(&m.f64[0])), 8 * uintptr(len(m.f64))
	case len(m.u16) > 0:
		return uintptr(unsafe.Pointer(&m.u16[0])), 2 * uintptr(len(m.u16))
	}
	return 0, 0
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
		if step == 1 {
			kernel.WidenBFloat16(dst, m.u16[at:at+len(dst)])
			return
		}
		for j := range dst {
			dst[j] = math.Float32frombits(uint32(m.u16[at+j*step]) << 16)
		}
	case F16:
		if step == 1 {
			kernel.WidenFloat16(dst, m.u16[at:at+len(dst)])
			return
		}
		for j := range dst {
			dst[j] = HalfToFloat32(m.u16[at+j*step])
		}
	case F64:
		for j := range dst {
			dst[j] = float32(m.f64[at+j*step])
		}
	}
}

// Row16 is Row for matrices of 16 bits.
func (m Matrix) Row16(i int) []uint16 {
	if m.ColStride != 1 || m.DType.Size() != 2 {
		panic("tensor: a row of 16 bits of a " + m.DType.String() + " matrix, or a transposed one")
	}
	return m.u16[i*m.RowStride:][:m.Cols:m.Cols]
}

// Row64 is Row for float64 matrices.
func (m Matrix) Row64(i int) []float64 {
	if m.ColStride != 1 {
		panic("tensor: a row of a transposed matrix does not lie side by side")
	}
	return m.Data64()[i*m.RowStride:][:m.Cols:m.Cols]
}

// Gather64 is Gather into float64, exact for every type.
func (m Matrix) Gather64(dst []float64, i, lo int) {
	at, step := i*m.RowStride+lo*m.ColStride, m.ColStride
	switch m.DType {
	case F32:
		for j := range dst {
			dst[j] = float64(m.f32[at+j*step])
		}
	case BF16:
		for j := range dst {
			dst[j] = float64(math.Float32frombits(uint32(m.u16[at+j*step]) << 16))
		}
	case F16:
		for j := range dst {
			dst[j] = float64(HalfToFloat32(m.u16[at+j*step]))
		}
	case F64:
		for j := range dst {
			dst[j] = m.f64[at+j*step]
		}
	}
}

// Scatter rounds src to the matrix's type, to nearest, ties to even, and writes
// it to the elements (i, lo) … (i, lo+len(src)−1).
func (m Matrix) Scatter(src []float32, i, lo int) {
	at, step := i*m.RowStride+lo*m.ColStride, m.ColStride
	switch m.DType {
	case F32:
		for j, v := range src {
			m.f32[at+j*step] = v
		}
	case BF16:
		for j, v := range src {
			m.u16[at+j*step] = Float32ToBFloat16(v)
		}
	case F16:
		for j, v := range src {
			m.u16[at+j*step] = Float32ToHalf(v)
		}
	case F64:
		for j, v := range src {
			m.f64[at+j*step] = float64(v)
		}
	}
}

// Clear sets row i of a row-major matrix to 0.
func (m Matrix) Clear(i int) {
	at := i * m.RowStride
	switch m.DType {
	case F32:
		clear(m.f32[at : at+m.Cols])
	case F64:
		clear(m.f64[at : at+m.Cols])
	default:
		clear(m.u16[at : at+m.Cols])
	}
}

// Set rounds x to the matrix's type and writes it to element (i, j). Half types
// are rounded twice, by way of float32.
func (m Matrix) Set(i, j int, x float64) {
	at := i*m.RowStride + j*m.ColStride
	switch m.DType {
	case F32:
		m.f32[at] = float32(x)
	case F64:
		m.f64[at] = x
	case BF16:
		m.u16[at] = Float32ToBFloat16(float32(x))
	case F16:
		m.u16[at] = Float32ToHalf(float32(x))
	}
}

// Float32ToBFloat16 rounds to the nearest bfloat16, ties to even; what is beyond
// the largest becomes ±∞, and a NaN stays one.
func Float32ToBFloat16(x float32) uint16 { return kernel.BFloat16.Round(x) }

// Float32ToHalf rounds to the nearest IEEE binary16, ties to even; what is beyond the
// largest becomes ±∞, and a NaN stays one.
func Float32ToHalf(x float32) uint16 { return kernel.Float16.Round(x) }

// HalfToFloat32 returns the value of an IEEE binary16, exactly; a NaN keeps its
// payload.
func HalfToFloat32(h uint16) float32 { return kernel.HalfToFloat32(h) }
