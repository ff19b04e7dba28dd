package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xent/model"
)

// TestResume cuts a run off after each of its steps.
func TestResume(t *testing.T) {
	for name, paths := range map[string][]string{"stories": nil, "text": {proseFile(t, 20000)}, "short text": {proseFile(t, 1200)}} {
		o := options(t, 6)
		o.Paths, o.CheckpointEvery = paths, 100
		o.Shape.Vocab, o.Shape.Context = 300, 64
		mustRun(t, o)
		want, resumed := files(t, o.Out), 0
		for at := 0; ; at += 1 + at/2 {
			p := o
			p.Out = filepath.Join(t.TempDir(), "model")
			ctx, cancel := context.WithCancel(context.Background())
			left := stepping(ctx, cancel, math.MaxInt)
			p.Progress = func(e Event) {
				if _, ok := e.(*Begun); ok { // before that there is nothing to save
					left.left = at
				}
			}
			_, err := Run(left, p)
			cancel()
			if err == nil {
				break // the run asks its context less often
			}
			resumed++
			var interrupted *InterruptedError
			if !errors.As(err, &interrupted) || !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: cut off at step %d: %v", name, at, err)
			}
			r, err := Resume(context.Background(), p.Out, Options{Workers: 2, amounts: fewStories})
			if err != nil || r.AlreadyDone && interrupted.Step < o.Steps {
				t.Fatalf("%s: resumed at step %d: %v", name, at, err)
			}
			sameFiles(t, fmt.Sprintf("%s resumed at %d", name, at), files(t, p.Out), want)
		}
		if resumed < 4 {
			t.Errorf("%s: only %d runs were cut off", name, resumed)
		}
		r, err := Resume(context.Background(), o.Out, Options{amounts: fewStories})
		if err != nil || !r.AlreadyDone {
			t.Errorf("%s: a finished run resumed: %v %+v", name, err, r)
		}
		sameFiles(t, "finished run resumed", files(t, o.Out), want)
	}
}

// stepping is a context that ends after the loop has asked it so many times.
func stepping(ctx context.Context, cancel func(), steps int) *countdown {
	return &countdown{Context: ctx, cancel: cancel, left: steps}
}

type countdown struct {
	context.Context
	cancel func()
	left   int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		c.cancel()
	}
	return c.Context.Err()
}

// TestInterruptedEvaluation cuts a run off inside each of its evaluations,
// where the checkpoint has a step without its evaluation.
func TestInterruptedEvaluation(t *testing.T) {
	o := options(t, 8)
	mustRun(t, o)
	want := files(t, o.Out)
	for _, at := range []int{4, 8} {
		p := options(t, 8)
		ctx, cancel := context.WithCancel(context.Background())
		p.Progress = func(e Event) {
			if pr, ok := e.(*Progress); ok && pr.Step == at {
				cancel() // the step is over, its evaluation comes
			}
		}
		p.quickProgress = true
		_, err := Run(ctx, p)
		cancel()
		var interrupted *InterruptedError
		if !errors.As(err, &interrupted) || interrupted.Step != at {
			t.Fatalf("cut off at %d: %v", at, err)
		}
		if c, err := readCheckpoint(p.Out); err != nil || c.progress.Curve[len(c.progress.Curve)-1].Step == at {
			t.Fatalf("the evaluation of step %d was not cut off: %v", at, err)
		}
		r, err := Resume(context.Background(), p.Out, Options{amounts: fewStories})
		if err != nil || r.AlreadyDone {
			t.Fatalf("resumed at %d: %v", at, err)
		}
		sameFiles(t, fmt.Sprintf("cut off in the evaluation of step %d", at), files(t, p.Out), want)
	}
}

