package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"xent/internal/gemm"
	"xent/tokenizer"
)

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
