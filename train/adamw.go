package train

import (
	"math"

	"xent/internal/par"
	"xent/internal/vec"
)

// AdamW (Loshchilov and Hutter 2019, algorithm 2), at step t counted from 1:
//
//	g ← g·min(1, clip/‖all gradients‖)
//	m ← β₁m + (1−β₁)g          v ← β₂v + (1−β₂)g²
//	w ← w − η·(λw + (m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε))
//
// with λ = 0 for norm factors.
type adamW struct {
	o     *optimizer
	parts []adamWPart
	vec.Update
}

// An adamWPart is a span of weights, and where their second moments begin.
type adamWPart struct {
	span
	second int
	decays bool
}

// step updates weights from gradients times clip.
func (a *adamW) step(t int, clip, rate float64) {
	z := &a.o.Optimizer
	a.Update = vec.Update{
		Clip:  float32(clip),
		Beta1: float32(z.Beta1), Rest1: float32(1 - z.Beta1), Beta2: float32(z.Beta2), Rest2: float32(1 - z.Beta2),
		Rate:    float32(rate / (1 - math.Pow(z.Beta1, float64(t)))),
		Decay:   float32(rate * z.WeightDecay),
		Correct: float32(1 / (1 - math.Pow(z.Beta2, float64(t)))),
		Epsilon: float32(z.Epsilon),
	}
	par.Run(a.o.workers, len(a.parts), 1, a)
}

// Do implements par.Task over parts.
func (a *adamW) Do(_, lo, hi int) {
	for _, p := range a.parts[lo:hi] {
		z := a.Update
		if !p.decays {
			z.Decay = 0
		}
		vec.AdamW(a.o.w[p.lo:p.hi], a.o.g[p.lo:p.hi], a.o.m[p.lo:p.hi], a.o.v[p.second:][:p.hi-p.lo], &z)
	}
}
