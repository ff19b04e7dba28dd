package entropy

import "math"

// Entropy is the mean surprisal of a distribution, the least that any code or
// model pays for its outcomes on average:
//
//	H(p) = −Σ p log p
//
// Domain: probabilities. 0 ≤ H(p) ≤ log V: 0 when one outcome is certain,
// log V when all V are equally likely. Terms with p = 0 are 0. Source: Shannon
// 1948, section 6; Cover & Thomas, section 2.1.
func Entropy(p []float64) (Nats, error) {
	if err := check("p", p); err != nil {
		return 0, err
	}
	var h sum
	for _, x := range p {
		if x > 0 {
			h.add(0 - x*math.Log(x))
		}
	}
	return Nats(h.value()), nil
}

// EffectiveChoices is the perplexity of a distribution, the number of equally
// likely outcomes that would be as uncertain:
//
//	exp H(p)
//
// Domain: probabilities. Between 1, when one outcome is certain, and V, when
// all are equally likely. Source: M. O. Hill, Diversity and Evenness, 1973
// (the number of order 1).
func EffectiveChoices(p []float64) (float64, error) {
	h, err := Entropy(p)
	if err != nil {
		return 0, err
	}
	return math.Exp(float64(h)), nil
}

// CrossEntropy is the mean surprisal of a model q at outcomes of p:
//
//	H(p, q) = −Σ p log q = H(p) + KL(p‖q)
//
// Domain: two probability vectors of one length. It is at least H(p), and that
// only when q = p. Terms with p = 0 are 0, whatever q; where q = 0 but p > 0
// the result is +∞. Source: Cover & Thomas, section 5.4 (the cost of the wrong
// code).
func CrossEntropy(p, q []float64) (Nats, error) {
	if err := checkPair(p, q, check); err != nil {
		return 0, err
	}
	var h sum
	for i, x := range p {
		switch {
		case x == 0:
		case q[i] == 0:
			return Nats(math.Inf(1)), nil
		default:
			h.add(0 - x*math.Log(q[i]))
		}
	}
	return Nats(h.value()), nil
}

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
// Domain: two probability vectors of one length. Not symmetric. Where q = 0
// but p > 0 the result is +∞. Source: Kullback and Leibler 1951; Cover &
// Thomas, section 2.3; for the generalised form I. Csiszár, Why least squares
// and maximum entropy?, 1991.
func KL(p, q []float64) (Nats, error) {
	if err := checkPair(p, q, check); err != nil {
		return 0, err
	}
	var d sum
	for i := range p {
		d.add(excess(p[i], q[i], q[i]-p[i]))
	}
	return Nats(d.value()), nil
}

// JSD is the Jensen–Shannon divergence of p and q, with equal weights:
//
//	JSD(p, q) = ½ KL(p‖m) + ½ KL(q‖m),  m = ½(p + q)
//
// It is the information that one outcome, drawn from p or q by the toss of a
// coin, carries about the coin.
//
// Domain: two probability vectors of one length. Symmetric, exactly 0 for
// equal vectors, never negative or infinite, at most ln 2 (one bit), which
// distributions without a common outcome reach. Its square root is a metric.
// Source: Lin 1991.
func JSD(p, q []float64) (Nats, error) {
	if err := checkPair(p, q, check); err != nil {
		return 0, err
	}
	var d sum
	for i := range p {
		// Not m − p: the rounding of m would be all there is between close vectors.
		m, half := (p[i]+q[i])/2, (q[i]-p[i])/2
		if m > 0 {
			d.add((excess(p[i], m, half) + excess(q[i], m, -half)) / 2)
		}
	}
	return Nats(d.value()), nil
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
	// Far from 1 the ratio q/p can overflow, and 1 + r can round to 0.
	return max(difference-p*(math.Log(q)-math.Log(p)), 0)
}

// gap is r − log(1 + r) for |r| ≤ 1/8, where the difference would cancel. With
// s = r/(2 + r), log(1 + r) = 2·artanh s = 2(s + s³/3 + s⁵/5 + …), and
// r − 2s = r·s, hence
//
//	r − log(1 + r) = s·(r − 2s²·(1/3 + s²/5 + s⁴/7 + …))
//
// |s| ≤ 1/15, so the terms after s¹² are below 2⁻⁵³ of the result.
func gap(r float64) float64 {
	s := r / (2 + r)
	t := s * s
	series := 1.0/3 + t*(1.0/5+t*(1.0/7+t*(1.0/9+t*(1.0/11+t*(1.0/13+t*(1.0/15))))))
	return s * (r - 2*t*series)
}
