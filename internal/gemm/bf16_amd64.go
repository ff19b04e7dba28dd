//go:build amd64 && !purego

package gemm

import (
	"golang.org/x/sys/cpu"

	"xent/internal/tensor"
)

// pairs lists the back ends that multiply pairs of bfloat16.
func pairs() []*backend {
	if hasAVX512 && cpu.X86.HasAVX512BF16 && cpu.X86.HasAVX512BW {
		return []*backend{avx512BF16}
	}
	return nil
}

// avx512BF16 is avx512 with two bfloat16 wherever that has a float32.
var avx512BF16 = &backend{
	name: "avx512_bf16", mr: 14, nr: 32, per: 2,
	blocking:  blocking{mc: 140, nc: 768, kc: 1024, alone: 256, slab: 1 << 19, serial: 1 << 22},
	kernel:    bf16Column,
	pack:      packPairs,
	lines:     avx512Lines,
	transpose: avx2Transpose,
}

func bf16Column(rows, k int, a panels, b []float32, bRow int, c []float32, cRow int, add bool, next []float32) {
	extent(14, 32, rows, k, a, b, bRow, c, cRow)
	line, step := ahead(14, 32, rows, b, next)
	columnBF16(rows, k, &a.data[0], 4*a.row, 4*a.col, 4*a.step, &b[0], 4*bRow, &c[0], 4*cRow, add, line, step)
}

// packPairs is pack for pairs: element j of line q of the panel is those of rows
// from+2q and from+2q+1 in column lo+j, with zero for a row too many.
func packPairs(be *backend, dst []float32, width int, x tensor.Matrix, lo, w, from, k int, lines []float32) {
	if w < width {
		clear(dst[:ceil(k, 2)*width])
	}
	switch {
	case x.RowMajor() && x.DType == tensor.F32:
		merge(dst, width, x.Data()[from*x.RowStride+lo:], x.RowStride, w, k)
	case x.RowMajor():
		for p := range k {
			x.Gather(lines[p*w:][:w], from+p, lo)
		}
		merge(dst, width, lines, w, w, k)
	default:
		t, half := x.T(), ceil(k, 2)
		room := lines[w*half:] // for a line of another type
		for j := range w {
			line := room
			if x.DType == tensor.F32 {
				line = x.Data()[(lo+j)*x.ColStride+from:]
			} else {
				t.Gather(line[:k], lo+j, from)
			}
			narrowBF16(&lines[j*half], &line[:k][0], k)
		}
		be.transpose(dst, width, lines, half, w, half)
	}
}

// merge writes dst[q·width+j] = the pair of src[2q·stride+j] and src[(2q+1)·stride+j].
func merge(dst []float32, width int, src []float32, stride, w, k int) {
	_ = dst[(ceil(k, 2)-1)*width+w-1]
	_ = src[(k-1)*stride+w-1]
	mergeBF16(&dst[0], 4*width, &src[0], 4*stride, k, uint32(1<<w-1))
}
