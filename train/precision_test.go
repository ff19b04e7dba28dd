package train

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"xent/lm"
)

// TestPrecision: a run in bfloat16 learns nearly what one in float32 does, says what it
// is, and is resumed as what it was, bit for bit.
func TestPrecision(t *testing.T) {
	o := options(t, 6)
	exact := mustRun(t, o)
	o.Out, o.Precision = filepath.Join(t.TempDir(), "bf16"), "bf16"
	rounded := mustRun(t, o)
	want := files(t, o.Out)
	a, b := exact.HeldOut.BitsPerByte, rounded.HeldOut.BitsPerByte
	if a == b || !(math.Abs(b-a) <= 0.01*a) {
		t.Errorf("%v bits a byte in bfloat16, %v in float32", b, a)
	}
	c, err := readCheckpoint(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if c.plan.precision() != lm.BFloat16 || c.plan.Backend != lm.BFloat16.Backend() {
		t.Errorf("the checkpoint is of %s by %s", c.plan.Precision, c.plan.Backend)
	}

	p := o
	p.Out = filepath.Join(t.TempDir(), "model")
	ctx, cancel := context.WithCancel(context.Background())
	p.Progress = func(e Event) {
		if pr, ok := e.(*Progress); ok && pr.Step == 3 {
			cancel()
		}
	}
	p.quickProgress = true
	var interrupted *InterruptedError
	if _, err := Run(ctx, p); !errors.As(err, &interrupted) {
		t.Fatalf("cut off: %v", err)
	}
	r, err := Resume(context.Background(), p.Out, Options{Workers: 2, amounts: fewStories})
	if err != nil || r.Elsewhere {
		t.Fatalf("resumed: %v", err)
	}
	sameFiles(t, "resumed", files(t, p.Out), want)
}

// TestPrecisionIsOfTheRun: it decides the weights, and in bfloat16 the tokens computed
// at a time do.
func TestPrecisionIsOfTheRun(t *testing.T) {
	p, _ := tinyPlan()
	ids := map[string]string{}
	for _, precision := range []string{"fp32", "bf16"} {
		for _, tokens := range []int{2, 8} {
			q := p
			q.Precision, q.MicroTokens = precision, tokens
			ids[q.id()] += precision
		}
	}
	if len(ids) != 3 {
		t.Errorf("%d identities, want one in float32 and two in bfloat16: %v", len(ids), ids)
	}
}
