package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"xent/entropy"
	"xent/internal/gemm"
	"xent/internal/memory"
	"xent/internal/tensor"
	"xent/lm"
	"xent/measure"
	"xent/model"
	"xent/tokenizer"
)

// A Report is what a run came to.
type Report struct {
	Out        string
	Spec       lm.Spec
	Steps      int
	BestStep   int
	Tokens     int64 // learnt from
	Curve      []Point
	Plan       json.RawMessage // all that decided the run, as in xent.json
	HeldOut    measure.Total   // of the best model, on the held-out part
	Corpus     Corpus
	Divergence *Divergence // for the source, whose probabilities are known
	Elapsed    time.Duration
	// AlreadyDone says that Resume found a finished run and learnt nothing.
	AlreadyDone bool
}

// A Divergence compares the best model with the truth, story by story:
//
//	cross-entropy = entropy + KL(truth ‖ model)
//
// KL is the mean of model nats − true nats over held-out stories; both sides
// see the same stories, so its error is small. A model below the floor beyond that
// error would have seen what it should not.
type Divergence struct {
	Stories      int
	CrossEntropy entropy.Nats // a story, mean over the held-out stories
	Entropy      entropy.Nats // a story, in closed form
	KL           entropy.Nats // a story
	StdErr       entropy.Nats // of KL
}

// BelowFloor reports whether the model needs fewer nats than the truth by more
// than four standard errors, which cannot be: it has seen what it is measured on.
func (d *Divergence) BelowFloor() bool { return d.KL < -4*d.StdErr }

// Run makes the folder o.Out and trains a model into it. When ctx ends it
// saves and returns an [*InterruptedError]. Other errors: [*OptionError],
// [*DivergedError], and those of reading and writing, which name the file.
func Run(ctx context.Context, o Options) (*Report, error) {
	began := o.Started
	if began.IsZero() {
		began = time.Now()
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Out = filepath.Clean(o.Out)
	if err := mayCreate(o.Out); err != nil {
		return nil, err
	}
	if o.Minutes == 0 && o.Steps == 0 && o.MaxTokens == 0 {
		o.Minutes = DefaultMinutes
	}
	size := o.size()
	shape, z, batchTokens := o.resolve(size)
	ref := corpusRef{Source: len(o.Paths) == 0, TextField: o.TextField}
	for _, path := range o.Paths {
		ref.Paths = append(ref.Paths, absolute(path))
	}
	d, err := load(ctx, ref, &o, shape.Vocab, o.Seed, nil)
	if err != nil {
		return nil, err
	}
	p := newPlan(&o, size, d, shape, z, batchTokens)
	if err := p.Spec.Validate(); err != nil {
		return nil, err
	}
	if err := p.fits(d); err != nil {
		return nil, err
	}
	r, err := newRun(o.Out, p, d, &o)
	if err != nil {
		return nil, err
	}
	expected, err := r.budget(ctx, &o, began)
	if err != nil {
		return nil, err
	}
	if err := r.create(); err != nil {
		return nil, err
	}
	r.begin(expected)
	if err := r.loop(ctx); err != nil {
		return nil, err
	}
	return r.finish(ctx, began)
}

// Resume continues the run of the folder dir from its checkpoint, with the
// options it was started with; of o, Stdin, Workers and Progress are used. The
// corpus is read again and must be what it was. A finished run is not an error:
// the report says AlreadyDone, and holds no measurements.
func Resume(ctx context.Context, dir string, o Options) (*Report, error) {
	began := time.Now()
	c, err := readCheckpoint(dir)
	if err != nil {
		return nil, err
	}
	d := &dataset{}
	r := &run{out: dir, plan: c.plan, progress: c.progress, data: d}
	if r.done() {
		return r.summary(began, true), nil
	}
	if d, err = reload(ctx, dir, c, &o); err != nil {
		return nil, err
	}
	if r, err = newRun(dir, c.plan, d, &o); err != nil {
		return nil, err
	}
	if err := r.restore(c); err != nil {
		return nil, fmt.Errorf("%s: %w", checkpointPath(dir), err)
	}
	if c.plan.Backend != gemm.Backend() || c.plan.Go != runtime.Version() {
		r.emit(&Resumed{gemm.Backend(), c.plan.Backend, runtime.Version(), c.plan.Go})
	}
	c.weights, c.m1, c.m2 = nil, nil, nil
	r.begin(0)
	if err := r.loop(ctx); err != nil {
		return nil, err
	}
	return r.finish(ctx, began)
}

// reload reads a checkpoint's tokenizer and corpus again, which must be the
// same.
func reload(ctx context.Context, dir string, c *checkpoint, o *Options) (*dataset, error) {
	path := filepath.Join(dir, "tokenizer.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != c.plan.Tokenizer {
		return nil, fmt.Errorf("%s is not the tokenizer that the run in %s began with; bring that one back", path, dir)
	}
	tok, err := tokenizer.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d, err := load(ctx, c.plan.Corpus, o, 0, c.plan.Seed, tok)
	stdin := slices.Contains(c.plan.Corpus.Paths, "-")
	switch {
	case err != nil && stdin:
		return nil, fmt.Errorf("the run in %s read standard input; give it the same text again: %w", dir, err)
	case err != nil:
		return nil, err
	case d.ref.Hash == c.plan.Corpus.Hash:
		return d, nil
	case d.ref.Source:
		return nil, fmt.Errorf("the built-in stories are no longer those that the run in %s began with; resume it with the program that began it", dir)
	case stdin:
		return nil, fmt.Errorf("the run in %s read another text from standard input; give it the same one again", dir)
	}
	return nil, fmt.Errorf("the corpus %q is not what the run in %s began with; bring the old files back, or start a new model", d.ref.Paths, dir)
}

// mayCreate makes sure that nothing stands at out and that its parent exists,
// before anything costs time.
func mayCreate(out string) error {
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("%s exists already: give another folder, or resume the run in it", out)
	}
	parent := filepath.Dir(out)
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		return fmt.Errorf("%s cannot be made: %s is not a folder", out, parent)
	}
	trial, err := os.MkdirTemp(parent, ".xent-trial-")
	if err != nil {
		return fmt.Errorf("%s cannot be made: nothing can be written in %s", out, parent)
	}
	return os.Remove(trial)
}

