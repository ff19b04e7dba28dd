package main

import "xent/lm"

// sizes are those of the work.
type sizes struct {
	rows      int // of logits
	classes   []int
	products  []int // of square matrices
	n, d, v   int   // of the linear loss: rows, width, classes
	model     lm.Spec
	sequences int // of a training step, each as long as the context
	lasting   float64
}

var (
	full = sizes{
		rows: 1024, classes: []int{50257, 128256}, products: []int{1024, 2048},
		n: 2048, d: 768, v: 50257,
		model: lm.Spec{Vocab: 8192, Context: 256, Width: 384, Layers: 6, Heads: 6, KVHeads: 6, HeadDim: 64, Hidden: 1024, Tied: true,
			RopeTheta: 10000, NormEps: 1e-5}, sequences: 16,
		lasting: 0.1,
	}
	quick = sizes{
		rows: 128, classes: []int{8192}, products: []int{256},
		n: 128, d: 64, v: 5000,
		model: lm.Spec{Vocab: 512, Context: 64, Width: 96, Layers: 2, Heads: 2, KVHeads: 2, HeadDim: 48, Hidden: 256, Tied: true,
			RopeTheta: 10000, NormEps: 1e-5}, sequences: 4,
		lasting: 0.005,
	}
)

func (z *sizes) tokens() int { return z.sequences * z.model.Context }

// stepFLOP is how many operations a training step needs: forward once and backward
// twice, two for each weight of a matrix and token, and 2·T·C a layer for scores and
// values, which causal attention needs half of.
func (z *sizes) stepFLOP() float64 {
	s := z.model
	layer := s.Width*(2*s.Heads+2*s.KVHeads)*s.HeadDim + 3*s.Width*s.Hidden
	weights := s.Layers*layer + s.Vocab*s.Width
	attention := s.Layers * s.Context * s.Heads * s.HeadDim
	return 6 * float64(weights+attention) * float64(z.tokens())
}
