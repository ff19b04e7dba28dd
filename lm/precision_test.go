package lm

import (
	"math"
	"testing"

	"xent"
)

// bfloat is a Runner whose layers multiply bfloat16.
func bfloat(t *testing.T, w *Weights, maxTokens, workers int) *Runner {
	t.Helper()
	r, err := NewRunnerWith(w, maxTokens, Options{Workers: workers, Precision: BFloat16})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestBFloat16: the loss and every gradient are those of float32 but for the rounding
// of factors to 8 bits.
func TestBFloat16(t *testing.T) {
	s := longSpec(true)
	w := referenceArena(s).Weights()
	b := testBatch(s.Vocab, 70, 3, 17)
	want, wantGrad := gradient(t, newRunner(t, w, 90, 2), b, 0.01)
	got, gotGrad := gradient(t, bfloat(t, w, 90, 2), b, 0.01)
	loss, exact := got.Result().Mean(), want.Result().Mean()
	if !(math.Abs(loss-exact) <= 0x1p-8*exact) || loss == exact {
		t.Errorf("loss %v, in float32 %v", loss, exact)
	}
	for _, ts := range s.Tensors() {
		a, g := wantGrad.Tensor(ts.Name).Data(), gotGrad.Tensor(ts.Name).Data()
		size, err := 0.0, 0.0
		for i := range a {
			size += float64(a[i]) * float64(a[i])
			err += float64(g[i]-a[i]) * float64(g[i]-a[i])
		}
		if r := math.Sqrt(err / size); !(r <= 0.03) || r == 0 {
			t.Errorf("gradient of %s differs by %.2g of its size", ts.Name, r)
		}
	}
}

// TestBFloat16Bits: the number of goroutines changes no bit, nor a cut into calls of
// an even number of tokens; a token has the bits that it has step by step.
func TestBFloat16Bits(t *testing.T) {
	s := longSpec(true)
	w := referenceArena(s).Weights()
	b := testBatch(s.Vocab, 100, 2, 17, 61, 5)
	n := len(b.Tokens)
	total, whole := gradient(t, bfloat(t, w, n, 1), b, 0.01)
	for _, workers := range []int{1, 2, 8} {
		r := bfloat(t, w, n, workers)
		for _, cuts := range [][]int{{0, 5}, {0, 1, 5}, {0, 2, 4, 5}} {
			g, sum := NewGradients(s), new(xent.Total)
			for i, lo := range cuts[:len(cuts)-1] {
				if err := r.Gradient(sum, b.part(lo, cuts[i+1]), 0.01, g); err != nil {
					t.Fatal(err)
				}
			}
			g.Fold(1)
			if sum.Result() != total.Result() || !equalBits(g.Data(), whole.Data()) {
				t.Errorf("%d goroutines, cut at %v: other bits", workers, cuts)
			}
		}
	}
	r := bfloat(t, w, n, 2)
	want, got := make([]float32, s.Vocab), make([]float32, s.Vocab)
	all, steps := r.NewCache(0), r.NewCache(0)
	if err := r.Extend(all, b.Tokens[:100], want); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := r.Extend(steps, b.Tokens[i:i+1], got); err != nil {
			t.Fatal(err)
		}
	}
	if !equalBits(got, want) {
		t.Error("step by step the logits have other bits")
	}
}
