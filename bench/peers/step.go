package main

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"

	"xent/internal/bench"
	"xent/lm"
	"xent/train"
)

// rough is how far the loss of another model at its start may be from ours: both are
// near that of guessing.
const rough = 0.02

// nearly is how far the loss of xent's model may be from xent's where products round
// their factors to bfloat16, which nobody does at quite the same places.
const nearly = 1e-3

// steps runs the contests of a training step, in float32 and with products of
// bfloat16.
func (b *benchmark) steps(ctx context.Context, threads int) error {
	for _, p := range []lm.Precision{lm.Float32, lm.BFloat16} {
		if err := b.step(ctx, threads, p); err != nil {
			return err
		}
	}
	return nil
}

func (b *benchmark) step(ctx context.Context, threads int, p lm.Precision) error {
	z := b.sizes
	s, free, err := z.trainer(threads, p)
	if err != nil {
		return err
	}
	defer free()
	if err := b.writeWeights(); err != nil {
		return err
	}
	loops := bench.NewLoops(threads)
	c := contest{title: b.title(threads, "training step, %s parameters, %s tokens", millions(z.model.Parameters()), thousands(z.tokens())), unit: "GFLOP/s",
		work: z.stepFLOP() / 1e9, limit: multiplyAdd(loops), limited: loops.MultiplyAdd() / 1e9, sides: []side{s}}
	if p == lm.BFloat16 {
		c.title = b.title(threads, "the same with products of bfloat16")
		c.limit = mine("multiplying and adding bfloat16", nil, func() error { loops.MultiplyAddPairs(); return nil })
		c.limited = loops.MultiplyAddPairs() / 1e9
	}
	defer b.addTrainers(ctx, &c, threads, p)()
	if len(c.sides) == 1 {
		return ctx.Err()
	}
	return b.run(ctx, &c, b.slow())
}

// trainer takes steps on one batch, until free is called.
func (z *sizes) trainer(threads int, p lm.Precision) (s side, free func(), err error) {
	stepper, err := train.NewStepper(z.model, z.tokens(), threads, p)
	if err != nil {
		return s, nil, err
	}
	batch := lm.Batch{Tokens: indices(1, z.tokens(), z.model.Vocab), Targets: indices(2, z.tokens(), z.model.Vocab)}
	for i := range z.sequences {
		batch.Ends = append(batch.Ends, (i+1)*z.model.Context)
	}
	step := func() (float64, error) { return stepper.Step(batch, 1e-4) }
	s = mine("xent", nil, func() error { _, err := step(); return err })
	s.check = func() (map[string]float64, error) {
		loss, err := step()
		return map[string]float64{"loss": loss}, err
	}
	return s, stepper.Close, nil
}

// addTrainers adds those who train models of that shape, and returns what stops them.
func (b *benchmark) addTrainers(ctx context.Context, c *contest, threads int, precision lm.Precision) (stop func()) {
	var peers []*process
	add := func(name string, within float64, p *process, err error) {
		if b.missing(err) {
			return
		}
		b.met(p)
		peers = append(peers, p)
		s := theirs(name, p, "step")
		s.tolerance = within
		c.sides = append(c.sides, s)
	}
	m, name, within := b.sizes.model, "fp32", tolerance
	if precision == lm.BFloat16 {
		name, within = "bf16", nearly
	}
	gpt, err := b.place.torch(ctx, threads, "step.py", "gpt", name, m.Layers, m.Heads, m.Width, m.Hidden, m.Vocab, m.Context, b.sizes.sequences, b.place.path("weights"))
	add("torch eager, a GPT", rough, gpt, err)
	llama, err := b.place.torch(ctx, threads, "step.py", "llama", name, m.Layers, m.Heads, m.Width, m.Hidden, m.Vocab, m.Context, b.sizes.sequences, b.place.path("weights"))
	add("torch eager, xent's model", within, llama, err)
	if precision == lm.Float32 {
		trainer, err := b.place.trainer(ctx, threads, m.Layers, m.Heads, m.Width, m.Vocab, m.Context, b.sizes.sequences)
		add("llm.c", rough, trainer, err)
	}
	return func() {
		for _, p := range peers {
			p.stop()
		}
	}
}

// writeWeights writes what the model of a Stepper starts from to where peers see it.
func (b *benchmark) writeWeights() error {
	arena := lm.NewArena(b.sizes.model)
	arena.Init(1)
	var bytes []byte
	for _, x := range arena.Data() {
		bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(x))
	}
	return os.WriteFile(filepath.Join(b.place.work, "weights"), bytes, 0o666)
}
