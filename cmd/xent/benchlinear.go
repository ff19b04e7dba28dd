package main

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"xent"
	"xent/internal/bench"
	"xent/internal/gemm"
	"xent/internal/tensor"
)

// workspace is what the linear loss is given for logits, its default.
const workspace = 64 << 20

// A benchHead is what the loss over hidden states × classifier takes and gives.
type benchHead struct {
	hidden, classifier, dHidden, dClassifier tensor.Matrix
	y                                        xent.Targets
	total                                    xent.Total
}

// benchHeadBytes is how much memory newBenchHead takes.
func benchHeadBytes(n, d, v int) int64 {
	return 2*rounded(4*int64(n)*int64(d)) + 2*rounded(4*int64(v)*int64(d))
}

func newBenchHead(memory *bench.Memory, n, d, v int) *benchHead {
	array := func(rows, cols int) tensor.Matrix {
		x := bench.Floats(memory.Take(4 * rows * cols))
		clear(x)
		return tensor.Float32(x, rows, cols)
	}
	h := &benchHead{hidden: array(n, d), classifier: array(v, d), dHidden: array(n, d), dClassifier: array(v, d)}
	fillNormal(h.hidden.Data(), 1)
	fillNormal(h.classifier.Data(), 0.02)
	r := rand.New(rand.NewPCG(3, 4))
	for range n {
		h.y.Index = append(h.y.Index, r.Int32N(int32(v)))
	}
	return h
}

// gradient computes the loss and both gradients.
func (h *benchHead) gradient(loss *xent.Loss) error {
	return loss.LinearGradient(&h.total, xent.Linear{Hidden: xent.FromTensor(h.hidden), Classifier: xent.FromTensor(h.classifier)}, h.y, nil,
		1/float64(h.hidden.Rows), xent.LinearGrad{Hidden: xent.FromTensor(h.dHidden), Classifier: xent.FromTensor(h.dClassifier)})
}

// linear measures loss and gradients over hidden states × classifier in turn with
// its three products on their own, over all rows at once.
func (m *benchRun) linear(ctx context.Context) error {
	if !m.call.wants("linear_loss") {
		return nil
	}
	n, d, v := m.size.n, m.size.d, m.size.v
	m.memory.Reset()
	h := newBenchHead(m.memory, n, d, v)
	logits := tensor.Float32(bench.Floats(m.memory.Take(4*n*v)), n, v)
	clear(logits.Data())
	for _, l := range m.loops {
		workers := l.Workers()
		m.view.status("linear loss, %s × %s × %s, %s", thousands(n), thousands(d), thousands(v), count(workers, "thread"))
		loss, err := xent.New(v, xent.Options{Workers: workers, Workspace: workspace})
		if err != nil {
			return err
		}
		t, err := bench.Alternate(ctx, m.size.slow(),
			bench.Case{Run: func() error { return h.gradient(loss) }},
			bench.Case{Run: func() error {
				gemm.Mul(workers, logits, h.hidden, h.classifier.T())
				gemm.Mul(workers, h.dHidden, logits, h.classifier)
				gemm.MulAdd(workers, h.dClassifier, logits.T(), h.hidden)
				return nil
			}})
		if err != nil {
			return err
		}
		m.add(&linearResult{Name: "linear_loss", N: n, D: d, V: v, Threads: workers, Products: finite(t[1].Median), Workspace: workspace, benchTimes: timesOf(t[0])})
	}
	return nil
}

// large computes one linear loss whose logits would not fit, once, on all threads, and
// measures how much memory it takes besides its arrays.
func (m *benchRun) large(ctx context.Context) error {
	if !m.call.large {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.memory.Free(); err != nil { // nobody needs it any more
		return err
	}
	n, d, v, workers := m.size.largeN, m.size.largeD, m.size.largeV, m.all().Workers()
	m.view.status("linear loss, %s × %s × %s: this takes a while", thousands(n), thousands(d), thousands(v))
	arrays, err := bench.NewMemory(int(benchHeadBytes(n, d, v)))
	if err != nil {
		return err
	}
	*m.memory = *arrays
	h := newBenchHead(m.memory, n, d, v)
	loss, err := xent.New(v, xent.Options{Workers: workers, Workspace: workspace})
	if err != nil {
		return err
	}
	var seconds float64
	growth, err := bench.Growth(func() error {
		start := time.Now()
		defer func() { seconds = time.Since(start).Seconds() }()
		return h.gradient(loss)
	})
	if err != nil {
		return err
	}
	t := bench.Times{Median: seconds, Min: seconds, Max: seconds, Repetitions: 1}
	m.add(&linearResult{Name: "linear_loss", N: n, D: d, V: v, Threads: workers, Products: finite(math.NaN()), Workspace: workspace, Growth: growth, benchTimes: timesOf(t)})
	return nil
}
