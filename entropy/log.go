package entropy

import "math"

// EntropyLog is [Entropy] of a distribution given by its log-probabilities:
//
//	H(p) = −Σ exp(ℓ)·ℓ,  ℓ = log p
//
// Domain: log-probabilities; −∞ stands for p = 0, whose term is 0. Errors:
// [*ValueError], [*SumError].
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
	return h.nats(), nil
}

// CrossEntropyLog is [CrossEntropy] of distributions given by their
// log-probabilities:
//
//	H(p, q) = −Σ exp(log p)·log q
//
// Domain: two vectors of log-probabilities of one length. Terms with
// log p = −∞ are 0, whatever q; where log q = −∞ but log p > −∞ the result is
// +∞. log q is used as it is: a probability of q too small for a float64 costs
// what its logarithm says. Errors: [*LengthError], [*ValueError], [*SumError].
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
			h.add(0 - weighted(x, logq[i]))
		}
	}
	return h.nats(), nil
}

// CrossEntropyAtLog is [CrossEntropyAt] of a model given by its
// log-probabilities:
//
//	H(δ_target, q) = −log q[target]
//
// Domain: log-probabilities and an index into them. +∞ where the target's is
// −∞. Errors: [*TargetError], [*ValueError], [*SumError].
func CrossEntropyAtLog(target int, logq []float64) (Nats, error) {
	if err := checkTarget(target, logq, checkLog); err != nil {
		return 0, err
	}
	return Nats(0 - logq[target]), nil
}

// LogSumExp is the logarithm of a sum given by the logarithms of its terms:
//
//	log Σ exp(x) = m + log(1 + Σ′ exp(x − m)),  m = max x
//
// where Σ′ leaves out one term that is m. It neither overflows nor underflows:
// the result is at least m and at most m + log V. It is 0 for the
// log-probabilities of a distribution; 0 or the empty sum has the logarithm −∞;
// +∞ among the terms gives +∞, and NaN gives NaN.
func LogSumExp(x []float64) float64 {
	m, rest := peak(x)
	return m + math.Log1p(rest)
}

// LogSoftmax returns the log-probabilities of the distribution that logits
// stand for, in a new slice:
//
//	log p = (z − m) − log Σ exp(z − m),  m = max z
//
// and not z − lse, which rounds to the precision of the logits where theirs is
// larger than that of log p. A constant added to all logits changes nothing;
// log-probabilities are logits too, and are so made to sum to 1.
//
// Domain: logits, finite or −∞, which stands for an outcome masked out: its
// log-probability is −∞. Errors: a [*ValueError] for NaN or +∞, and a
// [*SumError] when no outcome is left.
func LogSoftmax(logits []float64) ([]float64, error) {
	for i, z := range logits {
		if !(z <= math.MaxFloat64) {
			return nil, &ValueError{Vector: "logits", Index: i, Value: z, Want: logit}
		}
	}
	m, rest := peak(logits)
	if math.IsInf(m, -1) {
		return nil, &SumError{Vector: "logits", Len: len(logits)}
	}
	logp, logSum := make([]float64, len(logits)), math.Log1p(rest)
	for i, z := range logits {
		logp[i] = (z - m) - logSum
	}
	return logp, nil
}

// peak returns the maximum m of x and Σ exp(x − m) without one term that is m.
// NaN makes m NaN; with an infinite m the sum is 0.
func peak(x []float64) (m, rest float64) {
	m, at := math.Inf(-1), -1
	for i, v := range x {
		if math.IsNaN(v) {
			return v, 0
		}
		if v > m {
			m, at = v, i
		}
	}
	if math.IsInf(m, 0) {
		return m, 0
	}
	var s sum
	for i, v := range x {
		if i != at {
			s.add(math.Exp(v - m))
		}
	}
	return m, s.value()
}

// weighted is exp(logp)·x, also where exp(logp) alone would underflow.
func weighted(logp, x float64) float64 {
	if p := math.Exp(logp); p >= smallestNormal {
		return p * x
	}
	half := math.Exp(logp / 2)
	return half * x * half
}
