package lm

import "xent/internal/tensor"

// Gradients hold the derivative of a loss with respect to all parameters, and
// for a tied model that of the head in a buffer of its own: in one buffer every
// micro-batch would add its head's part and then its embedding's; in two each
// is one chain over all rows, however the batch was cut.
type Gradients struct {
	arena *Arena
	w     *Weights // the views, of gradients
	tied  []float32
}

// NewGradients returns gradients of zero. It panics when s is not valid.
func NewGradients(s Spec) *Gradients { return NewGradientsIn(nil, s) }

// NewGradientsIn is NewGradients in memory that is given.
func NewGradientsIn(m Memory, s Spec) *Gradients {
	a := NewArenaIn(m, s)
	g := &Gradients{arena: a, w: a.Weights()}
	if s.Tied {
		g.tied = m.Floats(s.Vocab * s.Width)
		g.w.Head = tensor.Float32(g.tied, s.Vocab, s.Width)
	}
	return g
}

// Zero sets all gradients to zero.
func (g *Gradients) Zero() {
	clear(g.arena.data)
	clear(g.tied)
}

// Fold adds the tied head's gradient to the embedding's and empties its
// buffer. Call it once all micro-batches are in, before Data is used; without
// a tied head it does nothing.
func (g *Gradients) Fold() {
	table := g.w.Embedding.Data()
	for i, v := range g.tied {
		table[i] += v
	}
	clear(g.tied)
}

// Data returns the gradients, element i that of parameter i of Arena.Data.
func (g *Gradients) Data() []float32 { return g.arena.data }

// Tensor returns the gradient of the parameters of that name as a view, or an
// empty matrix when there is none.
func (g *Gradients) Tensor(name string) tensor.Matrix { return g.arena.Tensor(name) }
