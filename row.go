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
	best   float64    // greatest of the caller's logits; −∞ before the first
	argmax int32      // lowest class whose logit it is; −1 for none
	m      float64    // greatest capped logit; −∞ before the first
	exp    [2]float64 // Σ e^d and Σ e^d·d

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
		r.exp[1] = e * (r.exp[1] + float64(r.exp[0]*delta))
		r.exp[0] *= e
		r.all.Shift(delta)
		r.listed.Shift(delta)
		r.qd += float64(r.q * delta)
		r.wqd += float64(r.wq * delta)
	}
	r.m = m
}

// sumUncapped adds a piece of the row, uncapped, whose first class is lo.
func sumUncapped[T kernel.Float](r *rowState, scale *kernel.Scale, p *piece[T], lo int, k *kept[T]) {
	if r.broken() {
		return
	}
	at := addExps(r, scale, p, k)
	if r.best = r.m; at >= 0 && r.finite() {
		r.argmax = int32(lo + at + kernel.Index(p.block(at), T(r.m)))
	}
}

// sumCapped adds a block whose capped logits are zc.
func sumCapped[T kernel.Float](r *rowState, scale *kernel.Scale, zc, z []T, lo int, k *kept[T]) {
	if top := kernel.Max(z); float64(top) > r.best {
		r.argmax = int32(lo + kernel.Index(z, top))
		r.best = float64(top)
	} else if top != top {
		r.best = nan
	}
	if !r.broken() {
		addExps(r, scale, &piece[T]{z: zc}, k)
	}
}

// addExps adds a piece to m and the sums of exponentials, block by block, each with
// the greatest logit so far. It returns where the block with the greatest of all begins,
// −1 if that is in none of these. A NaN or +∞ makes m such a number.
func addExps[T kernel.Float](r *rowState, scale *kernel.Scale, p *piece[T], k *kept[T]) (rise int) {
	rise = -1
	for at := 0; at < p.len(); {
		var top T
		if r.m < -math.MaxFloat64 { // all masked so far
			block := p.block(at)
			if top = kernel.Max(block); top == T(negInf) {
				k.mask(at, len(block))
				at += len(block)
				continue
			}
		} else {
			var done int
			done, top = p.sumExp(scale, at, T(r.m), &r.exp, k.rest(at))
			if done > 0 {
				k.note(at, r.m)
			}
			if at += done; at == p.len() {
				break
			}
		}
		rise = at
		if !(float64(top) <= math.MaxFloat64) {
			r.m = float64(top)
			return rise
		}
		r.rescale(*scale, float64(top))
	}
	if math.IsNaN(r.exp[0]) {
		r.m = nan
	}
	return rise
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
