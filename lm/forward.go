package lm

import (
	"math"

	"xent/internal/nn"
	"xent/internal/tensor"
)

// forward: tokens N → r.hidden N×C. Keys and values go behind those of the
// cache if there is one. With keep every layer's activations stay for backward.
func (r *Runner) forward(tokens []int32, c *Cache, keep bool) {
	n, layers := len(tokens), len(r.w.Layers)
	at := func(l int) *activations {
		if !keep {
			l = 0
		}
		return &r.layers[l]
	}
	first := at(0)
	x := first.x.Slice(0, n)
	r.nn.Embed(x, r.w.Embedding, tokens)
	r.nn.RMSNorm(first.norm.Slice(0, n), first.rms, x, r.scale(r.w.Layers[0].AttentionNorm), r.w.Spec.NormEps)
	for l := range layers {
		r.current = at(l).first(n)
		r.attentionForward(l, &r.current, c)
		out, norm, rms, w := r.last, r.hidden, r.rms, r.w.Norm
		if l+1 < layers {
			next := at(l + 1)
			out, norm, rms, w = next.x, next.norm, next.rms, r.w.Layers[l+1].AttentionNorm
		}
		r.feedForward(&r.w.Layers[l], &r.current)
		r.nn.AddRMSNorm(out.Slice(0, n), norm.Slice(0, n), rms, r.current.middle, r.branch.Slice(0, n), r.scale(w), r.w.Spec.NormEps)
	}
}

// attentionForward: a.x, a.norm N×C → a.middle = x + Wo·attention(norm) N×C and
// a.feedNorm N×C.
func (r *Runner) attentionForward(l int, a *activations, c *Cache) {
	w, s := &r.w.Layers[l], r.w.Spec
	n := a.x.Rows
	k, v, keys, values := a.k, a.v, a.k, a.v
	if c != nil {
		k, v, keys, values = c.room(l, n)
	}
	r.linear(a.norm, []tensor.Matrix{a.q, k, v}, []tensor.Matrix{w.Query, w.Key, w.Value})
	r.nn.RoPE(a.q, r.rotary, r.positions, s.queryScale())
	r.nn.RoPE(k, r.rotary, r.positions, 1)
	r.nn.Attention(r.attention(a, keys, values))
	branch := r.branch.Slice(0, n)
	r.mul(branch, a.attention, w.Output)
	r.nn.AddRMSNorm(a.middle, a.feedNorm, a.feedRMS, a.x, branch, r.scale(w.FeedNorm), s.NormEps)
}

// attention describes the attention of a layer.
func (r *Runner) attention(a *activations, keys, values tensor.Matrix) nn.Attention {
	s := r.w.Spec
	return nn.Attention{
		Heads: s.Heads, KVHeads: s.KVHeads, Dim: s.HeadDim, Layout: &r.layout,
		Q: a.q, K: keys, V: values, O: a.attention, LSE: a.lse,
	}
}

// queryScale is 1/√D.
func (s Spec) queryScale() float32 { return float32(1 / math.Sqrt(float64(s.HeadDim))) }

// feedForward: a.feedNorm N×C → r.branch = Wdown·SwiGLU(feedNorm) N×C.
func (r *Runner) feedForward(w *Layer, a *activations) {
	r.linear(a.feedNorm, []tensor.Matrix{a.gate, a.up}, []tensor.Matrix{w.Gate, w.Up})
	r.nn.SwiGLU(a.product, a.gate, a.up)
	r.mul(r.branch.Slice(0, a.feedNorm.Rows), a.product, w.Down)
}
