package lm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent"
	"xent/internal/gemm"
	"xent/internal/tensor"
)

func equalBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// testBatch has sequences of the given lengths, their ignored targets unequally
// spread: none in the first sequence, all in the second.
func testBatch(vocab int, lengths ...int) Batch {
	rng := rand.New(rand.NewPCG(uint64(vocab), 9))
	var b Batch
	for s, length := range lengths {
		for range length {
			b.Tokens = append(b.Tokens, rng.Int32N(int32(vocab)))
			target := rng.Int32N(int32(vocab))
			if s == 1 || s > 1 && rng.IntN(4) == 0 {
				target = xent.Ignore
			}
			b.Targets = append(b.Targets, target)
		}
		b.Ends = append(b.Ends, len(b.Tokens))
	}
	return b
}

// part returns sequences [lo, hi) of b as a batch of their own.
func (b Batch) part(lo, hi int) Batch {
	from := 0
	if lo > 0 {
		from = b.Ends[lo-1]
	}
	to := b.Ends[hi-1]
	p := Batch{Tokens: b.Tokens[from:to], Targets: b.Targets[from:to]}
	for _, end := range b.Ends[lo:hi] {
		p.Ends = append(p.Ends, end-from)
	}
	return p
}

// longSpec has sequences of several attention blocks.
func longSpec(tied bool) Spec {
	s := referenceSpec(tied)
	s.Context = 128
	return s
}

// TestMicroBatches: neither the cut into micro-batches nor the number of
// goroutines changes a bit of the loss or of any gradient.
func TestMicroBatches(t *testing.T) {
	b := testBatch(61, 100, 3, 17, 60, 1, 33, 128, 5)
	n := len(b.Tokens)
	for _, tied := range []bool{true, false} {
		w := referenceArena(longSpec(tied)).Weights()
		total, whole := gradient(t, newRunner(t, w, n, 1), b, 0.01)
		for _, workers := range []int{1, 2, 8} {
			r := newRunner(t, w, n, workers)
			for _, pieces := range []int{1, 2, 3, 7} {
				g, sum := NewGradients(w.Spec), new(xent.Total)
				for i := range pieces {
					lo, hi := i*len(b.Ends)/pieces, (i+1)*len(b.Ends)/pieces
					if err := r.Gradient(sum, b.part(lo, hi), 0.01, g); err != nil {
						t.Fatal(err)
					}
				}
				g.Fold(1)
				if sum.Result() != total.Result() {
					t.Errorf("tied %v, %d goroutines, %d pieces: loss %v, want %v", tied, workers, pieces, sum.Result(), total.Result())
				}
				for _, ts := range w.Spec.Tensors() {
					if !equalBits(g.Tensor(ts.Name).Data(), whole.Tensor(ts.Name).Data()) {
						t.Errorf("tied %v, %d goroutines, %d pieces: other bits in the gradient of %s", tied, workers, pieces, ts.Name)
					}
				}
			}
		}
	}
}

// TestLossIsGradientsLoss: evaluation and training see the same loss, and the
// workspace of the loss changes no bit.
func TestLossIsGradientsLoss(t *testing.T) {
	b := testBatch(61, 100, 3, 17)
	w := referenceArena(longSpec(true)).Weights()
	r := newRunner(t, w, 200, 2)
	want, g := gradient(t, r, b, 1)
	rows := &xent.Rows{NLL: make([]float64, len(b.Tokens))}
	var got xent.Total
	if err := r.Loss(&got, b, nil, rows); err != nil {
		t.Fatal(err)
	}
	if got.Result() != want.Result() {
		t.Errorf("Loss %v, Gradient's %v", got.Result(), want.Result())
	}
	small, err := xent.New(61, xent.Options{Workspace: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	r.loss = small
	total, h := gradient(t, r, b, 1)
	if total.Result() != want.Result() || !equalBits(h.Data(), g.Data()) {
		t.Error("the workspace of the loss changes bits")
	}
}

// TestCache: the logits of step-by-step decoding, of any cut into calls, have
// the bits of the batched forward.
func TestCache(t *testing.T) {
	s := longSpec(true)
	w := referenceArena(s).Weights()
	b := testBatch(s.Vocab, 110)
	r := newRunner(t, w, 110, 2)
	if err := r.Loss(new(xent.Total), b, nil, nil); err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 110*s.Vocab)
	gemm.Mul(1, tensor.Float32(want, 110, s.Vocab), r.hidden, w.Head.T())
	got := make([]float32, s.Vocab)
	for _, cut := range [][]int{{1}, {110}, {50, 1, 7, 49}, {48, 48}} {
		for _, workers := range []int{1, 8} {
			r := newRunner(t, w, 40, workers) // calls of more tokens go in pieces
			c := r.NewCache(0)
			for k := 0; c.Len() < 110; k++ {
				n := min(cut[k%len(cut)], 110-c.Len())
				if err := r.Extend(c, b.Tokens[c.Len():c.Len()+n], got); err != nil {
					t.Fatal(err)
				}
				if !equalBits(got, want[(c.Len()-1)*s.Vocab:c.Len()*s.Vocab]) {
					t.Fatalf("cut %v, %d goroutines: other logits after %d tokens", cut, workers, c.Len())
				}
			}
			c.Truncate(60)
			if err := r.Extend(c, b.Tokens[60:61], got); err != nil || !equalBits(got, want[60*s.Vocab:61*s.Vocab]) {
				t.Errorf("other logits after Truncate (%v)", err)
			}
		}
	}
}

// TestHalfWeights: bfloat16 weights give the bits of the same values in
// float32, whatever the mixture of types.
func TestHalfWeights(t *testing.T) {
	s := longSpec(true)
	a := referenceArena(s)
	rounded := func(m tensor.Matrix) (tensor.Matrix, tensor.Matrix) {
		half, full := make([]uint16, m.Rows*m.Cols), make([]float32, m.Rows*m.Cols)
		for i, v := range m.Data() {
			half[i] = uint16(math.Float32bits(v) >> 16)
			full[i] = math.Float32frombits(uint32(half[i]) << 16)
		}
		return tensor.Half(tensor.BF16, half, m.Rows, m.Cols), tensor.Float32(full, m.Rows, m.Cols)
	}
	collect := func(half bool) *Weights {
		w, err := NewWeights(s, func(name string) (tensor.Matrix, bool) {
			h, f := rounded(a.Tensor(name))
			if half {
				return h, true
			}
			return f, true
		})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	b := testBatch(s.Vocab, 70, 3, 17)
	want, wantGrad := gradient(t, newRunner(t, collect(false), 90, 1), b, 1)
	got, gotGrad := gradient(t, newRunner(t, collect(true), 90, 2), b, 1)
	if got.Result() != want.Result() || !equalBits(gotGrad.Data(), wantGrad.Data()) {
		t.Errorf("half weights change bits: loss %v, want %v", got.Result().Sum, want.Result().Sum)
	}
}
