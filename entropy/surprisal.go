package entropy

import "math"

// Surprisal is the information in seeing an outcome of probability p:
//
//	s = −log p
//
// Domain: 0 ≤ p ≤ 1; anything else, NaN included, gives NaN. Surprisal(1) is 0
// and Surprisal(0) is +∞. Surprisals of independent outcomes add. From a
// log-probability the surprisal is its negation. Source: Shannon 1948,
// section 6, where it is the term of the entropy; M. Tribus, Thermostatics and
// Thermodynamics, 1961, for the word.
func Surprisal(p float64) Nats {
	if !(p >= 0 && p <= 1) {
		return Nats(math.NaN())
	}
	return Nats(0 - math.Log(p)) // not −log p: the surprisal of certainty is 0, not −0
}

// Probability is the inverse of [Surprisal]:
//
//	p = exp(−s)
//
// Domain: s ≥ 0; anything else, NaN included, gives NaN. Probability(0) is 1,
// Probability(+∞) is 0, and so is what lies below the smallest float64, from
// s ≈ 745.2.
func Probability(s Nats) float64 {
	if !(s >= 0) {
		return math.NaN()
	}
	return math.Exp(-float64(s))
}

// CodeLength is the length of the code word that the Shannon code gives to an
// outcome of probability p:
//
//	ℓ = ⌈−log₂ p⌉
//
// It is exact, without the rounding of a logarithm. These lengths satisfy
// Kraft's inequality Σ 2^−ℓ ≤ 1, so a prefix code with them exists, and its
// mean length is below H(p) + 1 bits. The ideal length, not rounded up, is
// Surprisal(p).Bits(). Domain: 0 ≤ p ≤ 1; anything else, NaN included, gives
// NaN. CodeLength(1) is 0 and CodeLength(0) is +∞. Source: Shannon 1948,
// section 9; Cover & Thomas, section 5.4.
func CodeLength(p float64) Bits {
	switch {
	case !(p >= 0 && p <= 1):
		return Bits(math.NaN())
	case p == 0:
		return Bits(math.Inf(1))
	}
	_, e := math.Frexp(p) // p = f·2^e, ½ ≤ f < 1, so that 0 < −log₂ f ≤ 1
	return Bits(1 - e)
}

// MessageLength is the length that an arithmetic coder of unlimited precision
// needs at most for a whole message of information total:
//
//	ℓ = ⌈total / ln 2⌉ + 1
//
// The two bits at most above the information are paid once for the message,
// not once for each symbol: this is why a model's total surprisal in bits is a
// file size. The ceiling is that of the rounded total: a whole number of bits
// that went through nats can count one more. Domain: total ≥ 0; anything else,
// NaN included, gives NaN; +∞ gives +∞. Source: Cover & Thomas, sections 5.9
// and 13.3.
func MessageLength(total Nats) Bits {
	if !(total >= 0) {
		return Bits(math.NaN())
	}
	return Bits(math.Ceil(float64(total.Bits())) + 1)
}
