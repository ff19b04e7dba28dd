//go:build !race

package train

// The race detector makes sync.Pool drop items, so under it nothing here holds.

import (
	"testing"

	"xent/lm"
)

func TestOptimizerAllocatesNothing(t *testing.T) {
	for _, z := range []Optimizer{Muon(), AdamW()} {
		a, g := lm.NewArena(tinySpec), lm.NewGradients(tinySpec)
		a.Init(1)
		o := newOptimizer(z, 2, nil, a, g)
		for i := range g.Data() {
			g.Data()[i] = float32(i%7) - 3
		}
		o.step(1, 1e-3)
		if n := testing.AllocsPerRun(20, func() { o.step(2, 1e-3) }); !(n < 1) {
			t.Errorf("%s: %v allocations a step", z.Name, n)
		}
	}
}
