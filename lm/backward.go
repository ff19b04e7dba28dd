package lm

import "xent/internal/tensor"

// backward is the memory of the backward pass: gradients with respect to what
// their names say, of the layer at work.
type backward struct {
	x         tensor.Matrix // N×C, the residual stream
	norm      tensor.Matrix // N×C, the result of a norm
	attention tensor.Matrix // N×Q
	q, k, v   tensor.Matrix // N×Q, N×KV, N×KV, side by side
	product   tensor.Matrix // N×F
}

// growForGradients gives each layer activations of its own, once.
func (r *Runner) growForGradients() {
	if r.back.x.Rows > 0 {
		return
	}
	s, n, m := r.w.Spec, r.maxTokens, r.memory
	for len(r.layers) < s.Layers {
		r.layers = append(r.layers, m.activations(s, n))
	}
	q, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
	r.back = backward{x: m.matrix(n, s.Width), norm: m.matrix(n, s.Width), attention: m.matrix(n, q), product: m.matrix(n, s.Hidden)}
	r.back.q, r.back.k, r.back.v = m.sideBySide(n, q, kv, kv)
}

// first returns views of the first n tokens.
func (d backward) first(n int) backward {
	for _, m := range []*tensor.Matrix{&d.x, &d.norm, &d.attention, &d.q, &d.k, &d.v, &d.product} {
		*m = m.Slice(0, n)
	}
	return d
}

// backward: r.back.norm N×C, the gradient of r.hidden, → all but the head's
// gradients, added to g.
func (r *Runner) backward(tokens []int32, g *Weights) {
	n := len(tokens)
	d := r.back.first(n)
	r.nn.Zero(d.x)
	r.nn.RMSNormBackward(d.x, g.Norm.Row(0), d.norm, r.last.Slice(0, n), r.rms, r.scale(r.w.Norm))
	for l := len(r.w.Layers) - 1; l >= 0; l-- {
		r.current = r.layers[l].first(n)
		r.feedBackward(&r.w.Layers[l], &g.Layers[l], &r.current, &d)
		r.attentionBackward(&r.w.Layers[l], &g.Layers[l], &r.current, &d)
	}
	r.nn.EmbedBackward(g.Embedding, d.x, tokens)
}

// feedBackward: d.x N×C, the gradient of the layer's result, → that of
// a.middle, in place. It overwrites a.gate and a.up.
func (r *Runner) feedBackward(w, g *Layer, a *activations, d *backward) {
	r.precision.Mul(r.workers, d.product, d.x, w.Down)
	r.nn.SwiGLUBackward(a.gate, a.up, d.product)
	r.gradient(g.Down, d.x, a.product)
	gates := []tensor.Matrix{a.gate, a.up}
	r.gradients([]tensor.Matrix{g.Gate, g.Up}, gates, a.feedNorm)
	r.linearBackward(d.norm, gates, []tensor.Matrix{w.Gate, w.Up})
	r.nn.RMSNormBackward(d.x, g.FeedNorm.Row(0), d.norm, a.middle, a.feedRMS, r.scale(w.FeedNorm))
}

// attentionBackward: d.x N×C, the gradient of a.middle, → that of a.x, in place.
func (r *Runner) attentionBackward(w, g *Layer, a *activations, d *backward) {
	r.gradient(g.Output, d.x, a.attention)
	r.precision.Mul(r.workers, d.attention, d.x, w.Output)
	r.nn.AttentionBackward(r.attention(a, a.k, a.v), d.attention, d.q, d.k, d.v)
	r.nn.RoPEBackward(d.q, r.rotary, r.positions, r.w.Spec.queryScale())
	r.nn.RoPEBackward(d.k, r.rotary, r.positions, 1)
	heads := []tensor.Matrix{d.q, d.k, d.v}
	r.gradients([]tensor.Matrix{g.Query, g.Key, g.Value}, heads, a.norm)
	r.linearBackward(d.norm, heads, []tensor.Matrix{w.Query, w.Key, w.Value})
	r.nn.RMSNormBackward(d.x, g.AttentionNorm.Row(0), d.norm, a.x, a.rms, r.scale(w.AttentionNorm))
}

// gradient adds that of the weights of y = x·wᵀ: dw += dyᵀ·x, one chain over
// the rows of the batch for each element.
func (r *Runner) gradient(dw, dy, x tensor.Matrix) { r.precision.MulAdd(r.workers, dw, dy.T(), x) }
