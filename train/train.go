package train

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"xent/entropy"
	"xent/internal/durable"
	"xent/lm"
	"xent/measure"
	"xent/model"
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
	// Unmeasured says why a finished run's corpus, and with it HeldOut, Corpus
	// and Divergence, could not be had again; nil if they are there.
	Unmeasured error
	// Elsewhere says that parts of the run were computed where other bits are
	// computed, so that another run need not repeat every digit.
	Elsewhere bool
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

// Run makes the folder o.Out and trains a model into it. When ctx ends before
// the folder is made, nothing is left and the error is that of ctx; later it saves
// and returns an [*InterruptedError]. Other errors: [*OptionError],
// [*NeedError], [*BusyError], [*SaveError], [*DivergedError], and those of
// reading and writing, which name the file.
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
	durable.Sweep(o.Out) // what stays does no harm
	if o.Minutes == 0 && o.Steps == 0 && o.MaxTokens == 0 {
		o.Minutes = DefaultMinutes
	}
	r, err := prepare(ctx, &o)
	if err != nil {
		return nil, err
	}
	defer r.data.close()
	defer r.close()
	expected, err := r.budget(ctx, &o, began)
	if err != nil {
		return nil, err
	}
	if err := r.create(); err != nil {
		if _, missing := os.Stat(o.Out); missing == nil && !errors.Is(err, fs.ErrExist) {
			return nil, &SaveError{o.Out, err} // the folder is there, but may not be for long
		}
		return nil, err
	}
	unlock, err := lock(o.Out)
	if err != nil {
		return nil, err
	}
	defer unlock()
	r.begin(expected)
	return r.complete(ctx, began)
}

// prepare reads the corpus and makes a run that lacks only its number of steps.
func prepare(ctx context.Context, o *Options) (*run, error) {
	size := o.size()
	shape, z, batchTokens := o.resolve(size)
	if err := z.check(); err != nil { // with the size's rate
		return nil, err
	}
	// The vocabulary may turn out to be smaller, but no other fault will go away.
	if err := shape.spec(shape.Vocab, o.Tied).Validate(); err != nil {
		return nil, err
	}
	ref := corpusRef{Source: len(o.Paths) == 0, TextField: o.TextField, StdinLines: o.StdinLines}
	d, err := load(ctx, ref.at(filenames(o.Paths)...), o, shape.Vocab, o.Seed, nil, o.Out)
	if err != nil {
		return nil, err
	}
	p := newPlan(o, size, d, shape, z, batchTokens)
	if err = cmp.Or(d.enough(shape.Context), p.Spec.Validate()); err == nil {
		err = p.fits(d, o.Workers, filepath.Dir(o.Out), nil)
	}
	var r *run
	if err == nil {
		r, err = newRun(o.Out, p, d, o)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return r, nil
}

// mayCreate makes sure that nothing stands at out and that its parent exists,
// before anything costs time.
func mayCreate(out string) error {
	if _, err := os.Lstat(out); err == nil {
		return &existsError{out}
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

// An existsError is fs.ErrExist in a person's words.
type existsError struct{ out string }

func (e *existsError) Error() string {
	info, err := os.Stat(e.out)
	switch {
	case err != nil:
		return e.out + " exists already, as a link that leads nowhere: give the name of a folder to make"
	case !info.IsDir():
		return e.out + " exists already, as a file: give the name of a folder to make"
	}
	if _, err := os.Stat(checkpointPath(e.out)); err == nil {
		return e.out + " exists already: give another folder, or resume the run in it"
	}
	return e.out + " exists already: give the name of a folder to make"
}

func (e *existsError) Is(target error) bool { return target == fs.ErrExist }

// begin says what will be done.
func (r *run) begin(expected time.Duration) {
	p := &r.plan
	disk, _ := p.disk()
	r.emit(&Begun{
		Out: r.out, Spec: p.Spec, Size: p.Size, Parameters: p.Spec.Parameters(), Corpus: r.data.info, Step: r.progress.Step, Steps: p.Steps,
		BatchTokens: p.BatchTokens, Memory: p.memory(r.data, r.workers), Disk: disk + r.data.info.OnDisk, Expected: expected, Backend: p.Backend,
	})
}

// complete trains to the end and measures the best model as it lies on the
// disk.
func (r *run) complete(ctx context.Context, began time.Time) (*Report, error) {
	if err := r.loop(ctx); err != nil {
		return nil, err
	}
	best, _, err := r.plan.openBest(r.out, &r.progress)
	if err != nil {
		return nil, err
	}
	return r.finish(ctx, best, began)
}

// finish measures the best model on the held-out part.
func (r *run) finish(ctx context.Context, best *model.Model, began time.Time) (*Report, error) {
	best.SetWorkers(r.workers)
	res, err := r.measure(ctx, best, r.data.final)
	if err != nil {
		if ctx.Err() != nil {
			err = r.cutOff(ctx.Err())
		}
		return nil, err
	}
	report := r.summary(began)
	report.HeldOut, report.Divergence = res.Total, r.data.divergence(res)
	return report, nil
}

// summary is the report without measurements of the best model.
func (r *run) summary(began time.Time) *Report {
	g := &r.progress
	plan, err := json.Marshal(&r.plan)
	if err != nil {
		panic(err) // a plan was read or written as JSON before
	}
	return &Report{
		Out: r.out, Spec: r.plan.Spec, Steps: r.plan.Steps, BestStep: g.bestStep(), Tokens: g.Tokens, Curve: g.Curve, Plan: plan,
		Corpus: r.data.info, Elapsed: time.Since(began), Elsewhere: g.Elsewhere,
	}
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
