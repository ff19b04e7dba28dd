package gemm

import (
	"fmt"
	"testing"

	"xent/internal/tensor"
)

// BenchmarkMul times products by back end, shape and workers. The shapes are a
// large square, those of a small Llama's training step (x·Wᵀ, dy·W and dyᵀ·x
// for 512 tokens), an attention head's, and a decoding step's.
func BenchmarkMul(b *testing.B) {
	for _, be := range append(available(), pairs()...) {
		for _, s := range []struct {
			m, n, k int
			ta, tb  bool
		}{
			{1024, 1024, 1024, false, false},
			{512, 160, 160, false, true},
			{512, 432, 160, false, true},
			{512, 160, 432, false, true},
			{512, 1024, 160, false, true},
			{512, 160, 1024, false, false},
			{160, 160, 512, true, false},
			{432, 160, 512, true, false},
			{160, 432, 512, true, false},
			{1024, 160, 512, true, false},
			{128, 128, 32, false, true},
			{128, 32, 128, false, false},
			{1, 432, 160, false, true},
			{1, 1024, 1024, false, true},
			{1, 1024, 1024, false, false},
		} {
			for _, workers := range []int{1, 2} {
				name := fmt.Sprintf("impl=%s/m=%d/n=%d/k=%d/ta=%v/tb=%v/workers=%d", be.name, s.m, s.n, s.k, s.ta, s.tb, workers)
				b.Run(name, func(b *testing.B) { benchmarkMul(b, be, workers, s.m, s.n, s.k, s.ta, s.tb) })
			}
		}
	}
}

func benchmarkMul(b *testing.B, be *backend, workers, m, n, k int, ta, tb bool) {
	x, y := random(m*k), random(k*n)
	ma, mb := tensor.Float32(x, m, k), tensor.Float32(y, k, n)
	if ta {
		ma = tensor.Float32(x, k, m).T()
	}
	if tb {
		mb = tensor.Float32(y, n, k).T()
	}
	c := tensor.Float32(make([]float32, m*n), m, n)
	b.ReportAllocs()
	for b.Loop() {
		multiply(be, be.blocking, workers, c, ma, mb, false)
	}
	gflop := 2 * float64(m) * float64(n) * float64(k) * float64(b.N) / 1e9
	b.ReportMetric(gflop/b.Elapsed().Seconds(), "GFLOP/s")
}

// random fills a slice with values around 0: timing zeros would flatter.
func random(n int) []float32 {
	x := make([]float32, n)
	state := uint32(1)
	for i := range x {
		state = state*1664525 + 1013904223
		x[i] = float32(int32(state)) * 0x1p-31
	}
	return x
}

// BenchmarkKernel times one column of full tiles whose operands stay in the
// first-level cache: the limit that BenchmarkMul is held against.
func BenchmarkKernel(b *testing.B) {
	for _, be := range available() {
		const tiles, k = 4, 200
		rows := tiles * be.mr
		a := panels{random(rows * k), 1, be.mr, be.mr * k}
		x, c := random(k*be.nr), make([]float32, rows*be.nr)
		b.Run("impl="+be.name, func(b *testing.B) {
			for b.Loop() {
				be.kernel(rows, k, a, x, be.nr, c, be.nr, false, nil)
			}
			gflop := 2 * float64(rows*be.nr*k) * float64(b.N) / 1e9
			b.ReportMetric(gflop/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}
