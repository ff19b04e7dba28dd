package entropy

import (
	"fmt"
	"math"
)

// SumTolerance is how far from 1 the sum of a distribution's probabilities may
// be. Rounding each probability to float32 moves the sum by at most 6e-8; the
// rest is room for a softmax that was summed in float32.
//
// Nothing is rescaled within the tolerance: a result then refers to the vector
// as given and can miss an identity or a bound, such as H(p) ≥ 0, by an amount
// of the order of the tolerance.
const SumTolerance = 1e-6

// A ValueError says that an entry of a distribution cannot be one.
type ValueError struct {
	Vector string  // "p" or "q", as in the function's signature
	Index  int     // lowest index of a bad entry
	Value  float64 // the entry
	Log    bool    // the entries are log-probabilities
}

func (e *ValueError) Error() string {
	if e.Log {
		return fmt.Sprintf("entropy: %s[%d] = %v is not a log-probability: it must be at most 0 and not NaN", e.Vector, e.Index, e.Value)
	}
	return fmt.Sprintf("entropy: %s[%d] = %v is not a probability: it must be non-negative and finite", e.Vector, e.Index, e.Value)
}

// A SumError says that the probabilities of a vector do not sum to 1.
type SumError struct {
	Vector string  // "p" or "q"
	Len    int     // number of entries
	Sum    float64 // sum of the probabilities
}

func (e *SumError) Error() string {
	return fmt.Sprintf("entropy: the %d probabilities of %s sum to %v, not to 1 within %g", e.Len, e.Vector, e.Sum, SumTolerance)
}

// A LengthError says that two distributions are not over the same outcomes.
type LengthError struct {
	P, Q int // number of entries of p and q
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("entropy: p has %d outcomes and q has %d", e.P, e.Q)
}

// check returns why the vector called name is not a distribution, or nil.
func check(name string, p []float64) error {
	var total sum
	for i, x := range p {
		if !(x >= 0) || math.IsInf(x, 1) {
			return &ValueError{Vector: name, Index: i, Value: x}
		}
		total.add(x)
	}
	return checkSum(name, len(p), total.value())
}

// checkLog is check for log-probabilities. An entry a little above 0, as
// rounding leaves it, is caught by the sum if it is too far above.
func checkLog(name string, logp []float64) error {
	var total sum
	for i, x := range logp {
		if !(x <= SumTolerance) {
			return &ValueError{Vector: name, Index: i, Value: x, Log: true}
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
		return &LengthError{P: len(p), Q: len(q)}
	}
	if err := check("p", p); err != nil {
		return err
	}
	return check("q", q)
}

// A sum adds finite numbers, carrying what each addition rounds away
// (A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation
// endlicher Summen, 1974).
type sum struct{ high, low float64 }

func (s *sum) add(x float64) {
	t := s.high + x
	if math.Abs(s.high) >= math.Abs(x) {
		s.low += (s.high - t) + x
	} else {
		s.low += (x - t) + s.high
	}
	s.high = t
}

func (s *sum) value() float64 {
	if math.IsInf(s.high, 0) { // the carry is then ∞ − ∞
		return s.high
	}
	return s.high + s.low
}
