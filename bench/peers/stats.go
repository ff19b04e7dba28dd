package main

import "slices"

// A series is what one side measured in each round.
type series []float64

// A summary is that of a series.
type summary struct{ Median, Min, Max float64 }

// spread is how far apart the numbers were, over their median.
func (s summary) spread() float64 { return (s.Max - s.Min) / s.Median }

// summary is of at least one number.
func (x series) summary() summary {
	y := slices.Sorted(slices.Values(x))
	n := len(y)
	return summary{(y[(n-1)/2] + y[n/2]) / 2, y[0], y[n-1]}
}

// over is x/y, round by round: what changes from one round to the next befalls both.
func (x series) over(y series) series {
	z := make(series, len(x))
	for i := range z {
		z[i] = x[i] / y[i]
	}
	return z
}

// rates are work/x.
func (x series) rates(work float64) series {
	z := make(series, len(x))
	for i := range z {
		z[i] = work / x[i]
	}
	return z
}
