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

// TestScratch: a product packs into no more than Scratch says, and not much less.
func TestScratch(t *testing.T) {
	for _, s := range [][2]int{{700, 300}, {5000, 768}, {768, 5000}, {40, 90000}, {90000, 40}} {
		n, k := s[0], s[1]
		be := backends[Float32]
		j := new(job)
		j.run(be, be.blocking, 2, tensor.Float32(make([]float32, 300*n), 300, n), tensor.Float32(make([]float32, 300*k), 300, k), tensor.Float32(make([]float32, k*n), n, k).T(), false)
		got := len(j.packed[0]) + len(j.packed[1])
		for _, w := range j.scratch {
			got += len(w.a) + len(w.b) + len(w.c) + len(w.lines)
		}
		if most := int(Scratch(2, n, k)); !(4*got <= most && 4*got >= most*9/10) {
			t.Errorf("k %d × n %d: %d bytes, Scratch says %d", k, n, 4*got, most)
		}
	}
}
