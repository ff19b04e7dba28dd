package lm

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent"
)

// TestRowWeights: a row's weight multiplies its loss, and 0 ignores it.
func TestRowWeights(t *testing.T) {
	b := testBatch(61, 4, 2, 5)
	r := newRunner(t, referenceArena(longSpec(true)).Weights(), 16, 1)
	rows := &xent.Rows{NLL: make([]float64, 11)}
	weights := []float32{1, 0, 2, 0.5, 1, 1, 1, 0, 0, 1, 3}
	var plain, weighted xent.Total
	if err := errors.Join(r.Loss(&plain, b, nil, rows), r.Loss(&weighted, b, weights, nil)); err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for i, w := range weights {
		if b.Targets[i] != xent.Ignore {
			want += float64(w) * rows.NLL[i]
		}
	}
	if got := weighted.Result().Sum; !(math.Abs(got-want) <= 1e-12*want) {
		t.Errorf("weighted sum %v, want %v", got, want)
	}
}

// TestDirections compares the slope of the loss along random directions in
// each tensor with central differences.
func TestDirections(t *testing.T) {
	for _, tied := range []bool{true, false} {
		s := referenceSpec(tied)
		a := referenceArena(s)
		for i := range a.Data() { // smaller weights bend the loss less
			a.Data()[i] *= 0.5
		}
		b := testBatch(s.Vocab, 16, 2, 13, 9)
		r := newRunner(t, a.Weights(), len(b.Tokens), 2)
		_, g := gradient(t, r, b, 1)
		rng := rand.New(rand.NewPCG(11, 0))
		for _, ts := range s.Tensors() {
			x := a.Tensor(ts.Name).Data()
			direction, old := make([]float32, len(x)), slices.Clone(x)
			want, norm := 0.0, 0.0
			for i, d := range g.Tensor(ts.Name).Data() {
				direction[i] = float32(rng.NormFloat64())
				want += float64(d) * float64(direction[i])
				norm += float64(d) * float64(d)
			}
			at := func(h float32) float64 {
				for i, d := range direction {
					x[i] = old[i] + h*d
				}
				var total xent.Total
				if err := r.Loss(&total, b, nil, nil); err != nil {
					t.Fatal(err)
				}
				copy(x, old)
				return total.Result().Sum
			}
			const h = 1.0 / 512
			slope := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
			if !(math.Abs(slope-want) <= 2e-3*math.Sqrt(norm)) {
				t.Errorf("tied %v, %s: slope %v, gradient says %v (its norm %.3g)", tied, ts.Name, slope, want, math.Sqrt(norm))
			}
		}
	}
}

// TestLearns: plain gradient descent learns to repeat the token before last.
func TestLearns(t *testing.T) {
	s := Spec{Vocab: 8, Context: 16, Width: 16, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 8, Hidden: 32, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
	a := NewArena(s)
	a.Init(1)
	r, g := newRunner(t, a.Weights(), 128, 2), NewGradients(s)
	rng := rand.New(rand.NewPCG(12, 0))
	var first, last float64
	const steps = 150
	for step := range steps {
		var b Batch
		for range 8 {
			seq := []int32{rng.Int32N(8), rng.Int32N(8)}
			for i := range 16 {
				b.Tokens = append(b.Tokens, seq[i%2])
				b.Targets = append(b.Targets, seq[(i+1)%2])
			}
			b.Targets[len(b.Targets)-16] = xent.Ignore // nothing tells the second token
			b.Ends = append(b.Ends, len(b.Tokens))
		}
		g.Zero(1)
		var total xent.Total
		if err := r.Gradient(&total, b, 1.0/120, g); err != nil {
			t.Fatal(err)
		}
		g.Fold(1)
		for i, d := range g.Data() {
			a.Data()[i] -= 0.5 * d
		}
		last = total.Result().Mean()
		if step == 0 {
			first = last
		}
	}
	if !(math.Abs(first-math.Log(8)) <= 0.05) || !(last <= 0.1) {
		t.Errorf("loss went from %v to %v, want from ln 8 = %.3f to below 0.1", first, last, math.Log(8))
	}
}
