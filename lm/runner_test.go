package lm

import (
	"errors"
	"fmt"
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
				g.Fold()
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
		g.Zero()
		var total xent.Total
		if err := r.Gradient(&total, b, 1.0/120, g); err != nil {
			t.Fatal(err)
		}
		g.Fold()
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

// TestAllocations: training, evaluation and decoding allocate nothing in
// steady state.
func TestAllocations(t *testing.T) {
	s := longSpec(true)
	b := testBatch(s.Vocab, 60, 30, 50)
	r := newRunner(t, referenceArena(s).Weights(), 140, 2)
	g, c, logits := NewGradients(s), r.NewCache(0), make([]float32, s.Vocab)
	var total xent.Total
	for name, f := range map[string]func() error{
		"Gradient": func() error { return r.Gradient(&total, b, 1, g) },
		"Loss":     func() error { return r.Loss(&total, b, nil, nil) },
		"Extend": func() error {
			c.Truncate(0)
			return errors.Join(r.Extend(c, b.Tokens[:20], nil), r.Extend(c, b.Tokens[20:21], logits))
		},
	} {
		n := testing.AllocsPerRun(20, func() {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		})
		if n >= 1 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func TestRunnerErrors(t *testing.T) {
	s := longSpec(true)
	w := referenceArena(s).Weights()
	r := newRunner(t, w, 200, 1)
	ok := testBatch(s.Vocab, 5, 6)
	var batchError *BatchError
	for name, b := range map[string]Batch{
		"no tokens":        {},
		"too many tokens":  testBatch(s.Vocab, 101, 100),
		"few targets":      {Tokens: ok.Tokens, Targets: ok.Targets[1:], Ends: ok.Ends},
		"no ends":          {Tokens: ok.Tokens, Targets: ok.Targets},
		"end beyond":       {Tokens: ok.Tokens, Targets: ok.Targets, Ends: []int{5, 12}},
		"end before":       {Tokens: ok.Tokens, Targets: ok.Targets, Ends: []int{5}},
		"empty sequence":   {Tokens: ok.Tokens, Targets: ok.Targets, Ends: []int{5, 5, 11}},
		"ends going back":  {Tokens: ok.Tokens, Targets: ok.Targets, Ends: []int{12, 11}},
		"longer sequences": testBatch(s.Vocab, 129),
	} {
		var total xent.Total
		err := r.Loss(&total, b, nil, nil)
		if !errors.As(err, &batchError) || total.Result().Count != 0 {
			t.Errorf("%s: error %v, %d rows counted", name, err, total.Result().Count)
		}
		if err := r.Gradient(&total, b, 1, NewGradients(s)); !errors.As(err, &batchError) {
			t.Errorf("%s: Gradient's error %v", name, err)
		}
	}
	for _, id := range []int32{-1, 61} {
		b := testBatch(s.Vocab, 5, 6)
		b.Tokens[7] = id
		var tokenError *TokenError
		if err := r.Loss(new(xent.Total), b, nil, nil); !errors.As(err, &tokenError) || tokenError.Position != 7 || tokenError.ID != id {
			t.Errorf("token %d: error %v", id, err)
		}
	}
	b, g := testBatch(s.Vocab, 5, 6), NewGradients(s)
	b.Targets[3] = 61
	var targetError *xent.TargetError
	if err := r.Gradient(new(xent.Total), b, 1, g); !errors.As(err, &targetError) || targetError.Row != 3 {
		t.Errorf("target 61: error %v", err)
	}
	if i := slices.IndexFunc(g.Data(), func(v float32) bool { return v != 0 }); i >= 0 {
		t.Error("gradients changed on an error")
	}
	if err := r.Gradient(new(xent.Total), ok, 1, NewGradients(referenceSpec(false))); !errors.As(err, &batchError) {
		t.Errorf("gradients of another model: error %v", err)
	}
	if _, err := NewRunner(w, 0, 1); err == nil {
		t.Error("a runner of no tokens")
	}
}

func TestExtendErrors(t *testing.T) {
	s := longSpec(true)
	r := newRunner(t, referenceArena(s).Weights(), 10, 1)
	other := newRunner(t, referenceArena(referenceSpec(false)).Weights(), 10, 1)
	c := r.NewCache(4)
	if c.Capacity() != 4 || r.NewCache(1000).Capacity() != s.Context {
		t.Errorf("capacities %d and %d", c.Capacity(), r.NewCache(1000).Capacity())
	}
	logits := make([]float32, s.Vocab)
	for name, err := range map[string]error{
		"no tokens":     r.Extend(c, nil, logits),
		"too many":      r.Extend(c, []int32{1, 2, 3, 4, 5}, logits),
		"few logits":    r.Extend(c, []int32{1}, logits[1:]),
		"bad token":     r.Extend(c, []int32{61}, logits),
		"another model": other.Extend(c, []int32{1}, logits),
	} {
		if err == nil || c.Len() != 0 {
			t.Errorf("%s: error %v, %d tokens held", name, err, c.Len())
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Truncate beyond the length did not panic")
		}
	}()
	c.Truncate(1)
}

// BenchmarkStep is loss and gradient of the size that `xent train` begins with.
func BenchmarkStep(b *testing.B) {
	s := Spec{Vocab: 1024, Context: 128, Width: 160, Layers: 4, Heads: 5, KVHeads: 5, HeadDim: 32, Hidden: 432, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
	a := NewArena(s)
	a.Init(1)
	batch := testBatch(s.Vocab, 128, 128, 128, 128)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("impl=%s/n=%d/workers=%d", gemm.Backend(), len(batch.Tokens), workers), func(b *testing.B) {
			r, g := newRunner(b, a.Weights(), len(batch.Tokens), workers), NewGradients(s)
			var total xent.Total
			for b.Loop() {
				if err := r.Gradient(&total, batch, 1.0/512, g); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(batch.Tokens)*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
