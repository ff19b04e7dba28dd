package train

import (
	"cmp"
	"context"
	"errors"
	"math"
	"os"
	"testing"
	"time"
)

// TestFillsTheTime: what steps, evaluations and saves take together is the time there
// is, whoever chose their intervals.
func TestFillsTheTime(t *testing.T) {
	o := options(t, 1)
	r, err := prepare(t.Context(), &o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.data.close()
	const step, eval = 10 * time.Millisecond, 300 * time.Millisecond
	final := eval.Seconds() * float64(r.data.info.MeasuredBytes) / float64(r.data.info.EvaluatedBytes)
	save := saveTime(r.plan.Spec).Seconds()
	for _, o := range []Options{{}, {EvalEvery: 5}, {CheckpointEvery: 1}, {EvalEvery: 7, CheckpointEvery: 2}} {
		_, evaluations := r.fill(&o, time.Now().Add(10*time.Minute), step, eval)
		steps := float64(r.plan.Steps)
		often := func(every int) float64 {
			if every == 0 {
				return float64(evaluations)
			}
			return steps / float64(every)
		}
		took := steps*step.Seconds() + final + often(o.EvalEvery)*eval.Seconds() + often(cmp.Or(o.CheckpointEvery, o.EvalEvery))*save
		if !(math.Abs(took-600) <= 3) {
			t.Errorf("every %d and %d: %v steps, %d evaluations take %.1f s of 600", o.EvalEvery, o.CheckpointEvery, steps, evaluations, took)
		}
	}
}

// TestStoppedEarly: wherever a run is stopped before its folder is made, nothing
// is left.
func TestStoppedEarly(t *testing.T) {
	text := proseFile(t, 50000)
	for at := 0; ; at += 1 + at/6 {
		o := options(t, 50)
		o.Paths = []string{text}
		begun := false
		o.Progress = func(e Event) {
			if _, ok := e.(*Begun); ok {
				begun = true
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		_, err := Run(stepping(ctx, cancel, at), o)
		cancel()
		if begun {
			if at < 5 {
				t.Errorf("the context was asked %d times before the run began", at)
			}
			return
		}
		if _, left := os.Lstat(o.Out); left == nil || !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v, %v", at, err, left)
		}
	}
}
