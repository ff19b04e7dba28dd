package xent_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"xent"
	"xent/internal/source"
	"xent/lm"
	"xent/measure"
	"xent/model"
	"xent/tokenizer"
	"xent/train"
)

// goroutinesOfTest is how many goroutines the calls below may use.
const goroutinesOfTest = 5

// leavesNothing runs f and fails if after a second there are more goroutines
// than before: those that par keeps for the next call end within a millisecond.
func leavesNothing(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		before := runtime.NumGoroutine()
		f(t)
		for deadline := time.Now().Add(time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
			}
		}
	})
}

// panics runs f and fails unless it panics with what the callbacks below give.
func panics(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if got := recover(); got != "callback" {
			t.Errorf("panic %v, want the callback's", got)
		}
	}()
	f()
}

// TestNoGoroutineOutlivesACall holds everything that computes on several
// goroutines, or reads with some, to leave none behind: after success, an error,
// a cancelled context and a panic of the caller's own code.
func TestNoGoroutineOutlivesACall(t *testing.T) {
	time.Sleep(10 * time.Millisecond) // an earlier test's end here, not where they would hide one
	leavesNothing(t, "loss", lossGoroutines)
	m := smallModel(t)
	leavesNothing(t, "runner", func(t *testing.T) { runnerGoroutines(t, m.Weights()) })
	leavesNothing(t, "model", func(t *testing.T) { modelGoroutines(t, m) })
	leavesNothing(t, "evaluation", func(t *testing.T) { evaluationGoroutines(t, m) })
	leavesNothing(t, "tokenizer", tokenizerGoroutines)
	leavesNothing(t, "training", trainingGoroutines)
}

func lossGoroutines(t *testing.T) {
	const n, v, d = 64, 2000, 16
	before := runtime.NumGoroutine()
	l, err := xent.New(v, xent.Options{Workers: goroutinesOfTest, Workspace: 8 * v * 4})
	if err != nil {
		t.Fatal(err)
	}
	y := xent.Targets{Index: make([]int32, n)}
	logits, grad := xent.Float32(make([]float32, n*v), n, v), xent.Float32(make([]float32, n*v), n, v)
	h := xent.Linear{Hidden: xent.Float32(make([]float32, n*d), n, d), Classifier: xent.Float32(make([]float32, v*d), v, d)}
	g := xent.LinearGrad{Hidden: xent.Float32(make([]float32, n*d), n, d), Classifier: xent.Float32(make([]float32, v*d), v, d)}
	var total xent.Total
	if err := errors.Join(l.Gradient(&total, logits, y, nil, 1, grad), l.LinearForward(&total, h, y, nil), l.LinearGradient(&total, h, y, nil, 1, g)); err != nil {
		t.Fatal(err)
	}
	started := false // where nothing is, nothing can be left behind
	for i := 0; i < 1000 && !started; i++ {
		if err := l.Forward(&total, logits, y, nil); err != nil {
			t.Fatal(err)
		}
		started = runtime.NumGoroutine() > before // it lingers for a moment
	}
	if !started {
		t.Error("no pass started a goroutine: this test shows nothing")
	}
	y.Index[0] = v
	if err := l.Gradient(&total, logits, y, nil, 1, grad); err == nil {
		t.Error("no error for a target outside of the vocabulary")
	}
}

// smallModel returns a model over bytes.
func smallModel(t *testing.T) *model.Model {
	t.Helper()
	tok := tokenizer.Bytes()
	a := lm.NewArena(lm.Spec{Vocab: tok.Vocab(), Context: 64, Width: 64, Layers: 2, Heads: 2, KVHeads: 1, HeadDim: 32, Hidden: 96,
		Tied: true, RopeTheta: 10000, NormEps: 1e-5})
	a.Init(1)
	dir := filepath.Join(t.TempDir(), "m")
	if err := model.Save(dir, a, tok); err != nil {
		t.Fatal(err)
	}
	m, err := model.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.SetWorkers(goroutinesOfTest)
	return m
}

func runnerGoroutines(t *testing.T, w *lm.Weights) {
	const n = 256
	s := w.Spec
	r, err := lm.NewRunner(w, n, goroutinesOfTest)
	if err != nil {
		t.Fatal(err)
	}
	b := lm.Batch{Tokens: make([]int32, n), Targets: make([]int32, n)}
	for end := s.Context; end <= n; end += s.Context {
		b.Ends = append(b.Ends, end)
	}
	var total xent.Total
	c := r.NewCache(s.Context)
	if err := errors.Join(r.Loss(&total, b, nil, nil), r.Gradient(&total, b, 1, lm.NewGradients(s)), r.Extend(c, b.Tokens[:s.Context], make([]float32, s.Vocab))); err != nil {
		t.Error(err)
	}
	b.Targets[n-1] = int32(s.Vocab)
	if err := r.Loss(&total, b, nil, nil); err == nil {
		t.Error("no error for a token outside of the vocabulary")
	}
}

