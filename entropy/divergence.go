package entropy

import "math"

// KL is the relative entropy (Kullback–Leibler divergence) of p from q, what
// the model q pays above the entropy of p:
//
//	KL(p‖q) = Σ p log(p/q)
//
// computed, with r = q/p − 1, as
//
//	Σ p·(r − log(1 + r)),  and q where p = 0
//
// The two sums are equal since Σ p = Σ q = 1, but every term of the second is
// ≥ 0: the result is exactly 0 for equal vectors, is never negative, and keeps
// its relative accuracy when p and q are close. (If the two sums differ within
// [SumTolerance], it is the generalised divergence Σ p log(p/q) − p + q.)
//
// Domain: two probability vectors of one length. Not symmetric. Terms with
// p = 0 add nothing to the first sum; where q = 0 but p > 0 the result is +∞. Errors: [*LengthError], [*ValueError], [*SumError].
// Source: Kullback and Leibler 1951; Cover & Thomas, section 2.3 and theorem
// 2.6.3; for the generalised form I. Csiszár, Why least squares and maximum
// entropy?, 1991.
func KL(p, q []float64) (Nats, error) {
	if err := checkPair(p, q, check); err != nil {
		return 0, err
	}
	var d sum
	for i := range p {
		d.add(excess(p[i], q[i], q[i]-p[i]))
	}
	return d.nats(), nil
}

// JSD is the Jensen–Shannon divergence of p and q, with equal weights:
//
//	JSD(p, q) = ½ KL(p‖m) + ½ KL(q‖m),  m = ½(p + q)
//
// It is the information that one outcome, drawn from p or q by the toss of a
// coin, carries about the coin.
//
// Domain: two probability vectors of one length. Symmetric to the last bit,
// exactly 0 for equal vectors, never negative or infinite, at most ln 2 (one
// bit), which distributions without a common outcome reach.
// Errors: [*LengthError], [*ValueError], [*SumError]. Source: Lin 1991. It is
// not its square root, which is a metric (D. M. Endres and J. E. Schindelin,
// A New Metric for Probability Distributions, 2003) and which some libraries
// return under this name.
func JSD(p, q []float64) (Nats, error) { return JSDBeta(p, q, 0.5) }

// JSDBeta is the Jensen–Shannon divergence with weights β and 1 − β:
//
//	JSD_β(p, q) = β KL(p‖m) + (1−β) KL(q‖m),  m = βp + (1−β)q
//	            = H(m) − β H(p) − (1−β) H(q)
//
// Domain: two probability vectors of one length, 0 < β < 1. Exactly 0 for equal
// vectors, never negative or infinite, at most the binary entropy h(β), which
// distributions without a common outcome reach. JSD_β(p, q) = JSD_{1−β}(q, p). As β → 0, JSD_β/β tends to KL(p‖q). Errors:
// [*BetaError], [*LengthError], [*ValueError], [*SumError]. Source: Lin 1991,
// section IV.
func JSDBeta(p, q []float64, beta float64) (Nats, error) {
	if err := checkBeta(beta); err != nil {
		return 0, err
	}
	if err := checkPair(p, q, check); err != nil {
		return 0, err
	}
	var d sum
	for i := range p {
		// The conversions forbid fused products, which would not be symmetric.
		m := float64(beta*p[i]) + float64((1-beta)*q[i])
		if m == 0 {
			continue
		}
		// Not m − p: the rounding of m would be all there is between close vectors.
		difference := q[i] - p[i]
		fromP := excess(p[i], m, (1-beta)*difference)
		fromQ := excess(q[i], m, -beta*difference)
		d.add(float64(beta*fromP) + float64((1-beta)*fromQ))
	}
	return d.nats(), nil
}

// excess is p·(r − log(1 + r)) with r = q/p − 1, and q where p = 0: a term of
// the divergence, ≥ 0 and 0 only for p = q. The caller gives q − p, which it
// may know better than the rounded q tells.
func excess(p, q, difference float64) float64 {
	if p == 0 {
		return q
	}
	if q == 0 {
		return math.Inf(1)
	}
	r := difference / p
	switch {
	case math.Abs(r) <= 0.125:
		return p * gap(r)
	case math.Abs(r) <= 0.5:
		return p * (r - math.Log1p(r))
	}
	return max(difference-p*logRatio(q, p), 0)
}

// logRatio is log(x/y) for positive x and y, also where x/y is not a float64.
func logRatio(x, y float64) float64 {
	if ratio := x / y; ratio >= smallestNormal && ratio <= math.MaxFloat64 {
		return math.Log(ratio)
	}
	return math.Log(x) - math.Log(y)
}

// smallestNormal is the least float64 that has all 53 bits.
const smallestNormal = 0x1p-1022

// gap is r − log(1 + r) for |r| ≤ 1/8, where the difference would cancel. With
// s = r/(2 + r), log(1 + r) = 2·artanh s = 2(s + s³/3 + s⁵/5 + …), and
// r − 2s = r·s, hence
//
//	r − log(1 + r) = s·(r − 2s²·(1/3 + s²/5 + s⁴/7 + …))
//
// |s| ≤ 1/15, so the terms after s¹⁰ are below 2⁻⁵³ of the result.
func gap(r float64) float64 {
	s := r / (2 + r)
	t := s * s
	series := 1.0/3 + t*(1.0/5+t*(1.0/7+t*(1.0/9+t*(1.0/11+t*(1.0/13)))))
	return s * (r - 2*t*series)
}
