package xent

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent/internal/gemm"
	"xent/internal/tensor"
)

// A linearBatch is a batch whose logits are hidden·classifierᵀ + bias.
type linearBatch struct {
	*batch
	d                  int
	hidden, classifier array
	bias               []float32
	z                  tensor.Matrix // the logits, by the module's own product
}

// linearBatch makes the combination's problem. One class is masked by its bias;
// the hidden states of ignored rows are NaN.
func (c combination) linearBatch(n, d, v int, s storage) *linearBatch {
	r := rand.New(rand.NewPCG(uint64(c.number), 5))
	b := &linearBatch{batch: &batch{n: n, v: v, logits: newArray(f32, n*v)}, d: d, hidden: newArray(s, n*d), classifier: newArray(s, v*d), bias: random(r, v)}
	for i := range n * d {
		b.hidden.set(i, r.NormFloat64())
	}
	for i := range v * d {
		b.classifier.set(i, r.NormFloat64())
	}
	if v > 3 {
		b.bias[v/2] = negInf
	}
	if c.classWeights {
		b.classW = random(r, v)
		for i, w := range b.classW {
			b.classW[i] = max(0, w)
		}
	}
	if c.rowWeights {
		b.y.RowWeights = random(r, n)
		for i, w := range b.y.RowWeights {
			b.y.RowWeights[i] = max(0, w)
		}
	}
	b.z = tensor.Float32(b.logits.f32, n, v)
	b.product()
	b.startTargets(c.target)
	for i := range n {
		b.fillTarget(r, i, r.IntN(v), c.target)
		if d > 0 && b.rowWeight(i) == 0 {
			b.hidden.set(i*d+r.IntN(d), math.NaN())
		}
	}
	return b
}

// product sets z = bias + hidden·classifierᵀ.
func (b *linearBatch) product() {
	for i := range b.n {
		copy(b.z.Row(i), b.bias)
	}
	gemm.MulAdd(1, b.z, b.hidden.matrix(b.n, b.d).t, b.classifier.matrix(b.v, b.d).t.T())
}

// start has something in the gradients that are added to.
func (b *linearBatch) start() linearOutcome {
	r := rand.New(rand.NewPCG(9, 9))
	return linearOutcome{rows: newRows(b.n), dHidden: random(r, b.n*b.d), dClassifier: random(r, b.v*b.d), dBias: random(r, b.v)}
}

// whole is product → loss → products with whole matrices.
func (b *linearBatch) whole(t *testing.T, l *Loss) linearOutcome {
	t.Helper()
	o, z, h := b.start(), tensor.Float32(slices.Clone(b.logits.f32), b.n, b.v), b.hidden.clone()
	for i := range b.n * b.d { // 0·NaN, which the linear passes never meet
		if b.rowWeight(i/b.d) == 0 {
			h.set(i, 0)
		}
	}
	var total Total
	if err := l.Gradient(&total, FromTensor(z), b.y, o.rows, linearScale, FromTensor(z)); err != nil {
		t.Fatal(err)
	}
	gemm.Mul(1, tensor.Float32(o.dHidden, b.n, b.d), z, b.classifier.matrix(b.v, b.d).t)
	gemm.MulAdd(1, tensor.Float32(o.dClassifier, b.v, b.d), z.T(), h.matrix(b.n, b.d).t)
	for i := range b.n {
		for c := range o.dBias {
			o.dBias[c] += z.Row(i)[c]
		}
	}
	o.result = total.Result()
	return o
}

func (b *linearBatch) linear(lo, hi int) Linear {
	return Linear{b.hidden.matrix(b.n, b.d).Rows(lo, hi), b.classifier.matrix(b.v, b.d), b.bias}
}

