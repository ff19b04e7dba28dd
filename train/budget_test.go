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

// TestEnough: time that a text is too short for is not spent, and the run says how long it
// will take.
func TestEnough(t *testing.T) {
	for bytes, want := range map[int]func(tokens int64) int64{
		50_000:  func(int64) int64 { return fewestSteps },
		600_000: func(tokens int64) int64 { return mostEpochs * tokens / 256 },
	} {
		o := options(t, 1)
		o.Paths, o.EvalEvery = []string{proseFile(t, bytes)}, 0
		r, err := prepare(t.Context(), &o)
		if err != nil {
			t.Fatal(err)
		}
		defer r.data.close()
		takes, _ := r.fill(&o, time.Now().Add(10*time.Hour), 10*time.Millisecond, time.Microsecond)
		steps := int64(r.plan.Steps)
		if steps != want(r.data.info.Tokens) {
			t.Errorf("%d bytes, %d tokens: %d steps", bytes, r.data.info.Tokens, steps)
		}
		if s := takes.Seconds() - float64(steps)*0.01; !(s >= 0 && s <= 5) {
			t.Errorf("%d steps of 10 ms are to take %v", steps, takes)
		}
		r.fill(&o, time.Now().Add(4*time.Second), 10*time.Millisecond, time.Microsecond)
		if r.plan.Steps >= 400 {
			t.Errorf("%d steps of 10 ms in 4 s", r.plan.Steps)
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
