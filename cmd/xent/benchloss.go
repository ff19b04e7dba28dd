package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"xent"
	"xent/internal/bench"
	"xent/internal/tensor"
)

// benchTypes are the types of logits.
var benchTypes = []struct {
	name  string
	size  int
	view  func(b []byte, n, v int) tensor.Matrix
	round func(float32) uint16 // nil for float32
}{
	{"f32", 4, func(b []byte, n, v int) tensor.Matrix { return tensor.Float32(bench.Floats(b), n, v) }, nil},
	{"bf16", 2, func(b []byte, n, v int) tensor.Matrix { return tensor.Half(tensor.BF16, bench.Halves(b), n, v) }, tensor.Float32ToBFloat16},
	{"f16", 2, func(b []byte, n, v int) tensor.Matrix { return tensor.Half(tensor.F16, bench.Halves(b), n, v) }, tensor.Float32ToHalf},
}

// losses measures the loss and its gradient for all types and numbers of classes.
func (m *benchRun) losses(ctx context.Context) error {
	if !m.call.wants("loss", "loss_gradient") {
		return nil
	}
	for i := range benchTypes {
		if m.call.wants("loss") {
			if err := m.cached(ctx, i); err != nil {
				return err
			}
		}
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
	fillLogits(kind, p.logits, p.n*v)
	p.z, p.g = xent.FromTensor(t.view(p.logits, p.n, v)), xent.FromTensor(t.view(p.room, p.n, v))
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
		if inPlace == nil {
			r.Read, r.Cached = finite(limit), m.rate[l.Workers()]
			if r.Cached < r.Read {
				limit = float64(r.Cached)
			}
		}
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

// cachedShort and cachedLong are the lengths of the rows that cached compares: whole
// blocks of classes, in float32 4 and 20 KB, which every first cache holds.
const cachedShort, cachedLong = 1024, 5120

// cached measures at what rate the loss goes through logits that lie in the first
// cache, on each number of threads: all rows are the same memory, and what a row costs
// besides is taken off by comparing rows of two lengths.
func (m *benchRun) cached(ctx context.Context, kind int) error {
	t := benchTypes[kind]
	m.memory.Reset()
	logits := m.memory.Take(cachedLong * t.size)
	fillLogits(kind, logits, cachedLong)
	m.rate = map[int]finite{}
	for _, l := range m.loops {
		m.view.status("loss in the first cache, %s, %s", t.name, count(l.Workers(), "thread"))
		var cases []bench.Case
		for _, v := range []int{cachedShort, cachedLong} {
			loss, err := xent.New(v, xent.Options{Workers: l.Workers()})
			if err != nil {
				return err
			}
			row := t.view(logits, 1, v)
			row.Rows, row.RowStride = m.size.rows, 0
			z, y := xent.FromTensor(row), xent.Targets{Index: make([]int32, m.size.rows)}
			cases = append(cases, bench.Case{Run: func() error { return loss.Forward(nil, z, y, nil) }})
		}
		times, err := bench.Alternate(ctx, m.size.repetitions, cases...)
		if err != nil {
			return err
		}
		bytes := float64(m.size.rows * (cachedLong - cachedShort) * t.size)
		m.rate[l.Workers()] = cachedRate(bytes, times[0].Median, times[1].Median)
	}
	return nil
}

// cachedRate is in GB/s: of so many bytes that the long rows have and the short ones
// do not. It is NaN where the clock cannot tell them apart.
func cachedRate(bytes, short, long float64) finite {
	if !(long > short) {
		return finite(math.NaN())
	}
	return finite(bytes / 1e9 / (long - short))
}

// fillPeriod is after how many numbers those of fillNormal repeat: a prime, so that
// rows differ.
const fillPeriod = 1<<20 + 7

// fillLogits fills b with n logits of a type.
func fillLogits(kind int, b []byte, n int) {
	round := benchTypes[kind].round
	if round == nil {
		fillNormal(bench.Floats(b)[:n], 3)
		return
	}
	sample := make([]float32, min(n, fillPeriod))
	halves := make([]uint16, len(sample))
	fillNormal(sample, 3)
	for i, x := range sample {
		halves[i] = round(x)
	}
	tile(bench.Halves(b)[:n], halves)
}

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
