package lm

import (
	"xent/internal/gemm"
	"xent/internal/tensor"
)

// A Cache holds the keys and values of one sequence, so that tokens can be
// appended without computing the earlier ones again. Its memory follows the
// longest sequence it has held: where there is too little it doubles, up to the
// capacity, and is kept.
type Cache struct {
	spec         Spec
	n, capacity  int             // tokens held, and the most
	keys, values []tensor.Matrix // of each layer, rows × KVHeads·D
}

// NewCache returns an empty cache for at most capacity tokens; the model's
// context is the most, and what capacity ≤ 0 stands for.
func (r *Runner) NewCache(capacity int) *Cache {
	s := r.w.Spec
	if capacity <= 0 || capacity > s.Context {
		capacity = s.Context
	}
	return &Cache{spec: s, capacity: capacity, keys: make([]tensor.Matrix, s.Layers), values: make([]tensor.Matrix, s.Layers)}
}

// Len returns the number of tokens held.
func (c *Cache) Len() int { return c.n }

// Capacity returns the number of tokens that fit.
func (c *Cache) Capacity() int { return c.capacity }

// Truncate forgets all but the first n tokens. It panics when there are fewer.
func (c *Cache) Truncate(n int) {
	if n < 0 || n > c.n {
		panic("lm: Truncate beyond the cache's length")
	}
	c.n = n
}

// firstRows is the least memory of a cache that holds anything, in tokens.
const firstRows = 64

// grow makes room for n tokens, of the capacity.
func (c *Cache) grow(n int) {
	rows := c.keys[0].Rows
	if n <= rows {
		return
	}
	rows = min(max(n, 2*rows, firstRows), c.capacity)
	larger := func(old tensor.Matrix) tensor.Matrix {
		m := Memory(nil).matrix(rows, c.spec.KVHeads*c.spec.HeadDim)
		copy(m.Data(), old.Data())
		return m
	}
	for l := range c.keys {
		c.keys[l], c.values[l] = larger(c.keys[l]), larger(c.values[l])
	}
}

// room returns where n more keys and values of layer l go, and all of them up
// to there.
func (c *Cache) room(l, n int) (k, v, keys, values tensor.Matrix) {
	keys, values = c.keys[l].Slice(0, c.n+n), c.values[l].Slice(0, c.n+n)
	return keys.Slice(c.n, c.n+n), values.Slice(c.n, c.n+n), keys, values
}

// Extend appends tokens to the cache's sequence and writes the logits of the
// token after the last to logits (V floats, or nil). They have the bits of the
// batched forward, however the sequence was cut into calls. The cache must be
// of the same model; on errors (*BatchError, *TokenError) it is unchanged. A
// call allocates only where the cache grows.
func (r *Runner) Extend(c *Cache, tokens []int32, logits []float32) error {
	s := r.w.Spec
	switch {
	case c.spec != s:
		return badBatch("a cache of another model than the runner's")
	case len(tokens) == 0:
		return badBatch("no token to extend the sequence by")
	case len(tokens) > c.Capacity()-c.n:
		return badBatch("%d tokens after %d for a cache of %d", len(tokens), c.n, c.Capacity())
	case logits != nil && len(logits) != s.Vocab:
		return badBatch("%d logits for a vocabulary of %d", len(logits), s.Vocab)
	}
	if err := checkTokens(tokens, s.Vocab); err != nil {
		return err
	}
	c.grow(c.n + len(tokens))
	r.rotary.Grow(c.keys[0].Rows)
	n := 0
	for ; len(tokens) > 0; tokens = tokens[n:] {
		n = min(len(tokens), r.maxTokens)
		r.layout.Reset()
		r.layout.Add(0, n, c.n, 0)
		for i := range n {
			r.positions[i] = int32(c.n + i)
		}
		r.forward(tokens[:n], c, false)
		c.n += n
	}
	if logits != nil {
		gemm.Mul(r.workers, tensor.Float32(logits, 1, s.Vocab), r.hidden.Slice(n-1, n), r.w.Head.T())
	}
	return nil
}
