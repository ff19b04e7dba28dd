package train

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"xent/internal/gemm"
	"xent/internal/tensor"
	"xent/lm"
)

// slowMachine is the rate of matrix products, in FLOP/s, below which a minute
// is better spent on the smallest model.
const slowMachine = 30e9

// size returns the index of the size asked for. Only a time budget may make it
// depend on the machine: a number of steps must give the same model anywhere.
func (o *Options) size() int {
	if o.Size != "" {
		return sizeIndex(o.Size)
	}
	if o.Minutes != 0 && productRate(o.Workers) < slowMachine {
		return sizeIndex("nano")
	}
	return sizeIndex("micro")
}

// productRate measures matrix products for a moment, in FLOP/s.
func productRate(workers int) float64 {
	const n = 256
	m := tensor.Float32(make([]float32, 3*n*n), 3*n, n)
	a, b, c := m.Slice(0, n), m.Slice(n, 2*n), m.Slice(2*n, 3*n)
	gemm.Mul(workers, c, a, b)
	start, done := time.Now(), 0
	for time.Since(start) < 40*time.Millisecond {
		gemm.Mul(workers, c, a, b)
		done++
	}
	return 2 * n * n * n * float64(done) / time.Since(start).Seconds()
}

// budget fixes the number of steps, of evaluations and of checkpoints, and
// returns the time that the rest of the run is expected to take.
func (r *run) budget(ctx context.Context, o *Options, began time.Time) (expected time.Duration, err error) {
	p, evaluations := &r.plan, 0
	switch {
	case o.Steps > 0:
		p.Steps = o.Steps
	case o.MaxTokens > 0:
		steps := (o.MaxTokens-1)/int64(p.BatchTokens) + 1
		if steps > math.MaxInt {
			return 0, &OptionError{"MaxTokens", o.MaxTokens, "fewer steps than a number holds here"}
		}
		p.Steps = int(steps)
	default:
		deadline := began.Add(time.Duration(o.Minutes * float64(time.Minute)))
		if expected, evaluations, err = r.calibrate(ctx, o, deadline); err != nil {
			return 0, err
		}
	}
	if evaluations == 0 {
		evaluations = r.affordable()
	}
	p.EvalEvery = cmp.Or(o.EvalEvery, (p.Steps-1)/evaluations+1)
	p.CheckpointEvery = cmp.Or(o.CheckpointEvery, p.EvalEvery)
	if expected == 0 {
		expected = r.expected(ctx)
		r.restart()
	}
	return expected, ctx.Err()
}

const mostEvaluations = 20

// evaluation is the work of one evaluation, counted in tokens that are learnt
// from: one that is only scored costs a third, and windows overlap by half.
func (r *run) evaluation() int {
	tokens := 0
	for _, doc := range r.data.evaluated {
		tokens += len(r.data.tok.Encode(nil, doc.Text))
	}
	return max(tokens*2/3, 1)
}

// affordable is how many evaluations take at most a quarter of the work of the
// steps.
func (r *run) affordable() int {
	work := float64(r.plan.Steps) * float64(r.plan.BatchTokens)
	return int(min(max(work/4/float64(r.evaluation()), 2), mostEvaluations))
}

// fewSteps are over before anybody could read how long they will take.
const fewSteps = 20

// expected times some steps, which the caller undoes, and returns the time that
// what is left of the run will take, or 0 where that is not known.
func (r *run) expected(ctx context.Context) time.Duration {
	p := &r.plan
	left := p.Steps - r.progress.Step
	if left <= fewSteps {
		return 0
	}
	var steps []time.Duration
	for timing := stopwatch(); len(steps) < 2 || len(steps) < 9 && timing() < 300*time.Millisecond; {
		timer := stopwatch()
		if ctx.Err() != nil || r.step() != nil { // it will be said when it happens in earnest
			return 0
		}
		steps = append(steps, timer())
	}
	step := median(steps[1:]) // the first one also sizes buffers
	evaluations := left/p.EvalEvery + 1
	perToken := step.Seconds() / float64(p.BatchTokens)
	final := float64(r.data.info.MeasuredBytes) / float64(r.data.info.EvaluatedBytes)
	work := float64(left)*float64(p.BatchTokens) + (float64(evaluations)+final)*float64(r.evaluation())
	saves := float64(left/p.CheckpointEvery+1) * saveTime(p.Spec).Seconds()
	return seconds(work*perToken + saves)
}

