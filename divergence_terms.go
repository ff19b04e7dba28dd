package xent

import (
	"math"

	"xent/internal/kernel"
)

// excess is a class's term of KL(p‖q), with δ = log p − log q,
//
//	p·(exp(−δ) − 1 + δ) = p·log(p/q) − p + q
//
// which is ≥ 0, and q where p = 0. Since Σp = Σq the terms add up to Σ p·log(p/q).
func excess(p, q, delta float64) float64 {
	switch {
	case p == 0: // δ may be NaN
		return q
	case math.Abs(delta) <= 1:
		return float64(p * phi(delta))
	}
	return q + float64(p*(delta-1)) // at least q/4
}

// excessOverMixture is excess(p, m, log p − log m) with m = own·p + other·q,
// own + other = 1 and d = log q − log p. In x = m/p − 1 = other·(e^d − 1) it is
// p·(x − log(1 + x)).
func excessOverMixture(p, q, own, other, d float64) float64 {
	if p == 0 { // d may be NaN
		return float64(other * q)
	}
	if d <= 700 { // beyond it e^d overflows
		if x := float64(other * expm1(d)); math.Abs(x) <= 0.5 {
			return float64(p * gapOfLog(x))
		}
	}
	return float64(other*(q-p)) - float64(p*logMixture(own, other, d))
}

// logMixture is log(own + other·e^d) for own + other = 1: from the logarithm of a
// probability to that of its mixture with another, d above it.
func logMixture(own, other, d float64) float64 {
	switch {
	case d < -1: // 1 + other·(e^d − 1) would cancel for other near 1
		return kernel.Log64(own + float64(other*kernel.Exp64(d)))
	case d > 700: // e^d overflows
		return d + kernel.Log64(other+float64(own*kernel.Exp64(-d)))
	}
	return log1p(float64(other * expm1(d)))
}

// log1p is log(1 + x), without the rounding of 1 + x near 0.
func log1p(x float64) float64 {
	if math.Abs(x) <= 0.5 {
		return x - gapOfLog(x)
	}
	return kernel.Log64(1 + x)
}

// phi is exp(−δ) − 1 + δ, ≥ 0, to a few units in the last place:
//
//	δ²·(1/2! − δ/3! + δ²/4! − …)   for |δ| ≤ 1
func phi(delta float64) float64 {
	if !(math.Abs(delta) <= 1) {
		if e := kernel.Exp64(-delta); !math.IsInf(e, 1) { // ∞ − ∞ would be NaN
			return e - 1 + delta
		}
		return math.Inf(1)
	}
	s := 0.0
	for k := len(inverseFactorial) - 1; k >= 0; k-- {
		s = inverseFactorial[k] - float64(delta*s)
	}
	return float64(delta * delta * s)
}

// expm1 is e^x − 1, without the cancellation near 0.
func expm1(x float64) float64 {
	if !(math.Abs(x) <= 1) {
		return kernel.Exp64(x) - 1
	}
	return phi(-x) + x
}

// inverseFactorial[k] is 1/(k+2)!; the first that is left out adds less than 2⁻⁶⁰.
var inverseFactorial = [18]float64{
	1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800,
	1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200, 1.0 / 1307674368000, 1.0 / 20922789888000, 1.0 / 355687428096000,
	1.0 / 6402373705728000, 1.0 / 121645100408832000,
}

// gapOfLog is x − log(1 + x) ≥ 0 for |x| ≤ ½. With s = x/(2 + x),
// log(1 + x) = 2·artanh s = 2(s + s³/3 + s⁵/5 + …) and x − 2s = x·s, hence
//
//	x − log(1 + x) = s·(x − 2s²·(1/3 + s²/5 + s⁴/7 + …))
//
// s² ≤ 1/9: the terms after s³² add less than 2⁻⁵⁵.
func gapOfLog(x float64) float64 {
	s := x / (2 + x)
	t := float64(s * s)
	series := 0.0
	for k := len(inverseOdd) - 1; k >= 0; k-- {
		series = inverseOdd[k] + float64(t*series)
	}
	return float64(s * (x - float64(2*t*series)))
}

// inverseOdd[k] is 1/(2k+3).
var inverseOdd = [17]float64{
	1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25, 1.0 / 27,
	1.0 / 29, 1.0 / 31, 1.0 / 33, 1.0 / 35,
}

// minus returns a − b and what the rounding took from it (Knuth's two-sum); NaN where
// a or b is infinite.
func minus(a, b float64) (difference, low float64) {
	difference = a - b
	back := difference - a
	return difference, (a - (difference - back)) - (b + back)
}

// A longSum adds in twice the precision (Neumaier 1974), so that the number of classes
// costs no digits.
type longSum struct{ sum, low float64 }

func (s *longSum) add(x float64) {
	t := s.sum + x
	back := t - s.sum
	s.low += (s.sum - (t - back)) + (x - back) // Knuth's two-sum: no branch
	s.sum = t
}

func (s *longSum) value() float64 {
	if math.IsInf(s.sum, 0) {
		return s.sum // low is NaN
	}
	return s.sum + s.low
}
