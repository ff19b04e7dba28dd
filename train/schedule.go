package train

import "math"

// rate returns the learning rate of step (0 ≤ step < steps): linear warm-up to
// the peak over Warmup·steps, and then
//
//	wsd     the peak until Decay·steps, linear to FinalRate·peak at the end
//	cosine  peak·(f + (1−f)·(1 + cos πx)/2), x from 0 to 1, f = FinalRate
func (z *Optimizer) rate(step, steps int) float64 {
	warmup := math.Ceil(z.Warmup * float64(steps))
	s, n := float64(step), float64(steps)
	if s < warmup {
		return z.PeakRate * (s + 1) / (warmup + 1)
	}
	if z.Schedule == "cosine" {
		x := (s - warmup) / max(n-1-warmup, 1)
		return z.PeakRate * (z.FinalRate + (1-z.FinalRate)*(1+math.Cos(math.Pi*x))/2)
	}
	hold := max(z.Decay*n, warmup)
	if s < hold {
		return z.PeakRate
	}
	x := (s - hold) / max(n-1-hold, 1)
	return z.PeakRate * (1 - (1-z.FinalRate)*min(x, 1))
}