// seconds is a duration, at most a hundred years.
func seconds(x float64) time.Duration {
	return time.Duration(min(x, 100*365*24*3600) * float64(time.Second))
}

// calibrate times steps and an evaluation, undoes them, and fits the number of
// steps into the time until the deadline.
func (r *run) calibrate(ctx context.Context, o *Options, deadline time.Time) (time.Duration, int, error) {
	r.plan.Steps = 1 << 30 // only the learning rate asks, and its effect is undone
	evaluation := stopwatch()
	if _, err := r.measure(ctx, r.model, r.data.evaluated); err != nil {
		return 0, 0, err
	}
	evalTime := evaluation()
	if err := r.step(); err != nil { // the first one also sizes buffers
		return 0, 0, err
	}
	span := min(max(time.Until(deadline)/50, 200*time.Millisecond), 2*time.Second)
	var steps []time.Duration
	for stepping := stopwatch(); stepping() < span; {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		step := stopwatch()
		if err := r.step(); err != nil {
			return 0, 0, err
		}
		steps = append(steps, step())
	}
	stepTime := median(steps)
	r.restart()
	left, evaluations := r.fill(o, deadline, stepTime, evalTime)
	return left, evaluations, nil
}

// A model goes through a text a few times with profit, and then begins to learn it by
// heart. A little text is gone through in fewer steps than it takes to learn to write.
const (
	mostEpochs  = 8
	fewestSteps = 600
)

// worthwhile is the number of steps after which more would only be learnt by heart. The
// stories have no end.
func (r *run) worthwhile() int64 {
	if r.data.ref.Source {
		return math.MaxInt64
	}
	tokens := min(r.data.info.Tokens, math.MaxInt64/mostEpochs)
	return max(mostEpochs*tokens/int64(r.plan.BatchTokens), fewestSteps)
}

// fill plans as many steps as end at the deadline, or as are worthwhile where those are
// fewer, and returns the time until then and a number of evaluations for which there is room.
func (r *run) fill(o *Options, deadline time.Time, stepTime, evalTime time.Duration) (time.Duration, int) {
	final := time.Duration(float64(evalTime) * float64(r.data.info.MeasuredBytes) / float64(r.data.info.EvaluatedBytes))
	left := time.Until(deadline) - final - time.Second/2 - 40*stepTime // for the last words
	evaluations := int(min(max(left/12/max(evalTime, 1), 4), mostEvaluations))
	// What comes at intervals that are asked for belongs to the cost of a step; other
	// intervals will be made so that the number of times is a fixed one.
	save := saveTime(r.plan.Spec)
	for _, at := range []struct {
		every int
		cost  time.Duration
	}{{o.EvalEvery, evalTime}, {cmp.Or(o.CheckpointEvery, o.EvalEvery), save}} {
		if at.every > 0 {
			stepTime += at.cost / time.Duration(at.every)
		} else {
			left -= time.Duration(evaluations) * at.cost
		}
	}
	steps, takes := int64(max(left/stepTime, 10)), time.Until(deadline)
	if most := r.worthwhile(); steps > most {
		takes -= time.Duration(steps-most) * stepTime
		steps = most
	}
	r.plan.Steps = int(steps)
	return takes, evaluations
}

// median is the middle one: another program's burst is no measure.
func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// saveTime is a guess at what writing a checkpoint and the weights takes: 16
// bytes a parameter at 200 MB/s.
func saveTime(s lm.Spec) time.Duration {
	return time.Duration(s.Parameters()) * 16 * time.Second / 200e6
}

func stopwatch() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
