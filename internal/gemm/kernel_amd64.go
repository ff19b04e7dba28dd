//go:build amd64 && !purego

package gemm

import "golang.org/x/sys/cpu"

//go:generate go -C _asm run . -out ../gemm_amd64.s -stubs ../stubs_amd64.go -pkg gemm

var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// selected is the back end of Mul and MulAdd.
var selected = choose()

func choose() *backend {
	switch {
	case hasAVX2:
		return avx2
	default:
		return generic
	}
}

// avx2 fuses each multiply-add. Its blocks suit 32 KB of first-level and 1 MB of
// second-level cache: a kc×16 panel of B (16 KB) stays in the first, an mc×kc
// block of A (144 KB) and a kc×nc block of B (512 KB) in the second. One call of
// the kernel, mc×16×kc, takes some 10 µs; Go cannot preempt it.
var avx2 = &backend{
	name: "avx2", mr: 6, nr: 16, strided: true,
	blocking:  blocking{mc: 144, nc: 512, kc: 256, slab: 1 << 20, serial: 1 << 20},
	kernel:    avx2Column,
	lines:     avx2Lines,
	transpose: avx2Transpose,
}

// avx2Column checks the extent of every operand, which the assembly does not.
func avx2Column(rows, k int, a panels, b []float32, bRow int, c []float32, cRow int, add bool, next []float32) {
	last := rows - 1
	_ = a.data[last/6*a.step+last%6*a.row+(k-1)*a.col]
	_ = b[(k-1)*bRow+15]
	_ = c[last*cRow+15]
	ahead, step := &b[0], 0
	if len(next) > 0 { // k lines of 64 bytes over k steps of every tile
		ahead, step = &next[0], ceil(64, ceil(rows, 6))
	}
	columnAVX2(rows, k, &a.data[0], 4*a.row, 4*a.col, 4*a.step, &b[0], 4*bRow, &c[0], 4*cRow, add, ahead, step)
}

func avx2Lines(dst []float32, width int, src []float32, stride, w, k int) {
	if w != width || w != 6 && w != 16 {
		genericLines(dst, width, src, stride, w, k)
		return
	}
	_ = dst[k*width-1]
	_ = src[(k-1)*stride+w-1]
	if w == 6 {
		lines6AVX2(&dst[0], &src[0], 4*stride, k)
	} else {
		lines16AVX2(&dst[0], &src[0], 4*stride, k)
	}
}

func avx2Transpose(dst []float32, width int, src []float32, stride, w, k int) {
	j, whole := 0, k&^7
	for ; j+8 <= w && whole > 0; j += 8 {
		_ = dst[(whole-1)*width+j+7]
		_ = src[(j+7)*stride+whole-1]
		transposeAVX2(&dst[j], 4*width, &src[j*stride], 4*stride, whole/8)
	}
	if j > 0 && whole < k {
		genericTranspose(dst[whole*width:], width, src[whole:], stride, j, k-whole)
	}
	if j < w {
		genericTranspose(dst[j:], width, src[j*stride:], stride, w-j, k)
	}
}
