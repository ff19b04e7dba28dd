package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"xent/internal/durable"
	"xent/internal/gemm"
	"xent/model"
	"xent/tokenizer"
)

// Resume continues the run of the folder dir from its checkpoint, with the
// options it was started with; of o, Stdin, Workers and Progress are used. The
// corpus is read again and must be what it was. A finished run is not an error:
// the report says AlreadyDone, and holds no measurements. Errors are those of
// Run.
func Resume(ctx context.Context, dir string, o Options) (*Report, error) {
	began := time.Now()
	c, err := readCheckpoint(dir)
	if err != nil {
		return nil, err
	}
	if r := (&run{out: dir, plan: c.plan, progress: c.progress, data: &dataset{}}); r.done() {
		return r.summary(began, true), nil
	}
	if len(c.progress.Curve) > 0 { // rather now than when the best model is measured
		if _, err := model.Open(dir); err != nil {
			return nil, err
		}
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	for _, path := range []string{dir, checkpointPath(dir), filepath.Join(dir, "model.safetensors")} {
		durable.Sweep(path) // what stays does no harm
	}
	return resume(ctx, dir, &o, began)
}

// resume is Resume of a folder that is locked. It reads the checkpoint anew:
// whoever held the lock until now may have gone on.
func resume(ctx context.Context, dir string, o *Options, began time.Time) (*Report, error) {
	c, err := readCheckpoint(dir)
	if err != nil {
		return nil, err
	}
	d, err := reload(ctx, dir, c, o)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if err := c.plan.fits(d, dir, true); err != nil {
		return nil, err
	}
	r, err := newRun(dir, c.plan, d, o)
	if err != nil {
		return nil, err
	}
	expected, err := r.reenter(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", checkpointPath(dir), err)
	}
	if c.plan.Backend != gemm.Backend() || c.plan.Go != runtime.Version() {
		r.emit(&Resumed{gemm.Backend(), c.plan.Backend, runtime.Version(), c.plan.Go})
	}
	c.weights, c.m1, c.m2 = nil, nil, nil
	r.begin(expected)
	if err := r.loop(ctx); err != nil {
		return nil, err
	}
	return r.finish(ctx, began)
}

// reenter puts the run where a checkpoint was written, and returns the time
// that the rest is expected to take.
func (r *run) reenter(c *checkpoint) (time.Duration, error) {
	if err := r.restore(c); err != nil {
		return 0, err
	}
	expected := r.expected()
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
	ref := &c.plan.Corpus
	stdin := slices.ContainsFunc(ref.Paths, func(p pathRef) bool { return p.Path == "-" })
	d, err := load(ctx, *ref, o, 0, c.plan.Seed, tok, checkpointPath(dir))
	switch {
	case err != nil && stdin && ctx.Err() == nil:
		return nil, fmt.Errorf("the run in %s read standard input; give it the same text again: %w", dir, err)
	case err != nil:
		return nil, err
	}
	if err := ref.same(&d.ref, dir); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// same says what differs between the corpus that a run in dir began with and
// the one that is there now.
func (ref *corpusRef) same(now *corpusRef, dir string) error {
	if ref.Source && ref.Hash != now.Hash {
		return fmt.Errorf("the built-in stories are no longer those that the run in %s began with; resume it with the program that began it", dir)
	}
	for i, then := range ref.Paths {
		a, b := then.Content, now.Paths[i].Content
		if a == b {
			continue
		}
		name := then.Path
		if name == "-" {
			name = "standard input"
		}
		differs := fmt.Sprintf("it had %d documents of %d bytes and has %d of %d", a.Documents, a.Bytes, b.Documents, b.Bytes)
		if a.Documents == b.Documents && a.Bytes == b.Bytes {
			differs = fmt.Sprintf("still %d documents of %d bytes, but other ones", a.Documents, a.Bytes)
		}
		return fmt.Errorf("%s is not what the run in %s began with: %s; bring the old text back, or start a new model", name, dir, differs)
	}
	return nil
}