// pieces is the linear gradient in that many micro-batches.
func (b *linearBatch) pieces(t *testing.T, l *Loss, cuts int) linearOutcome {
	t.Helper()
	out := b.start()
	var total Total
	for k := range cuts {
		lo, hi := b.n*k/cuts, b.n*(k+1)/cuts
		rows := &Rows{out.rows.NLL[lo:hi], out.rows.LSE[lo:hi], out.rows.Entropy[lo:hi], out.rows.Argmax[lo:hi], out.rows.Rank[lo:hi]}
		g := LinearGrad{Float32(out.dHidden, b.n, b.d).Rows(lo, hi), Float32(out.dClassifier, b.v, b.d), out.dBias}
		if err := l.LinearGradient(&total, b.linear(lo, hi), b.part(lo, hi), rows, linearScale, g); err != nil {
			t.Fatal(err)
		}
	}
	out.result = total.Result()
	return out
}

// TestLinearOptions: with every option, and every form of targets, the linear
// passes have the bits of product → loss → products, whatever the workspace, the
// goroutines and the cuts between rows.
func TestLinearOptions(t *testing.T) {
	shapes := [...][3]int{{1, 3, 1}, {13, 5, 2}, {29, 17, 50}, {31, 9, 1030}, {19, 3, 2300}}
	for _, c := range combinations() {
		// 5 divides no list of choices: all meet.
		if c.storage != f32 || c.number/4%5 != 0 || few() && c.number/4%35 != 0 {
			continue
		}
		s := shapes[c.number/20%len(shapes)]
		b := c.linearBatch(s[0], s[1], s[2], storage(c.number/20%3))
		l, err := New(b.v, c.options(b.batch))
		if err != nil {
			t.Fatal(err)
		}
		want := b.whole(t, l)
		for k, workspace := range []int64{0, 1, 30000} {
			o := c.options(b.batch)
			o.Workspace, o.Workers = workspace, []int{1, 2, 8}[(k+c.number)%3]
			l, err := New(b.v, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, cuts := range []int{1, 3} {
				name := fmt.Sprintf("%v\nn=%d d=%d v=%d workspace %d, %d pieces", c, b.n, b.d, b.v, workspace, cuts)
				got := b.pieces(t, l, min(cuts, b.n))
				got.result.FirstNonFinite = want.result.FirstNonFinite // counted within a call
				sameOutcome(t, name, got, want)
			}
			b.forward(t, c.String(), l, want)
		}
	}
}

// forward compares the pass without gradients: in tiles, and, where ranks are
// asked for, in whole rows.
func (b *linearBatch) forward(t *testing.T, name string, l *Loss, want linearOutcome) {
	t.Helper()
	for _, rank := range []bool{false, true} {
		var total Total
		rows := newRows(b.n)
		if !rank {
			rows.Rank = nil
		}
		if err := l.LinearForward(&total, b.linear(0, b.n), b.y, rows); err != nil {
			t.Fatal(err)
		}
		if !rank {
			rows.Rank = want.rows.Rank
		}
		sameResult(t, name+" forward", total.Result(), want.result)
		sameRows(t, rows, want.rows)
	}
}

// TestLinearLowestBadRow: a dense q of a linear pass is looked at in the pass.
func TestLinearLowestBadRow(t *testing.T) {
	c := combination{target: dense32, temperature: 1}
	b := c.linearBatch(31, 3, 1100, f32)
	b.dense.f32[29*b.v+1099], b.dense.f32[17*b.v+3] = -1, negInf
	for _, o := range []Options{{Workers: 1}, {Workers: 8, Workspace: 1}, {Workers: 3, Workspace: 30000}} {
		l, _ := New(b.v, o)
		var total Total
		for _, err := range []error{l.LinearForward(&total, b.linear(0, b.n), b.y, nil), l.LinearGradient(&total, b.linear(0, b.n), b.y, nil, 1, LinearGrad{})} {
			if e, ok := err.(*ProbabilityError); !ok || e.Row != 17 || e.Class != 3 || total.Result().Count != 0 {
				t.Errorf("%+v: %v, want row 17, class 3", o, err)
			}
		}
	}
}
