package entropy

import "math"

// KLLog is [KL] of distributions given by their log-probabilities, computed,
// with δ = log p − log q, as
//
//	Σ p·(exp(−δ) − 1 + δ),  and q where p = 0
//
// Every term is ≥ 0: the result is exactly 0 for equal vectors and never
// negative. log q is used as it is: a probability of q too small for a float64
// costs what its logarithm says.
//
// Domain: two vectors of log-probabilities of one length. Where log q = −∞ but
// log p > −∞ the result is +∞. Errors: [*LengthError], [*ValueError],
// [*SumError]. Source: as of [KL].
func KLLog(logp, logq []float64) (Nats, error) {
	if err := checkPair(logp, logq, checkLog); err != nil {
		return 0, err
	}
	var d sum
	for i := range logp {
		d.add(excessLog(logp[i], math.Exp(logq[i]), logp[i]-logq[i]))
	}
	return d.nats(), nil
}

// JSDLog is [JSD] of distributions given by their log-probabilities, with the
// same bounds: symmetric, exactly 0 for equal vectors, at most ln 2.
//
// Domain: two vectors of log-probabilities of one length. Errors:
// [*LengthError], [*ValueError], [*SumError]. Source: Lin 1991.
func JSDLog(logp, logq []float64) (Nats, error) { return JSDBetaLog(logp, logq, 0.5) }

// JSDBetaLog is [JSDBeta] of distributions given by their log-probabilities,
// with the same bounds: exactly 0 for equal vectors, at most h(β).
//
// Domain: two vectors of log-probabilities of one length, 0 < β < 1. Errors:
// [*BetaError], [*LengthError], [*ValueError], [*SumError]. Source: Lin 1991,
// section IV.
func JSDBetaLog(logp, logq []float64, beta float64) (Nats, error) {
	if err := checkBeta(beta); err != nil {
		return 0, err
	}
	if err := checkPair(logp, logq, checkLog); err != nil {
		return 0, err
	}
	var d sum
	for i := range logp {
		p, q := logp[i], logq[i]
		// The conversions forbid fused products, which would not be symmetric.
		m := float64(beta*math.Exp(p)) + float64((1-beta)*math.Exp(q))
		// Not through log m: its rounding would be all there is between close vectors.
		fromP := excessLog(p, m, -mixture(beta, 1-beta, q-p))
		fromQ := excessLog(q, m, -mixture(1-beta, beta, p-q))
		d.add(float64(beta*fromP) + float64((1-beta)*fromQ))
	}
	return d.nats(), nil
}

// mixture is log(own + other·exp d) for own + other = 1: from the logarithm of
// a probability to that of its mixture with another, d above it.
func mixture(own, other, d float64) float64 {
	switch {
	case d < -1: // 1 + other·expm1 d would cancel for other near 1
		return math.Log(own + other*math.Exp(d))
	case d > 700: // exp d can overflow
		return d + math.Log(other+own*math.Exp(-d))
	}
	return math.Log1p(other * math.Expm1(d))
}

// excessLog is p·(exp(−δ) − 1 + δ) with δ = log p − log q, and q where p = 0: a
// term of the divergence, ≥ 0.
func excessLog(logp, q, delta float64) float64 {
	switch {
	case math.IsInf(logp, -1): // δ may be NaN
		return q
	case math.IsInf(delta, 1): // log q = −∞
		return delta
	case math.Abs(delta) <= 0.125:
		return weighted(logp, gapLog(delta))
	case delta < -1: // exp(−δ) can overflow; p·exp(−δ) is q
		return q + weighted(logp, delta-1)
	}
	return weighted(logp, math.Expm1(-delta)+delta)
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
