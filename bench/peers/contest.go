package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// A side is somebody who takes part in a contest: xent, a peer, or a limit.
type side struct {
	name string
	time func(runs int) (seconds float64, err error)
	// check returns values of what is computed, or is nil. They are compared with those
	// of xent that have the same name.
	check     func() (map[string]float64, error)
	tolerance float64  // of the values, relative; 0: tolerance below
	process   *process // of a peer
	memory    int64    // bytes beyond the inputs; 0: not told
}

// tolerance is how far a value may be from xent's, as a part of it.
const tolerance = 1e-5

// mine is a side that runs here. Before, which may be nil, puts back what a run
// changes, and is not timed.
func mine(name string, before, run func() error) side {
	return side{name: name, time: func(runs int) (seconds float64, err error) {
		for range runs {
			if before != nil {
				if err := before(); err != nil {
					return 0, err
				}
			}
			start := time.Now()
			if err := run(); err != nil {
				return 0, err
			}
			seconds += time.Since(start).Seconds()
		}
		return seconds, nil
	}}
}

// theirs is a case of a peer.
func theirs(name string, p *process, kind string) side {
	return side{name: name, process: p,
		time: func(runs int) (float64, error) {
			r, err := p.request("time %s %d", kind, runs)
			return r.Seconds, err
		},
		check: func() (map[string]float64, error) {
			r, err := p.request("check %s", kind)
			return r.Values, err
		}}
}

// A contest is one piece of work that several do.
type contest struct {
	title   string
	unit    string  // of rates
	work    float64 // of a run, in units · seconds
	limit   side
	limited float64 // work of a run of the limit
	sides   []side  // the first is xent
}

// A pace is how a contest is run.
type pace struct {
	rounds  int
	lasting float64       // seconds that a measurement lasts at least
	settle  time.Duration // between measurements, for threads that look out for work to give up
}

// An outcome is what a contest measured.
type outcome struct {
	contest *contest
	runs    []int    // of a measurement; the limit's is first
	seconds []series // of a run; the limit's are first
	values  []map[string]float64
	memory  []int64 // of each side, beyond its inputs; 0 where xent does not tell
	idle    float64 // the greatest part of a core that the other sides took during a measurement
}

// run checks that all sides compute the same, and measures them in turn.
func (c *contest) run(ctx context.Context, p pace) (*outcome, error) {
	o := &outcome{contest: c}
	if err := c.compare(ctx, o); err != nil {
		return nil, err
	}
	all := append([]side{c.limit}, c.sides...)
	o.runs, o.seconds = make([]int, len(all)), make([]series, len(all))
	for i, s := range all {
		n, err := s.enough(ctx, p.lasting)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.title, err)
		}
		o.runs[i] = n
	}
	for range p.rounds {
		for i := range all {
			seconds, idle, err := measure(ctx, all, i, o.runs[i], p.settle)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.title, err)
			}
			o.seconds[i] = append(o.seconds[i], seconds/float64(o.runs[i]))
			o.idle = max(o.idle, idle/seconds)
		}
	}
	return o, c.remember(o)
}

// remember notes the memory of all sides where xent tells its own.
func (c *contest) remember(o *outcome) error {
	o.memory = make([]int64, len(c.sides))
	for i, s := range c.sides {
		o.memory[i] = s.memory
		if c.sides[0].memory == 0 || s.process == nil {
			continue
		}
		r, err := s.process.request("memory")
		if err != nil {
			return err
		}
		o.memory[i] = r.Peak - s.process.ready.Peak
	}
	return nil
}

// compare checks the values of all sides against the first's.
func (c *contest) compare(ctx context.Context, o *outcome) error {
	for _, s := range c.sides {
		if err := ctx.Err(); err != nil {
			return err
		}
		var values map[string]float64
		if s.check != nil {
			var err error
			if values, err = s.check(); err != nil {
				return fmt.Errorf("%s: %w", c.title, err)
			}
		}
		o.values = append(o.values, values)
		within := tolerance
		if s.tolerance > 0 {
			within = s.tolerance
		}
		for name, want := range o.values[0] {
			got, ok := values[name]
			if ok && !(math.Abs(got-want) <= within*math.Abs(want)) {
				return fmt.Errorf("%s: %s of %s is %v, xent's %v: they do not compute the same", c.title, name, s.name, got, want)
			}
		}
	}
	return nil
}

// enough warms a side up, and returns how many runs last.
func (s *side) enough(ctx context.Context, lasting float64) (int, error) {
	for runs := 1; ; runs *= 2 {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		seconds, err := s.time(runs)
		if err != nil || seconds >= lasting {
			return runs, err
		}
	}
}

// measure times one side while the others are idle, and returns how long they computed
// all the same.
func measure(ctx context.Context, all []side, which, runs int, settle time.Duration) (seconds, idle float64, err error) {
	select {
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	case <-time.After(settle):
	}
	before := others(all, which)
	seconds, err = all[which].time(runs)
	return seconds, others(all, which) - before, err
}

// others is how many seconds the processes have computed in which a side does not run;
// 0 where that is not known.
func others(all []side, which int) (seconds float64) {
	at := all[which].process
	seen := []*process{at}
	for _, s := range all {
		if slices.Contains(seen, s.process) {
			continue
		}
		seen = append(seen, s.process)
		t, _ := cpuTime(s.process)
		seconds += t.Seconds()
	}
	return seconds
}
