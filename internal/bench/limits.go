package bench

import (
	"context"
	"math"
)

// Limits are what a machine can do at most on so many goroutines: in GB/s, bytes
// read and bytes written, and in GFLOP/s. Stream is NaN where there is no such loop.
type Limits struct {
	Workers                 int
	Read, Copy, Stream, FMA Times // rates, not seconds
}

// MeasureLimits measures loops of several numbers of goroutines in turn, runs times,
// each time rounds times, over two pieces of memory of one length. Of the runs it takes
// the best median, and the range is that of all.
func MeasureLimits(ctx context.Context, runs, rounds int, dst, src []byte, loops ...*Loops) ([]Limits, error) {
	limits := make([]Limits, len(loops))
	for range runs {
		for i, l := range loops {
			now, err := l.limits(ctx, rounds, dst, src)
			if err != nil {
				return nil, err
			}
			limits[i].better(now)
		}
	}
	return limits, nil
}

// limits is one run.
func (l *Loops) limits(ctx context.Context, rounds int, dst, src []byte) (z Limits, err error) {
	z.Workers = l.workers
	n, flop := float64(len(src)), 0.0
	times, err := Alternate(ctx, rounds,
		Case{Run: func() error { l.Read(src); return nil }},
		Case{Run: func() error { l.Copy(dst, src); return nil }},
		Case{Run: func() error { l.Stream(dst, src); return nil }},
		Case{Run: func() error { flop = l.MultiplyAdd(); return nil }},
	)
	if err != nil {
		return z, err
	}
	z.Read, z.Copy, z.FMA = times[0].Rate(n/1e9), times[1].Rate(2*n/1e9), times[3].Rate(flop/1e9)
	if nan := math.NaN(); l.Streams() {
		z.Stream = times[2].Rate(2 * n / 1e9)
	} else {
		z.Stream = Times{nan, nan, nan, rounds}
	}
	return z, nil
}

// better takes the best of another run.
func (z *Limits) better(now Limits) {
	if z.Workers == 0 {
		*z = now
		return
	}
	for _, x := range []struct{ best, now *Times }{{&z.Read, &now.Read}, {&z.Copy, &now.Copy}, {&z.Stream, &now.Stream}, {&z.FMA, &now.FMA}} {
		x.best.Median = max(x.best.Median, x.now.Median)
		x.best.Min, x.best.Max = min(x.best.Min, x.now.Min), max(x.best.Max, x.now.Max)
		x.best.Repetitions += x.now.Repetitions
	}
}
