package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xent"
	"xent/internal/source"
	"xent/lm"
	"xent/measure"
	"xent/model"
)

// small is a model that learns in seconds.
var small = Shape{Vocab: 700, Context: 128, Width: 64, Layers: 2, HeadDim: 32, Hidden: 160}

// fewStories keeps what is not under test short.
var fewStories = amounts{sampleStories: 300, sampleBytes: 1 << 20, evaluatedStories: 5, finalStories: 20, evaluatedBytes: 1000, finalBytes: 4000, storeBytes: 3000}

func options(t *testing.T, steps int) Options {
	return Options{amounts: fewStories, Out: filepath.Join(t.TempDir(), "model"), Steps: steps, Seed: 1, Shape: small, Size: "nano", BatchTokens: 256, EvalEvery: 4}
}

func mustRun(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// files returns what a run leaves behind and another must leave too.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, name := range []string{"model.safetensors", "state/checkpoint", "tokenizer.json", "config.json"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = b
	}
	return all
}

func sameFiles(t *testing.T, name string, got, want map[string][]byte) {
	t.Helper()
	for file := range want {
		if !bytes.Equal(got[file], want[file]) {
			t.Errorf("%s: %s differs", name, file)
		}
	}
}

// TestLearnsTheSource: from ln V down, well below what pairs of tokens reach,
// never below the floor; and the model uses order: shuffled words are harder.
func TestLearnsTheSource(t *testing.T) {
	o := options(t, 260)
	o.BatchTokens, o.EvalEvery = 512, 130
	o.amounts.sampleStories, o.amounts.finalStories = 3000, 200
	r := mustRun(t, o)
	first, last := r.Curve[0], r.Curve[len(r.Curve)-1]
	if lnV := math.Log(float64(r.Spec.Vocab)); !(math.Abs(first.HeldNats-lnV) <= 0.02*lnV) {
		t.Errorf("starts at %v nats, want ln V = %v within 2 %%", first.HeldNats, lnV)
	}
	if !(last.BitsPerByte < 0.6) {
		t.Errorf("ends at %v bits/byte", last.BitsPerByte)
	}
	d := r.Divergence
	if !(float64(d.KL) > -4*float64(d.StdErr)) || !(d.StdErr > 0) {
		t.Errorf("KL %v ± %v: below the floor", d.KL, d.StdErr)
	}
	bigram := r.Corpus.Baselines[len(r.Corpus.Baselines)-1]
	if !(r.HeldOut.BitsPerByte < bigram.BitsPerByte) {
		t.Errorf("%v bits/byte do not beat %s, %v", r.HeldOut.BitsPerByte, bigram.Name, bigram.BitsPerByte)
	}
	checkShuffled(t, r)
}

func checkShuffled(t *testing.T, r *Report) {
	t.Helper()
	m, err := model.Open(r.Out)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var plain, shuffled []measure.Document
	for i := range uint64(50) {
		text, _ := source.Stories().Story(99, i)
		words := strings.Fields(string(text))
		rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		plain = append(plain, measure.Document{Text: text})
		shuffled = append(shuffled, measure.Document{Text: []byte(strings.Join(words, " ") + "\n")})
	}
	bits := func(docs []measure.Document) float64 {
		bos, _ := m.BOS()
		res, err := measure.Evaluate(context.Background(), m, m.Tokenizer(), measure.All(docs...), measure.Default(m.Context(), &bos), measure.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return res.Total.BitsPerByte
	}
	if a, b := bits(plain), bits(shuffled); !(b >= a+0.3) {
		t.Errorf("shuffled words: %v bits/byte, the text itself %v", b, a)
	}
}

// TestSameBits: goroutines and micro-batches change no bit of what is saved.
func TestSameBits(t *testing.T) {
	o := options(t, 6)
	mustRun(t, o)
	want := files(t, o.Out)
	plan := want["state/checkpoint"]
	for _, c := range []struct{ workers, micro int }{{1, 0}, {3, 0}, {8, 0}} {
		p := options(t, 6)
		p.Workers, p.MicroTokens = c.workers, c.micro
		mustRun(t, p)
		sameFiles(t, fmt.Sprintf("%+v", c), files(t, p.Out), want)
	}
	for _, micro := range []int{1, 100, 200} { // the plan records it, so the weights alone are compared
		p := options(t, 6)
		p.MicroTokens = micro
		mustRun(t, p)
		got := files(t, p.Out)
		if !bytes.Equal(got["model.safetensors"], want["model.safetensors"]) {
			t.Errorf("micro-batches of %d tokens change the model", micro)
		}
		if bytes.Equal(got["state/checkpoint"], plan) {
			t.Errorf("micro-batches of %d tokens are not recorded", micro)
		}
	}
}

// prose makes a text with some structure.
func prose(n int) []byte {
	r := rand.New(rand.NewPCG(4, 4))
	words := strings.Fields("the a light ray glass prism red blue of in to and passes bends falls upon surface colour eye")
	var b []byte
	for len(b) < n {
		b = append(b, words[r.IntN(len(words))]...)
		b = append(b, " \n"[min(r.IntN(12), 1)^1])
	}
	return b
}

func TestWrongOptions(t *testing.T) {
	empty, tiny, there := filepath.Join(t.TempDir(), "e.txt"), filepath.Join(t.TempDir(), "t.txt"), t.TempDir()
	os.WriteFile(empty, nil, 0o666)
	os.WriteFile(tiny, []byte("tiny"), 0o666)
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Minutes = 1 }, "one budget only"},
		{func(o *Options) { o.Steps = -1 }, "Steps"},
		{func(o *Options) { o.Steps, o.Minutes = 0, math.NaN() }, "Minutes"},
		{func(o *Options) { o.Size = "huge" }, "nano, micro or small"},
		{func(o *Options) { o.Shape.Vocab = 10 }, "Vocab"},
		{func(o *Options) { o.Shape.Heads, o.Shape.KVHeads = 3, 2 }, "KVHeads"},
		{func(o *Options) { o.Optimizer = DefaultOptimizer(); o.Optimizer.Beta1 = 1 }, "Beta1"},
		{func(o *Options) { o.Optimizer = DefaultOptimizer(); o.Optimizer.Schedule = "steps" }, "wsd or cosine"},
		{func(o *Options) { o.EvalEvery = -1 }, "EvalEvery"},
		{func(o *Options) { o.Shape.Width = 1 << 20 }, "size small with its own"},
		{func(o *Options) { o.Shape.Context = 1 << 30 }, "size small with its own"},
		{func(o *Options) { o.Out = there }, "exists already"},
		{func(o *Options) { o.Out = filepath.Join(there, "no", "model") }, "is not a folder"},
		{func(o *Options) { o.Paths = []string{empty} }, "nothing to learn from"},
		{func(o *Options) { o.Paths = []string{tiny} }, "nothing can be held out"},
		{func(o *Options) { o.Paths = []string{filepath.Join(there, "missing.txt")} }, "missing.txt"},
	} {
		o := options(t, 2)
		c.change(&o)
		_, err := Run(context.Background(), o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line with %q", err, c.want)
		}
		if _, err := os.Lstat(o.Out); err == nil && o.Out != there {
			t.Errorf("%q left %s behind", c.want, o.Out)
		}
	}
}

