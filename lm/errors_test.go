package lm

import (
	"errors"
	"slices"
	"testing"

	"xent"
)

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
