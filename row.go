package xent

import (
	"math"

	"xent/internal/kernel"
)

var negInf = float32(math.Inf(-1))

// A rowState is what the classes of one row have told so far. Classes arrive in
// increasing order, in pieces that begin at multiples of kernel.Block, so that the same
// blocks are summed in the same order however a row, or a shard's part of it, is cut.
//
// Here d_c = (z_c − m)/T of capped logits. Masked classes are in no sum, but a
// target that expects one makes its sum −∞.
type rowState struct {
	best   float64 // greatest of the caller's logits; −∞ before the first
	argmax int32   // lowest class whose logit it is; −1 for none
	m      float64 // greatest capped logit; −∞ before the first
	s, sd  float64 // Σ e^d and Σ e^d·d

	all    kernel.Sums // over all classes, if asked for
	listed kernel.Sums // over a top-k target's classes

	owned   bool    // the target's class has been seen
	z, zy   float64 // its logit, as it is and capped
	q, qd   float64 // Σ q and Σ q·d of a soft target
	wq, wqd float64 // Σ w·q and Σ w·q·d
	qmax    float64 // greatest q; −1 before the first
	qarg    int32   // lowest class whose q it is; −1 for none
	free    int32   // lowest unmasked class that is not listed, if asked for; −1 for none
	bad     int32   // lowest class whose q is no probability; −1 for none
	badQ    float64
}

func (r *rowState) start() {
	none := math.Inf(-1)
	*r = rowState{best: none, argmax: -1, m: none, qmax: -1, qarg: -1, free: -1, bad: -1}
}

// finite reports whether there is a distribution: a class that is not masked, and
// no NaN or +∞.
func (r *rowState) finite() bool { return r.best >= -math.MaxFloat64 && !r.broken() }

// broken reports whether a NaN or +∞ has been seen.
func (r *rowState) broken() bool { return !(r.best <= math.MaxFloat64) }

// rescale moves the sums to another maximum m'. With Δ = (m − m')/T,
//
//	s' = e^Δ·s    sd' = e^Δ·(sd + s·Δ)    Σ'x·d = Σx·d + Δ·Σx
//
// since Σ e^(d+Δ)·(d+Δ) = e^Δ·(Σ e^d·d + Δ·Σ e^d).
func (r *rowState) rescale(scale kernel.Scale, m float64) {
	if r.m != m && r.m >= -math.MaxFloat64 {
		delta := scale.D(r.m, m)
		e := kernel.Exp64(delta)
		r.sd = e * (r.sd + float64(r.s*delta))
		r.s *= e
		r.all.Shift(delta)
		r.listed.Shift(delta)
		r.qd += float64(r.q * delta)
		r.wqd += float64(r.wq * delta)
	}
	r.m = m
}

// addTarget adds class c, with its capped logit, of which the target expects q.
func (r *rowState) addTarget(l *Loss, c int32, zc, q float64) {
	if q > r.qmax || q == r.qmax && c < r.qarg {
		r.qmax, r.qarg = q, c
	}
	if q == 0 {
		return // 0·(−∞) is 0
	}
	d := math.Inf(-1)
	if zc != d {
		d = l.scale.D(zc, r.m)
	}
	r.q += q
	r.qd += float64(q * d)
	if wq := float64(l.classWeight(c) * q); wq != 0 {
		r.wq += wq
		r.wqd += float64(wq * d)
	}
}
