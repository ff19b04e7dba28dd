//go:build amd64 && !purego

package gemm

// avx2 fuses each multiply-add. Its blocks suit 512 KB of second-level cache: a
// block of A (mc×kc, 442 KB) and a panel of B (kc×16, 49 KB). One call of the
// kernel, mc×16×kc, takes some 35 µs; Go cannot preempt it.
var avx2 = &backend{
	name: "avx2", mr: 6, nr: 16, strided: true, per: 1,
	blocking:  blocking{mc: 144, nc: 768, kc: 768, alone: 256, slab: 1 << 19, serial: 1 << 20},
	kernel:    avx2Column,
	pack:      packValues,
	lines:     avx2Lines,
	transpose: avx2Transpose,
}

func avx2Column(rows, k int, a panels, b []float32, bRow int, c []float32, cRow int, add bool, next []float32) {
	extent(6, 16, rows, k, a, b, bRow, c, cRow)
	line, step := ahead(6, 16, rows, b, next)
	columnAVX2(rows, k, &a.data[0], 4*a.row, 4*a.col, 4*a.step, &b[0], 4*bRow, &c[0], 4*cRow, add, line, step)
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

// avx2Transpose turns eight lines at a time. What is left over of w is turned
// with lines before it once more, what is left over of k line by line.
func avx2Transpose(dst []float32, width int, src []float32, stride, w, k int) {
	whole := k &^ 7
	if w < 8 || whole == 0 {
		genericTranspose(dst, width, src, stride, w, k)
		return
	}
	for j := 0; j < w; j += 8 {
		j := min(j, w-8)
		_ = dst[(whole-1)*width+j+7]
		_ = src[(j+7)*stride+whole-1]
		transposeAVX2(&dst[j], 4*width, &src[j*stride], 4*stride, whole/8)
	}
	if whole < k {
		genericTranspose(dst[whole*width:], width, src[whole:], stride, w, k-whole)
	}
}
