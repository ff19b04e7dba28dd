package train

import (
	"xent"
	"xent/internal/memory"
	"xent/lm"
)

// A Stepper takes the steps that a run consists of, on batches that it is given: a way
// to measure what a step costs.
type Stepper struct {
	workers int
	memory  memory.Arena
	arena   *lm.Arena
	grads   *lm.Gradients
	opt     *optimizer
	runner  *lm.Runner
	steps   int
}

// NewStepper returns a model of shape s at its start, and its optimiser AdamW, for
// batches of at most maxTokens tokens, on so many goroutines (GOMAXPROCS when not
// positive), in a precision. Close it when it is no longer needed.
func NewStepper(s lm.Spec, maxTokens, workers int, p lm.Precision) (*Stepper, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	t := &Stepper{workers: workers}
	in := t.memory.Floats
	t.arena, t.grads = lm.NewArenaIn(in, s), lm.NewGradientsIn(in, s)
	t.arena.Init(1)
	t.opt = newOptimizer(AdamW(), workers, in, t.arena, t.grads)
	var err error
	t.runner, err = lm.NewRunnerWith(t.arena.Weights(), maxTokens, lm.Options{Workers: workers, Precision: p, Memory: in})
	if err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Close gives the Stepper's memory back. It takes no more steps.
func (t *Stepper) Close() { t.memory.Free() }

// Step learns from one batch at learning rate rate: loss and gradient of its mean,
// the gradient's norm, clipping and the update of all weights. It returns the mean
// loss in nats before the update. Errors are those of lm.Runner.Gradient.
func (t *Stepper) Step(b lm.Batch, rate float64) (float64, error) {
	weight := 0.0
	for _, y := range b.Targets {
		if y != xent.Ignore {
			weight++
		}
	}
	var total xent.Total
	t.grads.Zero(t.workers)
	if err := t.runner.Gradient(&total, b, 1/max(weight, 1), t.grads); err != nil {
		return 0, err
	}
	t.grads.Fold(t.workers)
	t.steps++
	t.opt.step(t.steps, rate)
	return total.Result().Mean(), nil
}

// StepperBytes is how much memory a Stepper holds, but for the linear loss's workspace
// and attention's scratch.
func StepperBytes(s lm.Spec, maxTokens int) int64 {
	bytes := 4 * 4 * int64(s.Parameters()) // weights, their gradient, two moments
	if s.Tied {
		bytes += 4 * int64(s.Vocab) * int64(s.Width) // the head's gradient, apart
	}
	return bytes + int64(s.RunnerBytes(maxTokens, true))
}
