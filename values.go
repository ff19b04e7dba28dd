package xent

import (
	"math"

	"xent/internal/kernel"
)

// values are one row's results, in nats, without the row's weight.
type values struct {
	nll, lse, entropy float64
	objective         float64 // what Sum adds: with class weights, smoothing and z-loss
	smoothing, zloss  float64 // parts of it
	argmax, rank      int32
	correct           bool
	expected          int32 // the target, or a soft target's likeliest class

	// Of the gradient with respect to z_c, without the transforms:
	//
	//	coef·p_c − w_c·t_c,   t_c = (1−ε)·q_c + even
	//
	// q_c is 1 at the class of an index target, norm times what a list says, share
	// where a list says nothing; even = ε/V, and 0 where c is masked.
	coef, even, norm, share float64

	err *ProbabilityError // q is no distribution
}

var nan = math.NaN()

var ignoredRow = values{nll: nan, lse: nan, entropy: nan, argmax: -1, rank: -1}

// finish returns a row's values, without the rank. With ε the smoothing, ζ the
// z-loss, q the target, and sums over unmasked classes, of which there are V:
//
//	lse       = m/T + log s
//	entropy   = log s − Σ e^d·d / s
//	nll       = Σ q_c·(log s − d_c)                  log s − d_y of a class
//	smoothing = (ε/V)·Σ w_c·(log s − d_c)
//	objective = (1−ε)·Σ w_c·q_c·(log s − d_c) + smoothing + ζ·lse²
//
// No term is computed as lse − z_y, which loses the digits that m and z_y share.
func (w *reader) finish(r *rowState) (v values) {
	l, t := w.l, &w.t
	v.expected, v.argmax, v.norm = t.y, r.argmax, 1
	if t.soft != nil {
		v.err = w.complete(r, &v)
		v.expected = r.qarg
	}
	if !r.finite() {
		v.nll, v.lse, v.entropy, v.objective, v.smoothing, v.zloss, v.coef = nan, nan, nan, nan, nan, nan, nan
		v.argmax = -1
		return v
	}
	logS := kernel.Log64(r.exp[0])
	v.lse = l.scale.D(r.m, 0) + logS
	v.entropy = max(0, logS-r.exp[1]/r.exp[0])
	keep := 1 - l.o.LabelSmoothing
	weight, cost := r.wq, 0.0 // Σ w·q and Σ w·q·(log s − d)
	if t.soft == nil {
		v.nll = logS - l.scale.D(r.zy, r.m)
		weight = l.classWeight(t.y)
		cost = times(weight, v.nll)
	} else {
		v.nll = float64(r.q*logS) - r.qd
		cost = float64(r.wq*logS) - r.wqd
	}
	v.correct = r.argmax == v.expected && !math.IsInf(v.nll, 1)
	v.objective = times(keep, cost)
	v.coef = keep * weight
	if l.o.LabelSmoothing > 0 {
		v.even = l.o.LabelSmoothing / r.all.N
		v.smoothing = v.even * (float64(r.all.W*logS) - r.all.WD)
		v.objective += v.smoothing
		v.coef += float64(v.even * r.all.W)
	}
	if l.o.ZLoss > 0 {
		v.zloss = l.o.ZLoss * v.lse * v.lse
		v.objective += v.zloss
		v.coef += float64(2 * l.o.ZLoss * v.lse)
	}
	return v
}

// times multiplies a coefficient with a loss; 0·∞ is 0.
func times(coef, loss float64) float64 {
	if coef == 0 && !math.IsNaN(loss) {
		return 0
	}
	return coef * loss
}

// complete makes a distribution of what a soft target says of the row.
func (w *reader) complete(r *rowState, v *values) *ProbabilityError {
	s := w.t.soft
	if s.dense() {
		tolerance := sumTolerance(s.Dense.t.DType)
		switch {
		case r.bad >= 0:
			return &ProbabilityError{w.t.row, int(r.bad), r.badQ, "want a finite number ≥ 0"}
		case !(math.Abs(r.q-1) <= tolerance):
			return &ProbabilityError{w.t.row, -1, r.q, "want 1"}
		}
		return nil
	}
	switch s.Rest {
	case RestRenormalise:
		v.norm = 1 / r.q
		for _, x := range []*float64{&r.q, &r.qd, &r.wq, &r.wqd} {
			*x *= v.norm
		}
	case RestUniform:
		return w.spread(r, v)
	}
	return nil
}

// spread gives what a list lacks to the unmasked classes that are not in it.
func (w *reader) spread(r *rowState, v *values) *ProbabilityError {
	rest, free := 1-r.q, r.all.N-r.listed.N
	if !r.finite() || rest <= 0 {
		return nil
	}
	if free == 0 {
		if rest > sumTolerance(w.t.soft.Dense.t.DType) {
			return &ProbabilityError{w.t.row, -1, r.q, "want 1, since no other class is left for the rest"}
		}
		return nil
	}
	v.share = rest / free
	r.q = 1
	r.qd += float64(v.share * (r.all.D - r.listed.D))
	r.wq += float64(v.share * (r.all.W - r.listed.W))
	r.wqd += float64(v.share * (r.all.WD - r.listed.WD))
	if v.share > r.qmax || v.share == r.qmax && r.free < r.qarg {
		r.qarg = r.free
	}
	return nil
}
