//go:build !race

package xent

// The race detector makes sync.Pool drop items, so under it nothing here holds.

import (
	"math/rand/v2"
	"testing"
)

func TestSteadyStateAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	p := makeProblem(r, 64, 2000, true, false, masked)
	l, rows, grad := p.loss(Options{Workers: 2}), newRows(p.n), make([]float32, p.n*p.v)
	var total Total
	call := func() {
		if err := l.Gradient(&total, p.matrix(), p.targets, rows, 1, Float32(grad, p.n, p.v)); err != nil {
			t.Fatal(err)
		}
	}
	call()
	if n := testing.AllocsPerRun(50, call); !(n < 1) {
		t.Errorf("%v allocations a call", n)
	}
}

func TestLinearAllocatesNothing(t *testing.T) {
	p := makeLinear(rand.New(rand.NewPCG(1, 5)), 64, 16, 3000, true, true)
	l := problem{v: p.v, classW: p.classW}.loss(Options{Workers: 2})
	h, y := p.args(0, p.n)
	out := p.start()
	g := LinearGrad{Float32(out.dHidden, p.n, p.d), Float32(out.dClassifier, p.v, p.d), out.dBias}
	var total Total
	call := func() {
		if l.LinearGradient(&total, h, y, out.rows, 1, g) != nil || l.LinearForward(&total, h, y, nil) != nil {
			t.Fatal("unexpected error")
		}
	}
	call()
	if n := testing.AllocsPerRun(30, call); !(n < 1) {
		t.Errorf("%v allocations a call", n)
	}
}

// TestListsAllocateNothing: nor do smoothing, caps, temperatures, 16-bit logits and
// shards.
func TestListsAllocateNothing(t *testing.T) {
	const n, v = 40, 1500
	l, err := New(v, Options{Workers: 2, LabelSmoothing: 0.1, SoftCap: 20, Temperature: 1.3, ZLoss: 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 7))
	logits := BFloat16(make([]uint16, n*v), n, v)
	s := &Soft{K: 2, Index: make([]int32, 2*n), Prob: make([]float32, 2*n), Rest: RestUniform}
	for i := range n {
		s.Index[2*i], s.Index[2*i+1] = int32(r.IntN(700)), int32(700+r.IntN(700))
		s.Prob[2*i], s.Prob[2*i+1] = 0.5, 0.25
	}
	y := Targets{Soft: s}
	lo, _ := l.Shard(0, v)
	var total Total
	var st Stats
	call := func() {
		if _, err := l.Weight(y); err != nil {
			t.Fatal(err)
		}
		if l.Gradient(&total, logits, y, nil, 0.1, logits) != nil || lo.Stats(&st, logits, y) != nil || lo.Gradient(&st, logits, y, 1, logits) != nil {
			t.Fatal("unexpected error")
		}
	}
	call()
	if n := testing.AllocsPerRun(30, call); !(n < 1) {
		t.Errorf("%v allocations a call", n)
	}
}
