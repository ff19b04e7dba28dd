package entropy

import "math"

// Entropy is the mean surprisal of a distribution, the least that any code or
// model pays for its outcomes on average:
//
//	H(p) = −Σ p log p
//
// Domain: probabilities. 0 ≤ H(p) ≤ log V: 0 when one outcome is certain, as a
// single one is, log V when all V are equally likely. Terms with p = 0 are 0.
// Errors: [*ValueError], [*SumError]. Source: Shannon 1948, section 6; Cover &
// Thomas, section 2.1, and theorem 2.6.4 for the upper bound.
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
	return h.nats(), nil
}

// BinaryEntropy is the entropy of a coin that shows heads with probability p:
//
//	h(p) = −p log p − (1−p) log(1−p)
//
// Domain: 0 ≤ p ≤ 1; anything else, NaN included, gives NaN. h(0) = h(1) = 0,
// and the most is h(½) = ln 2, one bit. It is accurate for any p, however
// small: 1 − p is never rounded. Source: Shannon 1948, section 6 and its
// figure 7; Cover & Thomas, section 2.1.
func BinaryEntropy(p float64) Nats {
	switch {
	case !(p >= 0 && p <= 1):
		return Nats(math.NaN())
	case p == 0 || p == 1:
		return 0
	}
	return Nats(0 - p*math.Log(p) - (1-p)*math.Log1p(-p))
}

// EffectiveChoices is the perplexity of a distribution, the number of equally
// likely outcomes that would be as uncertain:
//
//	exp H(p)
//
// Domain: probabilities. Unit: outcomes. Between 1, when one outcome is
// certain, and V, when all are equally likely. Errors: those of [Entropy].
// Source: M. O. Hill, Diversity and Evenness, 1973 (the number of order 1).
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
// the result is +∞. Errors: [*LengthError], [*ValueError], [*SumError].
// Source: Cover & Thomas, theorem 5.4.3 (the cost of the wrong code).
func CrossEntropy(p, q []float64) (Nats, error) {
	if err := checkPair(p, q, check); err != nil {
		return 0, err
	}
	var h sum
	for i, x := range p {
		if x > 0 { // log 0 is −∞ and makes the sum +∞
			h.add(0 - x*math.Log(q[i]))
		}
	}
	return h.nats(), nil
}

// CrossEntropyAt is the cross-entropy of a model q when the truth is certain
// to be one outcome, the target: what a language model pays for a token.
//
//	H(δ_target, q) = −log q[target]
//
// Domain: a probability vector and an index into it. +∞ where q[target] = 0.
// Errors: [*TargetError], [*ValueError], [*SumError]. Without the checks it is
// [Surprisal] of q[target].
func CrossEntropyAt(target int, q []float64) (Nats, error) {
	if err := checkTarget(target, q, check); err != nil {
		return 0, err
	}
	return Nats(0 - math.Log(q[target])), nil
}
