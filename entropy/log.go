package entropy

import "math"

// EntropyLog is [Entropy] of a distribution given by its log-probabilities:
//
//	H(p) = −Σ exp(ℓ)·ℓ,  ℓ = log p
//
// Domain: log-probabilities; −∞ stands for p = 0, whose term is 0.
func EntropyLog(logp []float64) (Nats, error) {
	if err := checkLog("p", logp); err != nil {
		return 0, err
	}
	var h sum
	for _, x := range logp {
		if !math.IsInf(x, -1) {
			h.add(0 - math.Exp(x)*x)
		}
	}
	return Nats(h.value()), nil
}

// CrossEntropyLog is [CrossEntropy] of distributions given by their
// log-probabilities:
//
//	H(p, q) = −Σ exp(log p)·log q
//
// Domain: two vectors of log-probabilities of one length. Terms with
// log p = −∞ are 0, whatever q; where log q = −∞ but p > 0 the result is +∞.
// A log-probability so low that its probability underflows counts as p = 0
// only in its own factor: as a model's it costs what it says.
func CrossEntropyLog(logp, logq []float64) (Nats, error) {
	if err := checkPair(logp, logq, checkLog); err != nil {
		return 0, err
	}
	var h sum
	for i, x := range logp {
		switch {
		case math.IsInf(x, -1):
		case math.IsInf(logq[i], -1):
			return Nats(math.Inf(1)), nil
		default:
			h.add(0 - math.Exp(x)*logq[i])
		}
	}
	return Nats(h.value()), nil
}

// KLLog is [KL] of distributions given by their log-probabilities, computed,
// with δ = log p − log q, as
//
//	Σ p·(exp(−δ) − 1 + δ),  and q where p = 0
//
// Every term is ≥ 0: the result is exactly 0 for equal vectors and never
// negative.
//
// Domain: two vectors of log-probabilities of one length. Where log q = −∞ but
// p > 0 the result is +∞.
func KLLog(logp, logq []float64) (Nats, error) {
	if err := checkPair(logp, logq, checkLog); err != nil {
		return 0, err
	}
	var d sum
	for i := range logp {
		d.add(excessLog(logp[i], logq[i]))
	}
	return Nats(d.value()), nil
}

// JSDLog is [JSD] of distributions given by their log-probabilities, with the
// same bounds: exactly 0 for equal vectors, at most ln 2.
//
// Domain: two vectors of log-probabilities of one length.
func JSDLog(logp, logq []float64) (Nats, error) {
	if err := checkPair(logp, logq, checkLog); err != nil {
		return 0, err
	}
	var d sum
	for i := range logp {
		m := logMean(logp[i], logq[i])
		d.add((excessLog(logp[i], m) + excessLog(logq[i], m)) / 2)
	}
	return Nats(d.value()), nil
}

// excessLog is p·(exp(−δ) − 1 + δ) with δ = log p − log q, and q where p = 0.
func excessLog(logp, logq float64) float64 {
	p := math.Exp(logp)
	switch {
	case math.IsInf(logp, -1):
		return math.Exp(logq)
	case math.IsInf(logq, -1):
		return math.Inf(1)
	}
	delta := logp - logq
	switch {
	case math.Abs(delta) <= 0.125:
		return p * gapLog(delta)
	case delta < -1: // exp(−δ) can overflow; p·exp(−δ) is q
		return math.Exp(logq) + p*(delta-1)
	}
	return p * (math.Expm1(-delta) + delta)
}

// gapLog is exp(−δ) − 1 + δ for |δ| ≤ 1/8, where the sum would cancel:
//
//	δ²·(1/2! − δ/3! + δ²/4! − …)
//
// The terms after δ¹² are below 2⁻⁵³ of the result.
func gapLog(d float64) float64 {
	series := 0.0
	for k := 12; k >= 3; k-- {
		series = (1 - d*series) / float64(k)
	}
	return d * d / 2 * (1 - d*series)
}

// logMean is log(½(exp a + exp b)). It is exactly a for a = b.
func logMean(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if a == b { // −∞ too, where b − a is NaN
		return a
	}
	return a + math.Log1p(math.Expm1(b-a)/2)
}
