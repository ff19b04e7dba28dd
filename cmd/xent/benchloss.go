package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"xent"
	"xent/internal/bench"
	"xent/internal/tensor"
)

// benchTypes are the types of logits.
var benchTypes = []struct {
	name   string
	size   int
	matrix func(b []byte, n, v int) xent.Matrix
	round  func(float32) uint16 // nil for float32
}{
	{"f32", 4, func(b []byte, n, v int) xent.Matrix { return xent.Float32(bench.Floats(b), n, v) }, nil},
	{"bf16", 2, func(b []byte, n, v int) xent.Matrix { return xent.BFloat16(bench.Halves(b), n, v) }, tensor.Float32ToBFloat16},
	{"f16", 2, func(b []byte, n, v int) xent.Matrix { return xent.Float16(bench.Halves(b), n, v) }, tensor.Float32ToHalf},
}

// losses measures the loss and its gradient for all types and numbers of classes.
func (m *benchRun) losses(ctx context.Context) error {
	if !m.call.wants("loss", "loss_gradient") {
		return nil
	}
	for i := range benchTypes {
		for _, v := range m.size.classes {
			p := newBenchLoss(m, i, v)
			for _, l := range m.loops {
				m.view.status("loss, %s × %s, %s", thousands(v), p.name, count(l.Workers(), "thread"))
				if err := p.measure(ctx, m, l); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// A benchLoss is a batch of logits of one type, and as much memory beside it.
type benchLoss struct {
	name         string
	n, v, bytes  int
	logits, room []byte
	z, g         xent.Matrix // of logits and room
	targets      xent.Targets
}

func newBenchLoss(m *benchRun, kind, v int) *benchLoss {
	t := benchTypes[kind]
	p := &benchLoss{name: t.name, n: m.size.rows, v: v, bytes: m.size.rows * v * t.size}
	m.memory.Reset()
	p.logits, p.room = m.memory.Take(p.bytes), m.memory.Take(p.bytes)
	if t.round == nil {
		fillNormal(bench.Floats(p.logits), 3)
	} else {
		size := min(p.n*v, fillPeriod)
		sample, halves := make([]float32, size), make([]uint16, size)
		fillNormal(sample, 3)
		for i, x := range sample {
			halves[i] = t.round(x)
		}
		tile(bench.Halves(p.logits), halves)
	}
	p.z, p.g = t.matrix(p.logits, p.n, v), t.matrix(p.room, p.n, v)
	r := rand.New(rand.NewPCG(1, 2))
	for range p.n {
		p.targets.Index = append(p.targets.Index, r.Int32N(int32(v)))
	}
	return p
}

// measure takes the times of the loss in turn with those of reading the logits, and of
// the gradients in turn with copying them. The last copy puts the logits back where
// the gradient in place has overwritten them.
func (p *benchLoss) measure(ctx context.Context, m *benchRun, l *bench.Loops) error {
	loss, err := xent.New(p.v, xent.Options{Workers: l.Workers()})
	if err != nil {
		return err
	}
	var total xent.Total
	once := func(f func() error) bench.Case { return bench.Case{Run: f, Once: true} }
	forward := []bench.Case{
		once(func() error { l.Read(p.logits); return nil }),
		once(func() error { return loss.Forward(&total, p.z, p.targets, nil) }),
	}
	scale := 1 / float64(p.n)
	gradient := []bench.Case{
		once(func() error { l.Copy(p.room, p.logits); return nil }),
		once(func() error { return loss.Gradient(&total, p.z, p.targets, nil, scale, p.g) }),
		once(func() error { l.Stream(p.room, p.logits); return nil }),
		once(func() error { return loss.Gradient(&total, p.g, p.targets, nil, scale, p.g) }),
	}
	result := func(name string, passes float64, inPlace *bool, limit float64, t bench.Times) {
		r := lossResult{Name: name, Type: p.name, N: p.n, V: p.v, Threads: l.Workers(), InPlace: inPlace, benchTimes: timesOf(t)}
		r.Rate, r.Limit, r.Share = share(passes*float64(p.bytes)/1e9, t, limit)
		m.add(&r)
	}
	if m.call.wants("loss") {
		t, err := bench.Alternate(ctx, m.size.repetitions, forward...)
		if err != nil {
			return err
		}
		result("loss", 1, nil, t[0].Rate(float64(len(p.logits))/1e9).Median, t[1])
	}
	if m.call.wants("loss_gradient") {
		t, err := bench.Alternate(ctx, m.size.repetitions, gradient...)
		if err != nil {
			return err
		}
		copied := 2 * float64(len(p.logits)) / 1e9
		limit := max(t[0].Rate(copied).Median, t[2].Rate(copied).Median)
		result("loss_gradient", 2, new(true), limit, t[3])
		result("loss_gradient", 2, new(false), limit, t[1])
	}
	if r := total.Result(); r.NonFinite > 0 {
		return fmt.Errorf("the loss of %s × %s logits is not finite in %s: its times mean nothing", thousands(p.v), p.name, count(r.NonFinite, "row"))
	}
	return nil
}

// fillPeriod is after how many numbers those of fillNormal repeat: a prime, so that
// rows differ.
const fillPeriod = 1<<20 + 7

// fillNormal fills x with numbers like those of a normal distribution with standard
// deviation sd: timing zeros would flatter.
func fillNormal(x []float32, sd float64) {
	r := rand.New(rand.NewPCG(7, 8))
	first := x[:min(len(x), fillPeriod)]
	for i := range first {
		first[i] = float32(sd * r.NormFloat64())
	}
	tile(x[len(first):], first)
}

// tile fills dst with copies of pattern.
func tile[T any](dst, pattern []T) {
	for len(dst) > 0 {
		dst = dst[copy(dst, pattern):]
	}
}
