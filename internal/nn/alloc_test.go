//go:build !race

package nn

// The race detector makes sync.Pool drop items, so under it nothing here holds.

import (
	"testing"

	"xent/internal/tensor"
)

// TestAllocations: in steady state nothing is allocated.
func TestAllocations(t *testing.T) {
	lengths := []int{30, 20}
	a := setup(lengths, 2, 1, 8, make([]float32, 50*4*8))
	b := setup(lengths, 2, 1, 8, make([]float32, 50*4*8))
	e := New(2)
	dO := tensor.Float32(make([]float32, 50*16), 50, 16)
	step := func() {
		e.Attention(a)
		e.AttentionBackward(a, dO, b.Q, b.K, b.V)
		e.SwiGLUBackward(dO, dO, dO)
	}
	step()
	if n := testing.AllocsPerRun(20, step); n >= 1 {
		t.Errorf("%v allocations a step", n)
	}
}
