package lm

import (
	"xent/internal/par"
	"xent/internal/tensor"
	"xent/internal/vec"
)

// Gradients hold the derivative of a loss with respect to all parameters, and
// for a tied model that of the head in a buffer of its own: in one buffer every
// micro-batch would add its head's part and then its embedding's; in two each
// is one chain over all rows, however the batch was cut.
type Gradients struct {
	arena *Arena
	w     *Weights // the views, of gradients
	tied  []float32
	clear clearing // tasks, here so that nothing is allocated
	fold  folding
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

// Zero sets all gradients to zero, on at most workers goroutines.
func (g *Gradients) Zero(workers int) {
	for _, x := range [][]float32{g.arena.data, g.tied} {
		g.clear = clearing(x)
		par.Run(workers, len(x), spanElements, &g.clear)
	}
}

// Fold adds the tied head's gradient to the embedding's and empties its
// buffer. Call it once all micro-batches are in, before Data is used; without
// a tied head it does nothing.
func (g *Gradients) Fold(workers int) {
	g.fold = folding{g.w.Embedding.Data(), g.tied}
	par.Run(workers, len(g.tied), spanElements, &g.fold)
}

// spanElements is how much a goroutine takes at a time.
const spanElements = 1 << 16

type clearing []float32

// Do implements par.Task over elements.
func (x *clearing) Do(_, lo, hi int) { clear((*x)[lo:hi]) }

type folding struct{ table, tied []float32 }

// Do implements par.Task over elements.
func (t *folding) Do(_, lo, hi int) {
	table, tied := t.table[lo:hi], t.tied[lo:hi]
	vec.Add(table, table, tied)
	clear(tied)
}

// Data returns the gradients, element i that of parameter i of Arena.Data.
func (g *Gradients) Data() []float32 { return g.arena.data }

// Tensor returns the gradient of the parameters of that name as a view, or an
// empty matrix when there is none.
func (g *Gradients) Tensor(name string) tensor.Matrix { return g.arena.Tensor(name) }
