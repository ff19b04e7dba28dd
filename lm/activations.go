package lm

import (
	"math"

	"xent/internal/tensor"
)

// activations are what one layer computes for N tokens and its derivative
// reads again: 4C + 2Q + 2·KV + 3F floats a token, and 2 + Heads for the norms
// and the softmax, with Q = Heads·D and KV = KVHeads·D.
type activations struct {
	x         tensor.Matrix // N×C, the residual stream before the layer
	norm      tensor.Matrix // N×C, its RMSNorm
	q, k, v   tensor.Matrix // N×Q, N×KV, N×KV, side by side in one row; q and k rotated, q scaled
	attention tensor.Matrix // N×Q
	middle    tensor.Matrix // N×C, the residual stream after attention
	feedNorm  tensor.Matrix // N×C, its RMSNorm
	gate, up  tensor.Matrix // N×F each, side by side in one row
	product   tensor.Matrix // N×F, the gated unit's

	rms, feedRMS []float32 // N, the factors of the norms
	lse          []float32 // Heads×N, of the softmax
}

func (m Memory) activations(s Spec, n int) activations {
	q, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
	a := activations{
		x: m.matrix(n, s.Width), norm: m.matrix(n, s.Width),
		attention: m.matrix(n, q),
		middle:    m.matrix(n, s.Width), feedNorm: m.matrix(n, s.Width),
		product: m.matrix(n, s.Hidden),
		rms:     m.Floats(n), feedRMS: m.Floats(n),
		lse: m.Floats(n * s.Heads),
	}
	a.q, a.k, a.v = m.sideBySide(n, q, kv, kv)
	a.gate, a.up, _ = m.sideBySide(n, s.Hidden, s.Hidden, 0)
	return a
}

// first returns views of the first n tokens.
func (a activations) first(n int) activations {
	for _, m := range []*tensor.Matrix{&a.x, &a.norm, &a.q, &a.k, &a.v, &a.attention, &a.middle, &a.feedNorm, &a.gate, &a.up, &a.product} {
		*m = m.Slice(0, n)
	}
	return a
}

// RunnerBytes returns how many bytes a Runner for maxTokens tokens holds, with
// what its first Gradient adds or without, or math.MaxInt when an int cannot
// hold the number. Parameters and Gradients are apart (4·Parameters() each),
// and so are the loss's workspace and the scratch of attention, which is
// 2 KB × (HeadDim + 57) a goroutine.
func (s Spec) RunnerBytes(maxTokens int, gradients bool) int {
	c, q, kv, f := s.Width, s.Heads*s.HeadDim, s.KVHeads*s.HeadDim, s.Hidden
	layers, other := 1, 3*c+2
	if gradients {
		layers, other = s.Layers, other+2*c+2*q+2*kv+f+s.Heads
	}
	var n saturating
	n.add(maxTokens, layers, 4*(4*c+2*q+2*kv+3*f+2+s.Heads))
	n.add(maxTokens, 4, other)
	n.add(min(maxTokens, s.Context), 4, s.HeadDim) // cosines and sines
	if n.overflow || n.sum > math.MaxInt {
		return math.MaxInt
	}
	return int(n.sum)
}
