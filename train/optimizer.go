package train

import (
	"math"

	"xent/internal/par"
	"xent/internal/vec"
	"xent/lm"
)

// spanElements bounds the pieces that goroutines take, and fixes the pieces
// whose squares are summed: a part of the numbers' definition.
const spanElements = 1 << 14

// An optimizer updates weights from gradients: all of them by AdamW, or the matrices of
// the layers by Muon and what else there is (the embedding, the head, the norm factors)
// by AdamW.
type optimizer struct {
	Optimizer
	workers int
	w, g    []float32
	m       []float32 // the momenta of all weights
	v       []float32 // the second moments of those that AdamW updates, in their order
	spans   []span    // of all gradients; first those of AdamW's weights
	squares []float64 // Σ g² a span
	norm    normTask
	adamW   adamW
	muon    *muon // nil: all is AdamW's
}

// A span is a piece of one tensor in an arena.
type span struct{ lo, hi int }

// newOptimizer returns an optimiser at its start, for the weights of a and gradients g.
func newOptimizer(z Optimizer, workers int, in lm.Memory, a *lm.Arena, g *lm.Gradients) *optimizer {
	o := &optimizer{Optimizer: z, workers: workers, w: a.Data(), g: g.Data(), m: in.Floats(len(a.Data()))}
	o.v = in.Floats(z.secondMoments(a.Spec()))
	var others []span
	second := 0
	for _, t := range a.Spec().Tensors() {
		for lo, end := t.Offset, t.Offset+t.Rows*t.Cols; lo < end; lo += spanElements {
			s := span{lo, min(lo+spanElements, end)}
			if z.byMuon(t.Role) {
				others = append(others, s)
				continue
			}
			o.spans = append(o.spans, s)
			o.adamW.parts = append(o.adamW.parts, adamWPart{s, second, t.Role != lm.Scale})
			second += s.hi - s.lo
		}
	}
	o.spans = append(o.spans, others...)
	o.squares = make([]float64, len(o.spans))
	o.norm.o, o.adamW.o = o, o
	if z.Name == muonName {
		o.muon = newMuon(&z, workers, in, a, g, o.m)
	}
	return o
}

// byMuon reports whether Muon updates the tensors of a role.
func (z *Optimizer) byMuon(r lm.Role) bool {
	return z.Name == muonName && (r == lm.Matrix || r == lm.Residual)
}

// secondMoments is how many weights of a model AdamW updates.
func (z *Optimizer) secondMoments(s lm.Spec) int {
	n, one := s.Parameters(), s
	one.Layers = 1 // as they all are, which may be more than can be listed
	for _, t := range one.Tensors() {
		if z.byMuon(t.Role) {
			n -= s.Layers * t.Rows * t.Cols
		}
	}
	return n
}

// reset puts the optimiser at its start.
func (o *optimizer) reset() {
	clear(o.m)
	clear(o.v)
}

// step updates the weights in step t, counted from 1, from the gradients, which Muon
// overwrites, and returns their norm before clipping; when that is not finite, nothing is
// changed.
func (o *optimizer) step(t int, rate float64) float64 {
	par.Run(o.workers, len(o.spans), 1, &o.norm)
	sum := 0.0
	for _, s := range o.squares {
		sum += s
	}
	norm := math.Sqrt(sum)
	if !(norm <= math.MaxFloat64) {
		return norm
	}
	clip := 1.0
	if norm > o.Clip {
		clip = o.Clip / norm
	}
	o.adamW.step(t, clip, rate)
	if o.muon != nil {
		o.muon.step(clip, rate)
	}
	return norm
}

type normTask struct{ o *optimizer }

// Do implements par.Task over spans.
func (n *normTask) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		s := n.o.spans[i]
		n.o.squares[i] = vec.Squares(n.o.g[s.lo:s.hi])
	}
}
