//go:build !race

package xent_test

// The race detector makes sync.Pool drop items, so under it nothing here holds.

import (
	"math/rand/v2"
	"testing"

	"xent"
	"xent/internal/tensor"
)

func TestDivergenceAllocatesNothing(t *testing.T) {
	p := makePair(rand.New(rand.NewPCG(6, 5)), 64, 1200, len(relations), tensor.F32, tensor.BF16)
	d, err := xent.NewDivergence(1200, xent.DivergenceOptions{Kind: xent.JSD, Beta: 0.5, Temperature: 2, Hard: 0.5, Soft: 0.5, SoftFactor: 4, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	rows, grad := xent.DivergenceRows{Divergence: make([]float64, 64), NLL: make([]float64, 64)}, newTable(tensor.F32, 64, 1200, 1200)
	var total xent.Total
	call := func() {
		if err := d.Gradient(&total, p.student.matrix(), p.teacher.matrix(), p.y, &rows, 1, grad.matrix()); err != nil {
			t.Fatal(err)
		}
	}
	call()
	if n := testing.AllocsPerRun(20, call); !(n < 1) {
		t.Errorf("%v allocations a call", n)
	}
}
