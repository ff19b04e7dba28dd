package entropy

import (
	"fmt"
	"math"
)

// SumTolerance is how far from 1 the sum of a distribution's probabilities may
// be. It admits what careful float32 arithmetic leaves: a softmax, or a
// log-softmax computed as (z − max) − log Σ, misses 1 by less than 8e-7 in
// trials with up to 262,144 outcomes. It refuses what has lost more digits: a
// float32 log-softmax computed as z − lse of logits beyond about 30, a float32
// Σ over many outcomes by a plain loop, anything in 16 bits.
//
// Nothing is rescaled within the tolerance: a result then refers to the vector
// as given, and can miss an identity or a bound, such as H(p) ≥ 0, by an amount
// of the order of the tolerance.
const SumTolerance = 1e-6

// What an entry must be, for ValueError.Want.
const (
	probability    = "a probability: it must be non-negative and finite"
	logProbability = "a log-probability: it must be at most 0, −∞ included"
	logit          = "a logit: it must be finite or −∞"
)

// A ValueError says that an entry of a vector cannot be one.
type ValueError struct {
	Vector string  // "p", "q", "logits", or "joint[i]" for row i of a table
	Index  int     // lowest index of a bad entry
	Value  float64 // the entry
	Want   string  // what it should be, as in "a probability: it must be …"
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("entropy: %s[%d] = %v is not %s", e.Vector, e.Index, e.Value, e.Want)
}

// A SumError says that probabilities do not sum to 1. Who has weights or
// counts, and means them to be a distribution, divides them by their sum; who
// has logits takes their [LogSoftmax].
type SumError struct {
	Vector string  // "p", "q", "joint" or "logits"
	Len    int     // number of entries
	Sum    float64 // sum of the probabilities
}

func (e *SumError) Error() string {
	return fmt.Sprintf("entropy: the %d probabilities of %s sum to %.9g, not to 1 within %g: normalise them first",
		e.Len, e.Vector, e.Sum, SumTolerance)
}

// A LengthError says that two vectors are not over the same outcomes.
type LengthError struct {
	Vectors [2]string // as in ValueError
	Lens    [2]int    // number of entries of each
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("entropy: %s has %d outcomes and %s has %d", e.Vectors[0], e.Lens[0], e.Vectors[1], e.Lens[1])
}

// A TargetError says that a target is not an outcome of q.
type TargetError struct {
	Target int
	Len    int // number of outcomes of q
}

func (e *TargetError) Error() string {
	return fmt.Sprintf("entropy: target %d is not in [0, %d), the outcomes of q", e.Target, e.Len)
}

// A BetaError says that the weight of a Jensen–Shannon divergence is not
// strictly between 0 and 1.
type BetaError struct{ Beta float64 }

func (e *BetaError) Error() string {
	return fmt.Sprintf("entropy: the weight β = %v is not strictly between 0 and 1", e.Beta)
}

// check returns why the vector called name is not a distribution, or nil.
func check(name string, p []float64) error {
	var total sum
	for i, x := range p {
		if !isProbability(x) {
			return &ValueError{Vector: name, Index: i, Value: x, Want: probability}
		}
		total.add(x)
	}
	return checkSum(name, len(p), total.value())
}

func isProbability(x float64) bool { return x >= 0 && x <= math.MaxFloat64 }

// checkLog is check for log-probabilities. An entry a little above 0, as
// rounding leaves it, is one; the sum catches what is too far above.
func checkLog(name string, logp []float64) error {
	var total sum
	for i, x := range logp {
		if !(x <= SumTolerance) {
			return &ValueError{Vector: name, Index: i, Value: x, Want: logProbability}
		}
		total.add(math.Exp(x))
	}
	return checkSum(name, len(logp), total.value())
}

func checkSum(name string, n int, total float64) error {
	if !(math.Abs(total-1) <= SumTolerance) {
		return &SumError{Vector: name, Len: n, Sum: total}
	}
	return nil
}

// checkPair applies one of the two checks to both p and q.
func checkPair(p, q []float64, check func(string, []float64) error) error {
	if len(p) != len(q) {
		return &LengthError{Vectors: [2]string{"p", "q"}, Lens: [2]int{len(p), len(q)}}
	}
	if err := check("p", p); err != nil {
		return err
	}
	return check("q", q)
}

// checkTarget applies one of the two checks to q and looks for target in it.
func checkTarget(target int, q []float64, check func(string, []float64) error) error {
	if target < 0 || target >= len(q) {
		return &TargetError{Target: target, Len: len(q)}
	}
	return check("q", q)
}

func checkBeta(beta float64) error {
	if !(beta > 0 && beta < 1) {
		return &BetaError{Beta: beta}
	}
	return nil
}
