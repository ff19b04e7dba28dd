package entropy

import "math"

// A sum adds finite numbers, carrying what each addition rounds away: for
// terms of one sign the result is the exact sum rounded, but for an error of
// the order of 2⁻¹⁰⁶ a term. Source: A. Neumaier, Rundungsfehleranalyse einiger
// Verfahren zur Summation endlicher Summen, 1974.
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

func (s *sum) nats() Nats { return Nats(s.value()) }
