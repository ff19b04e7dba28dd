package main

import (
	"context"

	"xent"
	"xent/internal/bench"
	"xent/internal/gemm"
	"xent/internal/tensor"
)

// workspace is what xent's linear loss is given, its default.
const workspace = 64 << 20

// linear runs the contest of loss and gradients over hidden states × classifier.
func (b *benchmark) linear(ctx context.Context, threads int) error {
	n, d, v := b.sizes.n, b.sizes.d, b.sizes.v
	h, err := newHead(n, d, v, threads)
	if err != nil {
		return err
	}
	defer h.memory.Free()
	loops := bench.NewLoops(threads)
	gflop := 3 * 2 * float64(n) * float64(d) * float64(v) / 1e9
	c := contest{title: b.title(threads, "linear loss, %s × %s × %s float32", thousands(n), thousands(d), thousands(v)), unit: "GFLOP/s", work: gflop,
		limit: multiplyAdd(loops), limited: loops.MultiplyAdd() / 1e9,
		sides: []side{h.side(), mine("its three products alone", nil, h.products)}}
	for _, p := range []struct{ name, mode string }{
		{"torch eager", "eager"}, {"F.linear_cross_entropy", "linear_cross_entropy"}, {"the same, 512 rows at a time", "chunks"},
	} {
		peer, err := b.place.torch(ctx, threads, "linear.py", n, d, v, p.mode)
		if b.missing(err) {
			continue
		}
		defer peer.stop()
		b.met(peer)
		c.sides = append(c.sides, theirs(p.name, peer, "both"))
	}
	if len(c.sides) == 2 {
		return ctx.Err()
	}
	return b.run(ctx, &c, b.slow())
}

// A head is a linear loss and all its arrays.
type head struct {
	memory  *bench.Memory
	threads int
	loss    *xent.Loss
	y       xent.Targets

	hidden, classifier, dHidden, dClassifier, logits tensor.Matrix
}

func newHead(n, d, v, threads int) (*head, error) {
	loss, err := xent.New(v, xent.Options{Workers: threads, Workspace: workspace})
	if err != nil {
		return nil, err
	}
	memory, err := bench.NewMemory(2*bench.Rounded(4*n*d) + 2*bench.Rounded(4*v*d) + bench.Rounded(4*n*v))
	if err != nil {
		return nil, err
	}
	array := func(rows, cols int) tensor.Matrix {
		return tensor.Float32(bench.Floats(memory.Take(4*rows*cols)), rows, cols)
	}
	h := &head{memory: memory, threads: threads, loss: loss, y: xent.Targets{Index: indices(3, n, v)},
		hidden: array(n, d), classifier: array(v, d), dHidden: array(n, d), dClassifier: array(v, d), logits: array(n, v)}
	numbers(h.hidden.Data()[:n*d], 1, 1)
	numbers(h.classifier.Data()[:v*d], 2, 0.02)
	return h, nil
}

// both computes loss and gradients. The classifier's is added to, so it is cleared first,
// which PyTorch need not do.
func (h *head) both(t *xent.Total) error {
	clear(h.dClassifier.Data())
	return h.loss.LinearGradient(t, xent.Linear{Hidden: xent.FromTensor(h.hidden), Classifier: xent.FromTensor(h.classifier)}, h.y, nil,
		1/float64(h.hidden.Rows), xent.LinearGrad{Hidden: xent.FromTensor(h.dHidden), Classifier: xent.FromTensor(h.dClassifier)})
}

func (h *head) side() side {
	s := mine("xent", nil, func() error { return h.both(nil) })
	s.check = func() (map[string]float64, error) {
		var t xent.Total
		err := h.both(&t)
		return map[string]float64{"loss": t.Result().Mean(), "hidden": sumOf(h.dHidden), "classifier": sumOf(h.dClassifier)}, err
	}
	s.memory = workspace + 4*int64(h.hidden.Rows+h.classifier.Rows)*int64(h.hidden.Cols)
	return s
}

// products are those of the linear loss, over all rows at once.
func (h *head) products() error {
	clear(h.dClassifier.Data())
	gemm.Mul(h.threads, h.logits, h.hidden, h.classifier.T())
	gemm.Mul(h.threads, h.dHidden, h.logits, h.classifier)
	gemm.MulAdd(h.threads, h.dClassifier, h.logits.T(), h.hidden)
	return nil
}

func sumOf(m tensor.Matrix) float64 { return absolute(m.Data()[:m.Rows*m.Cols]) }