func modelGoroutines(t *testing.T, m *model.Model) {
	windows := make([][]int32, 8)
	from := slices.Repeat([]int{1}, len(windows))
	for i := range windows {
		windows[i] = make([]int32, m.Context())
	}
	rows := &xent.Rows{NLL: make([]float64, len(windows)*(m.Context()-1))}
	if err := m.Score(t.Context(), windows, from, rows); err != nil {
		t.Error(err)
	}
	if _, _, err := m.Surprisal(t.Context(), []byte("She sells sea shells by the sea shore.")); err != nil {
		t.Error(err)
	}
	o := model.SampleOptions{Temperature: 1, Seed: 1, MaxTokens: 100}
	if err := m.Sample(t.Context(), []byte("She"), o, func([]byte) bool { return true }); err != nil {
		t.Error(err)
	}
	panics(t, func() { m.Sample(t.Context(), []byte("She"), o, func([]byte) bool { panic("callback") }) })
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := errors.Join(m.Score(stopped, windows, from, rows), m.Sample(stopped, nil, o, func([]byte) bool { return true })); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func evaluationGoroutines(t *testing.T, m *model.Model) {
	text := []byte(strings.Repeat("She sells sea shells by the sea shore. ", 60))
	bos, _ := m.BOS()
	evaluate := func(ctx context.Context, token func(measure.Token) error) error {
		docs := measure.All(measure.Document{Name: "a", Text: text}, measure.Document{Name: "b", Text: text[:99]})
		_, err := measure.Evaluate(ctx, m, m.Tokenizer(), docs, measure.Default(m.Context(), &bos), measure.Options{Token: token})
		return err
	}
	if err := evaluate(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if err := evaluate(t.Context(), func(measure.Token) error { return io.ErrShortWrite }); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("an error of the caller's: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := evaluate(ctx, func(measure.Token) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	panics(t, func() { evaluate(t.Context(), func(measure.Token) error { panic("callback") }) })
}

func tokenizerGoroutines(t *testing.T) {
	texts := slices.Repeat([][]byte{[]byte("She sells sea shells by the sea shore. "), stories(40)}, 50)
	tok, err := tokenizer.Train(slices.Values(texts), tokenizer.Options{Vocab: 400})
	if err != nil {
		t.Fatal(err)
	}
	tok.Encode(nil, bytes.Join(texts, nil))
	panics(t, func() {
		tokenizer.Train(func(yield func([]byte) bool) { yield(texts[1]); panic("callback") }, tokenizer.Options{Vocab: 400})
	})
}

// stories returns n stories as one text.
func stories(n uint64) (text []byte) {
	src := source.Stories()
	for i := range n {
		story, _ := src.Story(1, i)
		text = append(text, story...)
	}
	return text
}

// corpusFolder makes a folder of texts in every form that is read.
func corpusFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text := stories(60)
	var gz, zst bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write(text)
	w.Close()
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(text)
	z.Close()
	for name, content := range map[string][]byte{"a.txt": text, "b.txt.gz": gz.Bytes(), "c.txt.zst": zst.Bytes(), "d.jsonl": []byte(`{"text":"She sells sea shells."}` + "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func trainingGoroutines(t *testing.T) {
	corpus := corpusFolder(t)
	learn := func(ctx context.Context, progress func(train.Event)) (string, error) {
		o := train.Options{
			Out: filepath.Join(t.TempDir(), "m"), Paths: []string{corpus}, Size: "nano", Steps: 4, EvalEvery: 2, Workers: goroutinesOfTest, Progress: progress,
			Shape: train.Shape{Vocab: 300, Width: 32, Layers: 1},
		}
		_, err := train.Run(ctx, o)
		return o.Out, err
	}
	if _, err := learn(t.Context(), nil); err != nil {
		t.Error(err)
	}
	at := func(step int, f func()) func(train.Event) {
		return func(e train.Event) {
			if e, ok := e.(*train.Evaluated); ok && e.Step == step {
				f()
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	dir, err := learn(ctx, at(2, cancel))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := learn(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before the start: %v", err)
	}
	if _, err := train.Resume(t.Context(), dir, train.Options{Workers: goroutinesOfTest}); err != nil {
		t.Error(err)
	}
	panics(t, func() { learn(t.Context(), at(2, func() { panic("callback") })) })
	if err := os.WriteFile(filepath.Join(corpus, "c.txt.zst"), []byte("\x28\xb5\x2f\xfd no frame"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := learn(t.Context(), nil); err == nil {
		t.Error("no error for a damaged text")
	}
}