func TestResumeRefusesAnotherCorpus(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.txt")
	os.WriteFile(text, prose(8000), 0o666)
	o := options(t, 2)
	o.Paths = []string{text}
	mustRun(t, o)
	os.WriteFile(text, prose(9000), 0o666)
	c, err := readCheckpoint(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	c.progress.Step = 1 // so that something is left to do
	if err := writeCheckpoint(o.Out, &c.plan, &c.progress, c.weights, c.m1, c.m2); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(context.Background(), o.Out, Options{}); err == nil || !strings.Contains(err.Error(), "not what") || !strings.Contains(err.Error(), "it had 1 document of 8004 bytes and has 1 document of 9001 bytes") {
		t.Errorf("error %v", err)
	}
}

func TestDamagedCheckpoint(t *testing.T) {
	o := options(t, 1)
	mustRun(t, o)
	path := checkpointPath(o.Out)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 30 {
		damaged := slices.Clone(whole)
		if i%3 == 0 {
			damaged = damaged[:r.IntN(len(damaged))]
		} else {
			damaged[r.IntN(min(len(damaged), 1<<(uint(i)%3*10+8)))] ^= 1 << r.IntN(8)
		}
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readCheckpoint(o.Out); err == nil || !strings.Contains(err.Error(), "checkpoint") {
			t.Errorf("damage %d: error %v", i, err)
		}
	}
	if _, err := Resume(context.Background(), t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "no training state") {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestSenselessCheckpoint: a checkpoint whose checksum is right, but which no
// run can have written, is refused.
func TestSenselessCheckpoint(t *testing.T) {
	o := options(t, 3)
	mustRun(t, o)
	for name, change := range map[string]func(*plan, *progress){
		"eval every": func(p *plan, _ *progress) { p.EvalEvery = 0 },
		"batch":      func(p *plan, _ *progress) { p.BatchTokens = 0 },
		"huge batch": func(p *plan, g *progress) { g.Step, p.BatchTokens = 1, math.MaxInt },
		"context":    func(p *plan, g *progress) { g.Step, p.Spec.Context = 1, 1 },
		"micro":      func(p *plan, _ *progress) { p.MicroTokens = math.MaxInt },
		"best":       func(_ *plan, g *progress) { g.Best = 99 },
		"step":       func(_ *plan, g *progress) { g.Step = 99 },
		"no curve":   func(_ *plan, g *progress) { g.Curve = nil },
		"cursor":     func(_ *plan, g *progress) { g.Step, g.Cursor.Epoch = 1, 99 },
		"width":      func(p *plan, _ *progress) { p.Spec.Width++ },
		"clip":       func(p *plan, _ *progress) { p.Optimizer.Clip = 0 },
		"tokenizer":  func(p *plan, g *progress) { g.Step, p.Tokenizer = 1, "" },
		"version":    func(p *plan, _ *progress) { p.Version = 9 },
	} {
		c, err := readCheckpoint(o.Out)
		if err != nil {
			t.Fatal(err)
		}
		change(&c.plan, &c.progress)
		dir := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(dir, os.DirFS(o.Out)); err != nil {
			t.Fatal(err)
		}
		if err := writeCheckpoint(dir, &c.plan, &c.progress, c.weights, c.m1, c.m2); err != nil {
			t.Fatal(err)
		}
		if _, err := Resume(context.Background(), dir, Options{amounts: fewStories}); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestBusy: while one trains in a folder another cannot, and readers can.
func TestBusy(t *testing.T) {
	o := options(t, 8)
	o.Progress = func(e Event) {
		ev, ok := e.(*Evaluated)
		if !ok {
			return
		}
		_, err := Resume(context.Background(), o.Out, Options{amounts: fewStories})
		var busy *BusyError
		if !errors.As(err, &busy) || busy.Out != o.Out || strings.Contains(err.Error(), "\n") {
			t.Errorf("step %d: a second trainer: %v", ev.Step, err)
		}
		if _, err := model.Open(o.Out); err != nil {
			t.Errorf("step %d: a reader: %v", ev.Step, err)
		}
	}
	mustRun(t, o)
	if r, err := Resume(context.Background(), o.Out, Options{amounts: fewStories}); err != nil || !r.AlreadyDone {
		t.Errorf("afterwards: %v", err)
	}
}
