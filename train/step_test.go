package train

import (
	"errors"
	"testing"

	"xent"
	"xent/lm"
)

// TestStepper: steps are those of a run, gradient, clipping and AdamW, and learn.
func TestStepper(t *testing.T) {
	spec := lm.Spec{Vocab: 50, Context: 16, Width: 32, Layers: 1, Heads: 2, KVHeads: 2, HeadDim: 16, Hidden: 64, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
	s, err := NewStepper(spec, 32, 1, lm.Float32)
	if err != nil {
		t.Fatal(err)
	}
	b := lm.Batch{Ends: []int{16, 32}}
	for i := range int32(32) {
		b.Tokens, b.Targets = append(b.Tokens, i), append(b.Targets, (i*7+3)%50)
	}
	b.Targets[5] = xent.Ignore

	arena, grads := lm.NewArena(spec), lm.NewGradients(spec)
	arena.Init(1)
	opt := newOptimizer(AdamW(), 1, nil, arena, grads)
	runner, err := lm.NewRunner(arena.Weights(), 32, 1)
	if err != nil {
		t.Fatal(err)
	}
	first, last := 0.0, 0.0
	for step := range 60 {
		if last, err = s.Step(b, 1e-2); err != nil {
			t.Fatal(err)
		}
		if step == 0 {
			first = last
		}
		var total xent.Total
		grads.Zero(1)
		if err := runner.Gradient(&total, b, 1.0/31, grads); err != nil {
			t.Fatal(err)
		}
		grads.Fold(1)
		opt.step(step+1, 1e-2)
		if want := total.Result().Mean(); last != want {
			t.Fatalf("step %d: loss %v, want %v", step, last, want)
		}
	}
	if !(last < first/2) {
		t.Errorf("loss %v after %v", last, first)
	}
	for i, w := range arena.Data() {
		if s.arena.Data()[i] != w {
			t.Fatalf("weight %d is %v, want %v", i, s.arena.Data()[i], w)
		}
	}

	if _, err := s.Step(lm.Batch{Tokens: []int32{50}, Targets: []int32{1}, Ends: []int{1}}, 1e-2); err == nil {
		t.Error("a token that is none")
	}
	spec.HeadDim = 3
	if _, err := NewStepper(spec, 32, 1, lm.Float32); !errors.As(err, new(*lm.SpecError)) {
		t.Error(err)
	}
}
