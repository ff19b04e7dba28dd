package bench

import (
	"context"
	"slices"
	"time"
)

// A Case is something to be timed.
type Case struct {
	Run func() error
	// Once says that Run cannot be repeated without what comes before it. Other
	// cases are run as often as it takes to last, and the time is that of one.
	Once bool
}

// Times are those of a case, in seconds.
type Times struct {
	Median, Min, Max float64
	Repetitions      int // that were timed
}

// Rate is how much was done in a second, where so much was done at each time.
func (t Times) Rate(work float64) Times {
	return Times{Median: work / t.Median, Min: work / t.Max, Max: work / t.Min, Repetitions: t.Repetitions}
}

// lasting is the time that a repetition lasts at least: far above the clock's
// resolution, and what waking a goroutine takes.
const lasting = 5 * time.Millisecond

// Alternate runs all cases in their order, first to warm up and then rounds
// times, and returns the times of each. It ends early with the error of a case or of
// ctx, which is looked at between cases.
func Alternate(ctx context.Context, rounds int, cases ...Case) ([]Times, error) {
	runs, taken := make([]int, len(cases)), make([][]float64, len(cases))
	for round := -1; round < rounds; round++ {
		for i, c := range cases {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if round < 0 {
				n, err := c.enough()
				if err != nil {
					return nil, err
				}
				runs[i] = n
				continue
			}
			d, err := c.time(runs[i])
			if err != nil {
				return nil, err
			}
			taken[i] = append(taken[i], d.Seconds()/float64(runs[i]))
		}
	}
	times := make([]Times, len(cases))
	for i, t := range taken {
		slices.Sort(t)
		times[i] = Times{Median: median(t), Min: t[0], Max: t[len(t)-1], Repetitions: rounds}
	}
	return times, nil
}

// enough warms up, and returns how many runs last.
func (c Case) enough() (runs int, err error) {
	for runs = 1; ; runs *= 2 {
		d, err := c.time(runs)
		if err != nil || c.Once || d >= lasting {
			return runs, err
		}
	}
}

func (c Case) time(runs int) (time.Duration, error) {
	start := time.Now()
	for range runs {
		if err := c.Run(); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// median is that of numbers in order, at least one.
func median(x []float64) float64 {
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}
