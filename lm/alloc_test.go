//go:build !race

package lm

// The race detector makes sync.Pool drop items, so under it nothing here holds.

import (
	"errors"
	"testing"

	"xent"
)

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
