//go:build amd64 && !purego

package gemm

// avx512 computes the bits of avx2, twice as many at a time. A block of A (mc×kc,
// 573 KB) and panels of B (kc×32, 128 KB) lie in a second-level cache of at least
// 1 MB: deep blocks, since reading C again costs more than bringing panels from
// the second level. One call of the kernel, mc×32×kc, takes some 40 µs.
var avx512 = &backend{
	name: "avx512", mr: 14, nr: 32, strided: true, per: 1,
	blocking:  blocking{mc: 140, nc: 768, kc: 1024, alone: 256, slab: 1 << 19, serial: 1 << 21},
	kernel:    avx512Column,
	pack:      packValues,
	lines:     avx512Lines,
	transpose: avx2Transpose,
}

func avx512Column(rows, k int, a panels, b []float32, bRow int, c []float32, cRow int, add bool, next []float32) {
	extent(14, 32, rows, k, a, b, bRow, c, cRow)
	line, step := ahead(14, 32, rows, b, next)
	columnAVX512(rows, k, &a.data[0], 4*a.row, 4*a.col, 4*a.step, &b[0], 4*bRow, &c[0], 4*cRow, add, line, step)
}

func avx512Lines(dst []float32, width int, src []float32, stride, w, k int) {
	_ = dst[(k-1)*width+w-1]
	_ = src[(k-1)*stride+w-1]
	if w == 14 && width == 14 && stride >= w {
		lines14AVX512(&dst[0], &src[0], 4*stride, k)
		return
	}
	linesAVX512(&dst[0], 4*width, &src[0], 4*stride, k, uint32(1<<w-1))
}
