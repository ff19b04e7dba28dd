//go:build !race

package gemm

// The race detector makes sync.Pool drop items, so under it nothing here holds.

import (
	"math/rand/v2"
	"testing"

	"xent/internal/tensor"
)

func TestSteadyStateAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	p := randomProduct(r, 200, 100, 300, normalValue)
	c, a, b := tensor.Float32(p.c, p.m, p.n), tensor.Float32(p.a, p.m, p.k), tensor.Float32(p.b, p.k, p.n)
	for _, workers := range []int{1, 4} {
		call := func() { MulAdd(workers, c, a, b) }
		call()
		if n := testing.AllocsPerRun(20, call); !(n < 1) {
			t.Errorf("workers %d: %v allocations a call", workers, n)
		}
	}
}