// absolute makes a path that a later Resume finds from anywhere.
func absolute(path string) string {
	if path == "-" {
		return path
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

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
	p, evaluations := &r.plan, mostEvaluations
	switch {
	case o.Steps > 0:
		p.Steps = o.Steps
	case o.MaxTokens > 0:
		p.Steps = int((o.MaxTokens-1)/int64(p.BatchTokens)) + 1
	default:
		deadline := began.Add(time.Duration(o.Minutes * float64(time.Minute)))
		if expected, evaluations, err = r.calibrate(ctx, deadline); err != nil {
			return 0, err
		}
	}
	if expected == 0 {
		evaluations = r.affordable()
	}
	p.EvalEvery = or(o.EvalEvery, max(1, (p.Steps+evaluations-1)/evaluations))
	p.CheckpointEvery = or(o.CheckpointEvery, p.EvalEvery)
	return expected, nil
}

const mostEvaluations = 20

// affordable is how many evaluations take at most a quarter of the work of the
// steps, by counting tokens: one that is only scored costs a third of one that
// is learnt from, and windows overlap by half.
func (r *run) affordable() int {
	tokens := 0
	for _, doc := range r.data.evaluated {
		tokens += len(r.data.tok.Encode(nil, doc.Text))
	}
	evaluation := max(tokens*2/3, 1)
	return min(max(r.plan.Steps*r.plan.BatchTokens/4/evaluation, 2), mostEvaluations)
}

// calibrate times steps and an evaluation, undoes them, and fits the number of
// steps into the time until the deadline.
func (r *run) calibrate(ctx context.Context, deadline time.Time) (time.Duration, int, error) {
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
	slices.Sort(steps)
	stepTime := steps[len(steps)/2] // the median: another program's burst is no measure
	r.restart()

	final := time.Duration(float64(evalTime) * float64(r.data.info.MeasuredBytes) / float64(r.data.info.EvaluatedBytes))
	left := time.Until(deadline) - final - time.Second/2 - 40*stepTime // for the last words
	evaluations := int(min(max(left/12/max(evalTime, 1), 4), mostEvaluations))
	left -= time.Duration(evaluations) * (evalTime + saveTime(r.plan.Spec))
	r.plan.Steps = int(max(left/stepTime, 10))
	return time.Until(deadline), evaluations, nil
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

// begin says what will be done.
func (r *run) begin(expected time.Duration) {
	p := &r.plan
	n := int64(p.Spec.Parameters())
	r.emit(&Begun{
		Out: r.out, Spec: p.Spec, Size: p.Size, Parameters: int(n), Corpus: r.data.info, Step: r.progress.Step, Steps: p.Steps,
		BatchTokens: p.BatchTokens, Memory: p.memory(r.data), Disk: 16 * n, Expected: expected, Backend: p.Backend,
	})
}

// finish measures the best model, as it lies on the disk, on the held-out
// part.
func (r *run) finish(ctx context.Context, began time.Time) (*Report, error) {
	best, err := model.Open(r.out)
	if err != nil {
		return nil, err
	}
	best.SetWorkers(r.workers)
	res, err := r.measure(ctx, best, r.data.final)
	if err != nil {
		return nil, err
	}
	report := r.summary(began, false)
	report.HeldOut, report.Divergence = res.Total, r.data.divergence(res)
	return report, nil
}

// summary is the report without measurements of the best model.
func (r *run) summary(began time.Time, already bool) *Report {
	g := &r.progress
	plan, err := json.Marshal(&r.plan)
	if err != nil {
		panic(err) // a plan was read or written as JSON before
	}
	return &Report{
		Out: r.out, Spec: r.plan.Spec, Steps: r.plan.Steps, BestStep: g.bestStep(), Tokens: g.Tokens, Curve: g.Curve, Plan: plan,
		Corpus: r.data.info, Elapsed: time.Since(began), AlreadyDone: already,
	}
}

// memory estimates the bytes a run needs: weights, gradients and two moments;
// what training and evaluation compute with; the tokens of the corpus; and as
// much again of what is collected as garbage now and then.
func (p *plan) memory(d *dataset) int64 {
	sum := int64(0)
	add := func(n int64) { // saturates
		if sum += n; sum < 0 || n < 0 {
			sum = math.MaxInt64
		}
	}
	n := int64(p.Spec.Parameters())
	if n > math.MaxInt64/32 {
		return math.MaxInt64
	}
	add(20 * n) // with a checkpoint on its way to the disk
	add(int64(p.Spec.RunnerBytes(max(p.MicroTokens, p.Spec.Context), true)))
	add(int64(p.Spec.RunnerBytes(max(evaluationTokens, p.Spec.Context), false)))
	add(int64(p.Spec.Vocab) * int64(p.MicroTokens) * 4)
	add(int64(d.info.Tokens)*4 + int64(d.info.Bytes) + 24<<20)
	return sum
}

// evaluationTokens is how many tokens package model computes at a time.
const evaluationTokens = 1024

// A MemoryError says that a run needs more memory than there is.
type MemoryError struct {
	Need, Free int64
	Limit      string // whose
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("this would take %d MB of memory, and %s leaves %d MB: choose a smaller model, context or batch", e.Need>>20, e.Limit, e.Free>>20)
}

// fits refuses what the memory cannot hold, before it is asked for.
func (p *plan) fits(d *dataset) error {
	if free, limit := memory.Available(); p.memory(d) > free {
		return &MemoryError{p.memory(d), free, limit}
	}
	return nil
}

// divergence compares what the model paid for each story with what it costs.
func (d *dataset) divergence(res measure.Result) *Divergence {
	if d.trueNats == nil {
		return nil
	}
	n := float64(len(d.trueNats))
	var cross, kl, squares float64
	for i, doc := range res.Documents {
		diff := float64(doc.Nats) - d.trueNats[i]
		cross += float64(doc.Nats) / n
		kl += diff / n
		squares += diff * diff / n
	}
	return &Divergence{
		Stories: len(d.trueNats), CrossEntropy: nats(cross), Entropy: nats(d.entropy), KL: nats(kl),
		StdErr: nats(math.Sqrt(max(squares-kl*kl, 0) / (n - 1))),
	}
}

func nats(x float64) entropy.Nats { return entropy.Nats(x) }
