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

// A span is a piece of one tensor in an arena.
type span struct {
	lo, hi int
	decays bool
}

// AdamW (Loshchilov and Hutter 2019, algorithm 2), at step t counted from 1:
//
//	g ← g·min(1, clip/‖g‖)
//	m ← β₁m + (1−β₁)g          v ← β₂v + (1−β₂)g²
//	w ← w − η·(λw + (m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε))
//
// with λ = 0 for norm factors.
type adamW struct {
	Optimizer
	workers int
	w, g    []float32
	m, v    []float32
	spans   []span
	squares []float64 // Σ g² a span
	norm    normTask
	update  updateTask
}

func newAdamW(z Optimizer, workers int, in lm.Memory, a *lm.Arena, g *lm.Gradients) *adamW {
	n := len(a.Data())
	o := &adamW{Optimizer: z, workers: workers, w: a.Data(), g: g.Data(), m: in.Floats(n), v: in.Floats(n)}
	for _, t := range a.Spec().Tensors() {
		end := t.Offset + t.Rows*t.Cols
		for lo := t.Offset; lo < end; lo += spanElements {
			o.spans = append(o.spans, span{lo, min(lo+spanElements, end), t.Role != lm.Scale})
		}
	}
	o.squares = make([]float64, len(o.spans))
	o.norm.o, o.update.o = o, o
	return o
}

// step updates the weights from the gradients and returns the gradient's norm
// before clipping; when that is not finite, nothing is changed.
func (o *adamW) step(t int, rate float64) float64 {
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
	u := &o.update
	u.Update = vec.Update{
		Clip:  float32(clip),
		Beta1: float32(o.Beta1), Rest1: float32(1 - o.Beta1), Beta2: float32(o.Beta2), Rest2: float32(1 - o.Beta2),
		Rate:    float32(rate / (1 - math.Pow(o.Beta1, float64(t)))),
		Decay:   float32(rate * o.WeightDecay),
		Correct: float32(1 / (1 - math.Pow(o.Beta2, float64(t)))),
		Epsilon: float32(o.Epsilon),
	}
	par.Run(o.workers, len(o.spans), 1, u)
	return norm
}

type normTask struct{ o *adamW }

// Do implements par.Task over spans.
func (n *normTask) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		s := n.o.spans[i]
		n.o.squares[i] = vec.Squares(n.o.g[s.lo:s.hi])
	}
}

type updateTask struct {
	o *adamW
	vec.Update
}

// Do implements par.Task over spans.
func (u *updateTask) Do(_, lo, hi int) {
	for _, s := range u.o.spans[lo:hi] {
		z := u.Update
		if !s.decays {
			z.Decay = 0
		}
		vec.AdamW(u.o.w[s.lo:s.hi], u.o.g[s.lo:s.hi], u.o.m[s.lo:s.hi], u.o.v[s.lo:s.hi], &z)
	}
}
