package main

import (
	"context"
	"math/rand/v2"

	"xent/internal/bench"
	"xent/internal/gemm"
	"xent/internal/tensor"
	"xent/lm"
	"xent/train"
)

// A benchRun measures one thing after the other, in memory that they share.
type benchRun struct {
	call   *benchCall
	size   *benchSize
	view   *screen
	memory *bench.Memory
	loops  []*bench.Loops // on one thread, and on all where that is more
	report *benchReport
	rate   map[int]finite // of the loss in the first cache, by threads, for the type at hand
}

// all are the loops on all threads.
func (m *benchRun) all() *bench.Loops { return m.loops[len(m.loops)-1] }

func (m *benchRun) add(result any) { m.report.Results = append(m.report.Results, result) }

// limits measures the machine.
func (m *benchRun) limits(ctx context.Context) error {
	m.view.status("limits of the machine")
	m.memory.Reset()
	dst, src := m.memory.Take(m.size.limits/2), m.memory.Take(m.size.limits/2)
	fillNormal(bench.Floats(src), 1)
	all, err := bench.MeasureLimits(ctx, m.size.runs, m.size.rounds, dst, src, m.loops...)
	if err != nil {
		return err
	}
	limits := func(z bench.Limits) benchLimits {
		out := benchLimits{Threads: z.Workers, Loops: m.all().Name(), HugePages: m.memory.Huge(), Bytes: len(src) + len(dst),
			Min: &benchRates{}, Max: &benchRates{}}
		out.benchRates.take(z, func(t bench.Times) float64 { return t.Median })
		out.Min.take(z, func(t bench.Times) float64 { return t.Min })
		out.Max.take(z, func(t bench.Times) float64 { return t.Max })
		return out
	}
	m.report.One, m.report.Limits = limits(all[0]), limits(all[len(all)-1])
	if !m.all().Streams() {
		m.report.Why = map[string]string{"nt_copy_gb_per_s": "no_such_loop"}
	}
	return nil
}

// multiplyAdd is the case of the limit of what computes.
func multiplyAdd(l *bench.Loops, flop *float64) bench.Case {
	return bench.Case{Run: func() error { *flop = l.MultiplyAdd(); return nil }}
}

// products measures matrix products in turn with multiplying and adding, and with
// reading the second matrix, which takes longer where the first has few rows.
func (m *benchRun) products(ctx context.Context) error {
	if !m.call.wants("matmul") {
		return nil
	}
	for _, p := range m.size.products {
		m.memory.Reset()
		x, y, z := m.memory.Take(4*p.m*p.k), m.memory.Take(4*p.k*p.n), m.memory.Take(4*p.m*p.n)
		fillNormal(bench.Floats(x), 1)
		fillNormal(bench.Floats(y), 1)
		a, b, c := tensor.Float32(bench.Floats(x), p.m, p.k), tensor.Float32(bench.Floats(y), p.k, p.n), tensor.Float32(bench.Floats(z), p.m, p.n)
		if p.transposed {
			b = tensor.Float32(bench.Floats(y), p.n, p.k).T()
		}
		for _, l := range m.loops {
			m.view.status("product %d × %d × %d, %s", p.m, p.n, p.k, count(l.Workers(), "thread"))
			r, err := m.product(ctx, l, p, y, func() { p.precision.Mul(l.Workers(), c, a, b) })
			if err != nil {
				return err
			}
			m.add(r)
		}
	}
	return nil
}

// product measures one product, whose second matrix is in memory.
func (m *benchRun) product(ctx context.Context, l *bench.Loops, p benchProduct, second []byte, run func()) (*matmulResult, error) {
	flop := 0.0
	compute, kind := multiplyAdd(l, &flop), "f32"
	if p.precision == gemm.BFloat16 {
		compute, kind = bench.Case{Run: func() error { flop = l.MultiplyAddPairs(); return nil }}, "bf16"
	}
	t, err := bench.Alternate(ctx, m.size.repetitions, compute,
		bench.Case{Run: func() error { l.Read(second); return nil }},
		bench.Case{Run: func() error { run(); return nil }})
	if err != nil {
		return nil, err
	}
	limit := min(t[0].Rate(flop/1e9).Median, t[1].Rate(p.flop()/1e9).Median)
	r := &matmulResult{Name: "matmul", Type: kind, M: p.m, N: p.n, K: p.k, Transposed: p.transposed, Threads: l.Workers(), benchTimes: timesOf(t[2])}
	r.Rate, r.Limit, r.Share = share(p.flop()/1e9, t[2], limit)
	return r, nil
}

// step measures a training step in turn with multiplying and adding, on each number
// of threads.
func (m *benchRun) step(ctx context.Context) error {
	if !m.call.wants("train_step") {
		return nil
	}
	if err := m.memory.Free(); err != nil { // nobody needs it any more
		return err
	}
	*m.memory = bench.Memory{}
	spec, tokens := m.size.model, m.size.tokens()
	var batch lm.Batch
	r := rand.New(rand.NewPCG(5, 6))
	for i := range tokens {
		batch.Tokens = append(batch.Tokens, r.Int32N(int32(spec.Vocab)))
		batch.Targets = append(batch.Targets, r.Int32N(int32(spec.Vocab)))
		if (i+1)%spec.Context == 0 {
			batch.Ends = append(batch.Ends, i+1)
		}
	}
	for _, p := range []lm.Precision{lm.Float32, lm.BFloat16} {
		for _, l := range m.loops {
			m.view.status("training step, %s parameters, %s, %s", thousands(spec.Parameters()), p, count(l.Workers(), "thread"))
			if err := m.stepOn(ctx, l, p, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

// stepOn measures it on so many threads. What the limit is depends on the work: the
// layers' products go at their own rate.
func (m *benchRun) stepOn(ctx context.Context, l *bench.Loops, p lm.Precision, batch lm.Batch) error {
	spec, tokens := m.size.model, len(batch.Tokens)
	s, err := train.NewStepper(spec, tokens, l.Workers(), p)
	if err != nil {
		return err
	}
	defer s.Close()
	single, double := 0.0, 0.0
	cases := []bench.Case{multiplyAdd(l, &single), multiplyAdd(l, &double), {Run: func() error {
		_, err := s.Step(batch, 1e-4)
		return err
	}}}
	kind := "f32"
	if p == lm.BFloat16 {
		kind = "bf16"
		cases[1].Run = func() error { double = l.MultiplyAddPairs(); return nil }
	}
	t, err := bench.Alternate(ctx, m.size.slow(), cases...)
	if err != nil {
		return err
	}
	layers, rest := stepFLOP(spec, tokens)
	all := layers + rest
	least := rest/t[0].Rate(single).Median + layers/t[1].Rate(double).Median
	out := stepResult{Name: "train_step", Type: kind, Parameters: spec.Parameters(), Tokens: tokens, Threads: l.Workers(), PerSecond: finite(float64(tokens) / t[2].Median), benchTimes: timesOf(t[2])}
	out.Rate, out.Limit, out.Share = share(all/1e9, t[2], all/1e9/least)
	m.add(&out)
	return nil
}

// share turns a time for so much work into a rate, and says what share of the limit
// that is.
func share(work float64, t bench.Times, limit float64) (rate, of, part finite) {
	rate = finite(t.Rate(work).Median)
	return rate, finite(limit), rate / finite(limit)
}
