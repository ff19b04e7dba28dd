//go:build !race

package lm

// The race detector makes sync.Pool drop items, so under it nothing here holds.

import (
	"errors"
	"slices"
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

// TestCacheGrows: a cache of a large context costs what it holds, and within
// what it has grown to nothing more.
func TestCacheGrows(t *testing.T) {
	s := longSpec(true)
	s.Context = 1 << 17
	r := newRunner(t, referenceArena(s).Weights(), 64, 1)
	token, logits := []int32{7}, make([]float32, s.Vocab)
	c := r.NewCache(0)
	if c.Capacity() != s.Context {
		t.Fatalf("capacity %d", c.Capacity())
	}
	var rows []int
	for c.Len() < 300 {
		had := c.rows()
		n := testing.AllocsPerRun(1, func() { // calls twice
			if err := r.Extend(c, token, logits); err != nil {
				t.Fatal(err)
			}
		})
		if grown := c.rows(); grown != had {
			rows = append(rows, grown)
		} else if n > 0 {
			t.Errorf("%v allocations at %d tokens of %d", n, c.Len(), had)
		}
	}
	if want := []int{64, 128, 256, 512}; !slices.Equal(rows, want) {
		t.Errorf("grew to %v tokens, want %v", rows, want)
	}
	full := r.NewCache(100)
	if err := r.Extend(full, make([]int32, 70), nil); err != nil || full.rows() != 70 {
		t.Errorf("room for %d tokens (%v), want 70", full.rows(), err)
	}
	if err := r.Extend(full, make([]int32, 30), nil); err != nil || full.rows() != 100 {
		t.Errorf("room for %d tokens (%v), want 100", full.rows(), err)
	}
}

func (c *Cache) rows() int { return c.keys[0].Rows }