func TestDivergenceStopsTheRun(t *testing.T) {
	o := options(t, 40)
	o.Optimizer = DefaultOptimizer()
	o.Optimizer.PeakRate, o.Optimizer.Warmup, o.Optimizer.WeightDecay = 1e30, 0, 0
	_, err := Run(context.Background(), o)
	var d *DivergedError
	if !errors.As(err, &d) {
		t.Fatalf("error %v, want a DivergedError", err)
	}
	if _, err := model.Open(o.Out); err != nil {
		t.Errorf("the best model is lost: %v", err)
	}
}

func TestOverfittingIsSaid(t *testing.T) {
	var events []Event
	r := &run{emit: func(e Event) { events = append(events, e) }}
	for i, held := range []float64{3, 2, 2.01, 2.015, 2.03, 2.1} {
		r.progress.Curve = append(r.progress.Curve, Point{Step: i * 10, TrainNats: 5 - float64(i), BitsPerByte: held})
		r.progress.Best = min(i, 1)
		r.warn()
	}
	if len(events) != 1 {
		t.Fatalf("%d warnings, want 1", len(events))
	}
	if w := events[0].(*Overfitting); w.Step != 40 || w.BestStep != 10 {
		t.Errorf("%+v", *w)
	}
}

// TestTimeBudget: minutes become a recorded number of steps, and the
// calibration leaves no trace: the same number of steps gives the same bytes.
func TestTimeBudget(t *testing.T) {
	o := options(t, 0)
	o.Minutes, o.EvalEvery = 0.02, 5
	r := mustRun(t, o)
	if r.Steps < 10 {
		t.Fatalf("%d steps", r.Steps)
	}
	p := options(t, r.Steps)
	p.EvalEvery = 5
	mustRun(t, p)
	sameFiles(t, "steps", files(t, p.Out), files(t, o.Out))
}

// TestZeroMeansZero: an option of 0 is not the default in disguise.
func TestZeroMeansZero(t *testing.T) {
	o := options(t, 1)
	o.Optimizer = DefaultOptimizer()
	o.Optimizer.WeightDecay = 0
	mustRun(t, o)
	if c, err := readCheckpoint(o.Out); err != nil || c.plan.Optimizer.WeightDecay != 0 || c.plan.Optimizer.Beta2 != 0.95 {
		t.Errorf("%v: %+v", err, c.plan.Optimizer)
	}
}

// TestExplodedLossStops: not only NaN, and not for a short document that
// surprises.
func TestExplodedLossStops(t *testing.T) {
	var f fuse
	for i, c := range []struct {
		nats, targets float64
		want          bool
	}{{20, 4, false}, {1, 500, false}, {2, 500, false}, {15, 40, false}, {9, 200, false}, {9, 2000, true}, {1, 9000, false}} {
		if got := f.exploded(xent.Result{Sum: c.nats * c.targets, Weight: c.targets}, 10); got != c.want {
			t.Errorf("step %d: %v nats for %v targets of 10 classes: want %v", i, c.nats, c.targets, c.want)
		}
	}
	r := &run{plan: plan{Spec: lm.Spec{Vocab: 10}}}
	if err := r.diverged(1); !strings.Contains(err.Error(), "nothing was kept") {
		t.Error(err)
	}
	o := options(t, 60)
	o.Optimizer = DefaultOptimizer()
	o.Optimizer.PeakRate, o.Optimizer.Warmup, o.Optimizer.WeightDecay = 30, 0, 0
	var d *DivergedError
	if _, err := Run(context.Background(), o); !errors.As(err, &d) || d.Step > 20 {
		t.Errorf("a rate of 30: %v", err)
	}
}
