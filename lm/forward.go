package lm

import (
	"math"

	"xent/internal/nn"
	"xent/internal/tensor"
)

// forward: tokens N → r.hidden N×C. Keys and values go behind those of the
// cache if there is one. With keep every layer's activations stay for backward.
func (r *Runner) forward(tokens []int32, c *Cache, keep bool) {
	n := len(tokens)
	last := r.last.Slice(0, n)
	r.nn.Embed(r.layers[0].x.Slice(0, n), r.w.Embedding, tokens)
	for l := range r.w.Layers {
		out := last
		if l+1 < len(r.w.Layers) {
			out = r.layers[0].x.Slice(0, n)
			if keep {
				out = r.layers[l+1].x.Slice(0, n)
			}
		}
		at := 0
		if keep {
			at = l
		}
		r.current = r.layers[at].first(n)
		r.attentionForward(l, &r.current, c)
		r.feedForward(&r.w.Layers[l], &r.current, out)
	}
	r.nn.RMSNorm(r.hidden.Slice(0, n), r.rms, last, r.scale(r.w.Norm), r.w.Spec.NormEps)
}

// attentionForward: a.x N×C → a.middle = x + Wo·attention(RMSNorm(x)) N×C.
func (r *Runner) attentionForward(l int, a *activations, c *Cache) {
	w, s := &r.w.Layers[l], r.w.Spec
	n := a.x.Rows
	k, v, keys, values := a.k, a.v, a.k, a.v
	if c != nil {
		k, v, keys, values = c.room(l, n)
	}
	r.nn.RMSNorm(a.norm, a.rms, a.x, r.scale(w.AttentionNorm), s.NormEps)
	r.mul(a.q, a.norm, w.Query)
	r.mul(k, a.norm, w.Key)
	r.mul(v, a.norm, w.Value)
	r.nn.RoPE(a.q, r.rotary, r.positions, s.queryScale())
	r.nn.RoPE(k, r.rotary, r.positions, 1)
	r.nn.Attention(r.attention(a, keys, values))
	branch := r.branch.Slice(0, n)
	r.mul(branch, a.attention, w.Output)
	r.nn.Add(a.middle, a.x, branch)
}

// attention describes the attention of a layer.
func (r *Runner) attention(a *activations, keys, values tensor.Matrix) nn.Attention {
	s := r.w.Spec
	return nn.Attention{
		Heads: s.Heads, KVHeads: s.KVHeads, Dim: s.HeadDim, Layout: &r.layout,
		Q: a.q, K: keys, V: values, O: a.attention, Max: a.max, Inv: a.inv,
	}
}

// queryScale is 1/√D.
func (s Spec) queryScale() float32 { return float32(1 / math.Sqrt(float64(s.HeadDim))) }

// feedForward: a.middle N×C → out = middle + Wdown·SwiGLU(RMSNorm(middle)) N×C.
func (r *Runner) feedForward(w *Layer, a *activations, out tensor.Matrix) {
	n := a.middle.Rows
	product, branch := r.product.Slice(0, n), r.branch.Slice(0, n)
	r.nn.RMSNorm(a.feedNorm, a.feedRMS, a.middle, r.scale(w.FeedNorm), r.w.Spec.NormEps)
	r.mul(a.gate, a.feedNorm, w.Gate)
	r.mul(a.up, a.feedNorm, w.Up)
	r.nn.SwiGLU(product, a.sigma, a.gate, a.up)
	r.mul(branch, product, w.Down)
	r.nn.Add(out, a.middle, branch)
}
