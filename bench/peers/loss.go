package main

import (
	"context"

	"xent"
	"xent/internal/bench"
)

// losses runs the contests of the loss over logits and of its gradient, for one number
// of classes.
func (b *benchmark) losses(ctx context.Context, v, threads int) error {
	l, err := newLogits(b.sizes.rows, v, threads)
	if err != nil {
		return err
	}
	defer l.memory.Free()
	n, bytes := l.n, 4*l.n*l.v
	torch, err := b.place.torch(ctx, threads, "loss.py", n, v)
	if b.missing(err) {
		return ctx.Err()
	}
	defer torch.stop()
	b.met(torch)
	if b.wants("loss") {
		c := contest{title: b.title(threads, "loss, %s × %s float32", thousands(n), thousands(v)), unit: "GB/s", work: float64(bytes) / 1e9,
			limit: mine("reading the logits", nil, func() error { l.loops.Read(l.z); return nil }), limited: float64(len(l.z)) / 1e9,
			sides: []side{l.forward(), theirs("torch.compile", torch, "forward_compile"), theirs("torch eager", torch, "forward_eager")}}
		if err := b.run(ctx, &c, b.rounds); err != nil {
			return err
		}
	}
	if !b.wants("gradient") {
		return nil
	}
	c := contest{title: b.title(threads, "loss and gradient, %s × %s float32", thousands(n), thousands(v)), unit: "GB/s", work: 2 * float64(bytes) / 1e9,
		limit: mine("copying past the caches", nil, func() error { l.loops.Stream(l.room, l.z); return nil }), limited: 2 * float64(len(l.z)) / 1e9,
		sides: []side{l.gradient("xent, in place", true), l.gradient("xent, to other memory", false),
			theirs("torch.compile, one function", torch, "gradient_one"),
			theirs("the same, in place", torch, "gradient_in_place"),
			theirs("torch.compile, F.cross_entropy", torch, "gradient_compile")}}
	return b.run(ctx, &c, b.rounds)
}

// logits are a batch, and as much memory beside it.
type logits struct {
	memory  *bench.Memory
	z, room []byte
	n, v    int
	y       xent.Targets
	loss    *xent.Loss
	loops   *bench.Loops
}

func newLogits(n, v, threads int) (*logits, error) {
	loss, err := xent.New(v, xent.Options{Workers: threads})
	if err != nil {
		return nil, err
	}
	memory, err := bench.NewMemory(2 * bench.Rounded(4*n*v))
	if err != nil {
		return nil, err
	}
	l := &logits{memory: memory, z: memory.Take(4 * n * v), room: memory.Take(4 * n * v), n: n, v: v,
		y: xent.Targets{Index: indices(2, n, v)}, loss: loss, loops: bench.NewLoops(threads)}
	numbers(bench.Floats(l.z), 1, 3)
	return l, nil
}

func (l *logits) matrix(b []byte) xent.Matrix { return xent.Float32(bench.Floats(b), l.n, l.v) }

func (l *logits) forward() side {
	run := func(t *xent.Total) error { return l.loss.Forward(t, l.matrix(l.z), l.y, nil) }
	s := mine("xent", nil, func() error { return run(nil) })
	s.check = func() (map[string]float64, error) {
		var t xent.Total
		err := run(&t)
		return map[string]float64{"loss": t.Result().Mean()}, err
	}
	return s
}

func (l *logits) gradient(name string, inPlace bool) side {
	z := l.matrix(l.z)
	var before func() error
	if inPlace {
		z = l.matrix(l.room)
		before = func() error { l.loops.Stream(l.room, l.z); return nil }
	}
	run := func(t *xent.Total) error { return l.loss.Gradient(t, z, l.y, nil, 1/float64(l.n), l.matrix(l.room)) }
	s := mine(name, before, func() error { return run(nil) })
	s.check = func() (map[string]float64, error) {
		if inPlace {
			before()
		}
		var t xent.Total
		err := run(&t)
		return map[string]float64{"loss": t.Result().Mean(), "gradient": absolute(bench.Floats(l.room)[:l.n*l.v])}, err
	}
	return s
}

// absolute is the sum of absolute values.
func absolute(x []float32) (sum float64) {
	for _, v := range x {
		sum += max(float64(v), -float64(v))
	}
	return sum
}
