package train

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"xent"
	"xent/internal/durable"
	"xent/internal/memory"
	"xent/lm"
	"xent/measure"
	"xent/model"
)

// A run is a training run in memory.
type run struct {
	out      string
	plan     plan
	progress progress
	data     *dataset
	workers  int
	emit     func(Event)

	memory  memory.Arena // of what follows: close gives it back
	arena   *lm.Arena
	grads   *lm.Gradients
	opt     *optimizer
	runner  *lm.Runner
	batches batcher
	model   *model.Model // over the arena, for evaluation
	ahead   int          // the step of an evaluation to come whose weights are in the folder already; else -1

	started       time.Time
	progressEvery time.Duration
	window        meter // since the last Progress event
	recent        fuse
}

// newRun allocates everything a plan needs.
func newRun(out string, p plan, d *dataset, o *Options) (*run, error) {
	emit := o.Progress
	if emit == nil {
		emit = func(Event) {}
	}
	r := &run{out: out, plan: p, data: d, workers: o.Workers, emit: emit, ahead: -1, started: time.Now()}
	if r.progressEvery = progressEvery; o.quickProgress {
		r.progressEvery = 0
	}
	in := r.memory.Floats
	r.arena, r.grads = lm.NewArenaIn(in, p.Spec), lm.NewGradientsIn(in, p.Spec)
	r.opt = newOptimizer(p.Optimizer, r.workers, in, r.arena, r.grads)
	w := r.arena.Weights()
	var err error
	r.runner, err = lm.NewRunnerWith(w, max(p.MicroTokens, p.Spec.Context), lm.Options{Workers: r.workers, Precision: p.precision(), Memory: in})
	if err == nil {
		r.model, err = model.New(out, w, d.tok)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	r.model.SetWorkers(r.workers)
	r.restart()
	return r, nil
}

// close gives the memory of the weights back, and of all that belongs to them.
func (r *run) close() { r.memory.Free() }

// restart puts the run before its first step.
func (r *run) restart() {
	r.arena.Init(r.plan.Seed)
	r.opt.reset()
	p := &r.plan
	split := p.newSplitter(r.data.tok, r.data.info.Tokens)
	r.batches = batcher{stream: r.data.stream(p.Spec.Context, p.Seed, split), bos: r.data.bos}
	r.progress = progress{}
}

// create makes the model folder, with a checkpoint of step 0.
func (r *run) create() error {
	return model.Create(r.out, r.plan.Spec, r.data.tok, func(dir string) error {
		about, err := json.MarshalIndent(struct {
			MadeBy     string `json:"made_by"`
			Parameters int    `json:"parameters"`
			Plan       *plan  `json:"plan"`
		}{"xent train", r.plan.Spec.Parameters(), &r.plan}, "", "  ")
		if err != nil {
			return err
		}
		err = durable.WriteFile(filepath.Join(dir, descriptionFile), func(w io.Writer) error {
			_, err := w.Write(append(about, '\n'))
			return err
		})
		if err != nil {
			return err
		}
		if err := os.Mkdir(filepath.Join(dir, stateDir), 0o777); err != nil {
			return err
		}
		return writeCheckpoint(dir, &r.plan, &r.progress, r.arena.Data(), r.opt.m, r.opt.v)
	})
}

// restore puts the run where a checkpoint was written.
func (r *run) restore(c *checkpoint) error {
	copy(r.arena.Data(), c.weights)
	copy(r.opt.m, c.m1)
	copy(r.opt.v, c.m2)
	r.progress = c.progress
	if err := r.batches.seek(c.progress.Cursor); err != nil {
		return fmt.Errorf("the checkpoint's place in the corpus, %+v: %w", c.progress.Cursor, err)
	}
	return nil
}

// evaluationDue reports whether the evaluation of the present step is missing:
// it belongs to multiples of EvalEvery and to the last step.
func (g *progress) evaluationDue(p *plan) bool {
	if n := len(g.Curve); n > 0 && g.Curve[n-1].Step == g.Step {
		return false
	}
	return g.Step%p.EvalEvery == 0 || g.Step == p.Steps
}

// done reports whether nothing is left to do.
func (g *progress) done(p *plan) bool { return g.Step == p.Steps && !g.evaluationDue(p) }

// loop runs what is left. It may be entered at any step, before or after that
// step's evaluation.
func (r *run) loop(ctx context.Context) error {
	r.window.reset()
	for dirty := false; ; dirty = true {
		if r.progress.evaluationDue(&r.plan) {
			evaluation := stopwatch()
			if err := r.evaluate(ctx); err != nil {
				return err
			}
			r.window.since = r.window.since.Add(evaluation()) // it is no training time
			dirty = true
		}
		step := r.progress.Step
		if dirty && step > 0 && (step%r.plan.CheckpointEvery == 0 || step == r.plan.Steps) {
			if err := r.save(); err != nil {
				return err
			}
		}
		if step == r.plan.Steps {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return r.interrupted(err)
		}
		if err := r.step(); err != nil {
			return err
		}
		if ctx.Err() == nil { // else whoever reads may be gone: first save
			r.report()
		}
	}
}

// step learns from one batch.
func (r *run) step() error {
	var total xent.Total
	loss, norm, err := r.learn(&total)
	if err != nil {
		return err
	}
	res, g := total.Result(), &r.progress
	if !(math.Abs(loss) <= math.MaxFloat64) || !(norm <= math.MaxFloat64) || r.recent.exploded(res, r.plan.Spec.Vocab) {
		return r.diverged(g.Step + 1)
	}
	g.Step++
	g.Cursor = r.batches.cursor()
	g.Tokens += int64(res.Count)
	g.TrainSum += res.Sum
	g.TrainRows += res.Weight
	r.window.add(res, norm)
	return nil
}

// A fuse remembers what the last targets cost, the older the less.
type fuse struct{ sum, targets float64 }

// exploded adds a step, and reports whether training text now costs far more than
// blind guessing does, ln V, which is on the way to NaN. A few targets prove
// nothing: a batch can be one short document that surprises.
func (f *fuse) exploded(step xent.Result, vocab int) bool {
	if f.targets >= explodedTargets {
		f.sum, f.targets = f.sum/2, f.targets/2
	}
	f.sum, f.targets = f.sum+step.Sum, f.targets+step.Weight
	return f.targets >= explodedTargets && f.sum/f.targets > math.Log(float64(vocab))+explodedNats
}

const (
	explodedTargets = 1000
	explodedNats    = 2 // above ln V
)

// learn computes loss and gradient of the next batch, in micro-batches that
// change no bit, and updates the weights.
func (r *run) learn(total *xent.Total) (loss, norm float64, err error) {
	p := &r.plan
	batch, err := r.batches.fill(p.BatchTokens)
	if err != nil {
		return 0, 0, err
	}
	scale := 1 / float64(len(batch.Targets)) // every target counts
	r.grads.Zero(r.workers)
	err = r.batches.cut(r.plan.MicroTokens, func(part lm.Batch) error { return r.runner.Gradient(total, part, scale, r.grads) })
	if err != nil {
		return 0, 0, err
	}
	r.grads.Fold(r.workers)
	norm = r.opt.step(r.progress.Step+1, p.Optimizer.rate(r.progress.Step, p.Steps))
	return total.Result().Mean(), norm, nil
}

// diverged is the error of that step.
func (r *run) diverged(step int) error {
	return &DivergedError{r.out, step, r.progress.bestStep(), r.plan.Optimizer.PeakRate}
}

func (g *progress) bestStep() int {
	if len(g.Curve) == 0 {
		return -1
	}
	return g.Curve[g.Best].Step
}

// evaluate measures the held-out part and keeps the weights if they are the
// best so far.
func (r *run) evaluate(ctx context.Context) error {
	res, err := r.measure(ctx, r.model, r.data.evaluated)
	if err != nil {
		if ctx.Err() != nil {
			return r.interrupted(ctx.Err())
		}
		return err
	}
	if n := float64(res.Total.NatsPerToken); math.IsNaN(n) || math.IsInf(n, 0) {
		return r.diverged(r.progress.Step)
	}
	g := &r.progress
	point := Point{Step: g.Step, Tokens: g.Tokens, HeldNats: float64(res.Total.NatsPerToken), BitsPerByte: res.Total.BitsPerByte}
	if g.TrainRows > 0 {
		point.TrainNats = g.TrainSum / g.TrainRows
	}
	g.TrainSum, g.TrainRows = 0, 0
	best := len(g.Curve) == 0 || point.BitsPerByte < g.Curve[g.Best].BitsPerByte ||
		g.Step == r.ahead // where bits differ from those that made it the best, the one before is lost all the same
	g.Curve = append(g.Curve, point)
	if best {
		g.Best = len(g.Curve) - 1
		meta := map[string]string{runKey: r.plan.id(), stepKey: fmt.Sprint(g.Step), bitsKey: fmt.Sprint(point.BitsPerByte)}
		if err := model.WriteWeights(r.out, r.arena, r.data.tok, meta); err != nil {
			return unsaved(r.out, err)
		}
	}
	r.emit(&Evaluated{Point: point, Steps: r.plan.Steps, Best: best, Excess: r.data.excess(res)})
	r.warn()
	return nil
}

// warn speaks up once when the held-out loss has risen by 1 % and stayed above
// the best for three evaluations while the training loss fell.
func (r *run) warn() {
	g := &r.progress
	n := len(g.Curve)
	if g.Warned || n-1-g.Best < 3 {
		return
	}
	last, best := g.Curve[n-1], g.Curve[g.Best]
	if last.BitsPerByte > 1.01*best.BitsPerByte && last.TrainNats < best.TrainNats {
		g.Warned = true
		r.emit(&Overfitting{Step: last.Step, BestStep: best.Step, Held: last.BitsPerByte, Best: best.BitsPerByte})
	}
}

func (r *run) measure(ctx context.Context, m *model.Model, docs []measure.Document) (measure.Result, error) {
	bos := r.data.bos
	return measure.Evaluate(ctx, m, m.Tokenizer(), measure.All(docs...), measure.Default(r.plan.Spec.Context, &bos), measure.Options{})
}

// save writes the checkpoint.
func (r *run) save() error {
	if err := writeCheckpoint(r.out, &r.plan, &r.progress, r.arena.Data(), r.opt.m, r.opt.v); err != nil {
		return unsaved(r.out, err)
	}
	r.emit(&Saved{r.progress.Step})
	return nil
}

// interrupted saves what there is; a run that has no evaluation yet has
// nothing that its first checkpoint lacks.
func (r *run) interrupted(cause error) error {
	if len(r.progress.Curve) > 0 {
		if err := r.save(); err != nil {
			return err // that the work is lost is the news
		}
	}
	return r.cutOff(cause)
}

func (r *run) cutOff(cause error) error {
	return &InterruptedError{r.out, r.progress.Step, r.plan.Steps, r.data.ref.stdin(), cause}
}

// newPlan fixes a run but for its number of steps.
func newPlan(o *Options, size int, d *dataset, shape Shape, z Optimizer, batchTokens int) plan {
	products, _ := precision(o.Precision)
	dropout := max(cmp.Or(o.BPEDropout, DefaultBPEDropout), 0)
	if d.ref.Source { // it does not come to an end
		dropout = 0
	}
	return plan{
		Version: stateVersion, Size: sizes[size].name, Spec: shape.spec(d.tok.Vocab(), o.Tied), Seed: o.Seed, BatchTokens: batchTokens,
		MicroTokens: min(cmp.Or(o.MicroTokens, batchTokens), batchTokens), Optimizer: z, BPEDropout: dropout, Corpus: d.ref.lasting(), Tokenizer: d.tokenizerHash(),
		Precision: products.String(), Backend: products.Backend(), Go: runtime.Version(),
	}
}
