package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"xent/internal/corpus"
	"xent/internal/durable"
	"xent/internal/gemm"
	"xent/model"
	"xent/tokenizer"
)

// Resume continues the run of the folder dir from its checkpoint, with the
// options it was started with; of o, Paths, Stdin, Workers and Progress are used.
// The corpus is read again, from o.Paths if there are any, else from where it
// was, and must be what it was. Of a finished run the best model is measured,
// and the report says AlreadyDone; where the corpus can no longer be had from where
// it was, the report says why in Unmeasured. Errors are those of Run, and
// [*MovedError].
func Resume(ctx context.Context, dir string, o Options) (*Report, error) {
	began := time.Now()
	unlock, unlocked := lock(dir)
	if busy := (*BusyError)(nil); errors.As(unlocked, &busy) {
		return nil, unlocked
	}
	if unlocked == nil {
		defer unlock()
		for _, path := range []string{dir, checkpointPath(dir), filepath.Join(dir, "model.safetensors")} {
			durable.Sweep(path) // what stays does no harm
		}
	}
	c, err := readCheckpoint(dir)
	if err != nil {
		return nil, err
	}
	if err := c.plan.described(dir); err != nil {
		return nil, err
	}
	best, ahead, err := c.plan.openBest(dir, &c.progress) // rather now than in the end
	if err != nil {
		return nil, err
	}
	if c.progress.done(&c.plan) { // nothing will be written: a folder that cannot be locked does
		return finished(ctx, dir, c, best, &o, began)
	}
	if unlocked != nil {
		return nil, unlocked
	}
	return resume(ctx, dir, c, ahead, &o, began)
}

// finished reports on a run that came to its end before. Its corpus may be gone
// by now: then nothing is measured. But where the caller says that it is, it must be.
func finished(ctx context.Context, dir string, c *checkpoint, best *model.Model, o *Options, began time.Time) (*Report, error) {
	r := &run{out: dir, plan: c.plan, progress: c.progress, data: &dataset{}, workers: o.Workers}
	var d *dataset
	var err error
	if now := c.corpus(o); now.stdin() && len(o.Paths) == 0 { // nobody thinks of giving it again
		err = &MovedError{dir, errors.New("it came from standard input")}
	} else {
		d, err = reload(ctx, dir, c, o)
	}
	if err != nil {
		switch {
		case ctx.Err() != nil:
			return nil, r.cutOff(ctx.Err())
		case len(o.Paths) > 0:
			return nil, err
		}
		report := r.summary(began)
		report.AlreadyDone, report.Unmeasured = true, err
		return report, nil
	}
	defer d.close()
	r.data = d
	report, err := r.finish(ctx, best, began)
	if err != nil {
		return nil, err
	}
	report.AlreadyDone = true
	return report, nil
}

// resume goes on in a folder that is locked from its checkpoint c, which the
// folder's weights are ahead of or not, as openBest says.
func resume(ctx context.Context, dir string, c *checkpoint, ahead int, o *Options, began time.Time) (*Report, error) {
	d, err := reload(ctx, dir, c, o)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if err := c.plan.fits(d, o.Workers, dir, &c.progress); err != nil {
		return nil, err
	}
	r, err := newRun(dir, c.plan, d, o)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.ahead = ahead
	if here := c.plan.precision().Backend(); !gemm.SameBits(c.plan.Backend, here) || c.plan.Go != runtime.Version() {
		c.progress.Elsewhere = true
	}
	if len(o.Paths) > 0 {
		there := d.ref.lasting()
		c.progress.Moved = filenames(there.names())
	}
	expected, err := r.reenter(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", checkpointPath(dir), err)
	}
	if c.progress.Elsewhere {
		r.emit(&Resumed{c.plan.precision().Backend(), c.plan.Backend, runtime.Version(), c.plan.Go})
	}
	c.weights, c.m1, c.m2 = nil, nil, nil
	r.begin(expected)
	return r.complete(ctx, began)
}

// reenter puts the run where a checkpoint was written, and returns the time
// that the rest is expected to take.
func (r *run) reenter(ctx context.Context, c *checkpoint) (time.Duration, error) {
	if err := r.restore(c); err != nil {
		return 0, err
	}
	expected := r.expected(ctx)
	return expected, r.restore(c)
}

// lock keeps other trainers out of a model folder. Readers need no lock.
func lock(dir string) (unlock func() error, err error) {
	unlock, err = durable.Lock(filepath.Join(dir, stateDir, lockName))
	var held *durable.LockedError
	if errors.As(err, &held) {
		err = &BusyError{dir, held.PID}
	}
	return unlock, err
}

// corpus is where the corpus is now.
func (c *checkpoint) corpus(o *Options) corpusRef {
	return c.plan.Corpus.at(c.progress.Moved...).at(filenames(o.Paths)...)
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
	now := c.corpus(o)
	d, err := load(ctx, now, o, 0, c.plan.Seed, tok, checkpointPath(dir))
	switch {
	case err != nil && now.stdin() && ctx.Err() == nil:
		return nil, fmt.Errorf("the run in %s read standard input; give it the same text again: %w", dir, err)
	case errors.Is(err, fs.ErrNotExist) && len(o.Paths) == 0:
		return nil, &MovedError{dir, err}
	case err != nil:
		return nil, err
	}
	if err := c.plan.Corpus.same(&d.ref, dir); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// same says what differs between the corpus that a run in dir began with and
// the one that is there now, in paths of the same number or not.
func (ref *corpusRef) same(now *corpusRef, dir string) error {
	if ref.Source && ref.Hash != now.Hash {
		return fmt.Errorf("the built-in stories are no longer those that the run in %s began with; resume it with the program that began it", dir)
	}
	if ref.content() == now.content() {
		return nil
	}
	a, b, where := ref.content(), now.content(), joined(now.names())
	if len(ref.Paths) == len(now.Paths) {
		for i, path := range now.Paths {
			if then := ref.Paths[i].Content; then != path.Content {
				a, b, where = then, path.Content, string(path.Path)
				break
			}
		}
	}
	if where == "-" {
		where = "standard input"
	}
	differs := fmt.Sprintf("it had %s and has %s", sized(a), sized(b))
	if a.Documents == b.Documents && a.Bytes == b.Bytes {
		differs = fmt.Sprintf("still %s, but other ones", sized(a))
	}
	return fmt.Errorf("%s is not what the run in %s began with: %s; bring the old text back, or start a new model", where, dir, differs)
}

// sized is the size of a content in words.
func sized(c corpus.Content) string {
	if c.Documents == 1 {
		return fmt.Sprintf("1 document of %d bytes", c.Bytes)
	}
	return fmt.Sprintf("%d documents of %d bytes", c.Documents, c.Bytes)
}
