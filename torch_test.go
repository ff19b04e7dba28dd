package xent

import (
	"fmt"
	"math"
	"testing"
)

// TestTorch: every option and all of them together, over classes and
// distributions, are PyTorch's, value and gradient, whatever type holds the logits.
func TestTorch(t *testing.T) {
	f := readTorch(t)
	for _, c := range f.Cases {
		for s := f32; s <= f64; s++ {
			t.Run(fmt.Sprintf("%s/%+v/%v", c.Batch, c.Options, s), func(t *testing.T) {
				b := f.batch(t, c.Batch)
				p, ok := b.problem(s, c.Options)
				if !ok {
					if wide := s == f32 || s == f64; wide || c.Batch != "offset" && c.Batch != "offset soft" {
						t.Fatalf("the logits are no %v", s)
					}
					t.Skipf("1e5 and more is no %v", s)
				}
				l, err := c.Options.loss(p)
				if err != nil {
					t.Fatal(err)
				}
				c.values(t, l, p)
				c.means(t, l, p, b.Columns)
				p.y.RowWeights = f.RowWeights[:p.n]
				c.weighted(t, l, p, b.Columns)
			})
		}
	}
}

// values holds the loss of the batch, and of each row alone, to PyTorch.
func (c *torchCase) values(t *testing.T, l *Loss, p *batch) {
	t.Helper()
	unit, _ := p.logits.torchUnit()
	rows := newRows(p.n)
	var total Total
	if err := l.Forward(&total, p.logits.matrix(p.n, p.v), p.y, rows); err != nil {
		t.Fatal(err)
	}
	tolerance := 0.0
	for i, r := range c.Options.rows(p, 1) {
		var alone Total
		if err := l.Forward(&alone, p.logits.matrix(p.n, p.v).Rows(i, i+1), p.part(i, i+1), nil); err != nil {
			t.Fatal(err)
		}
		if sum := alone.Result().Sum; r == nil && (sum != 0 || c.Rows[i] != 0) || r != nil && !c.Rows[i].near(sum, unit*r.objective()) {
			t.Errorf("row %d: loss %v, PyTorch's %v", i, sum, c.Rows[i])
		}
		if r == nil {
			continue
		}
		tolerance += unit * r.objective()
		if !c.NLL[i].near(rows.NLL[i], unit*r.ref.budget) {
			t.Errorf("row %d: nll %v, PyTorch's %v", i, rows.NLL[i], c.NLL[i])
		}
		if math.IsNaN(rows.NLL[i]) { // PyTorch's lse is that of a limit, here it is NaN
			continue
		}
		if !c.LSE[i].near(rows.LSE[i], unit*(r.ref.lseBudget+math.Abs(r.ref.lse))) {
			t.Errorf("row %d: lse %v, PyTorch's %v", i, rows.LSE[i], c.LSE[i])
		}
		if !c.Entropy[i].near(rows.Entropy[i], unit*(16+8*r.ref.entropy+2*r.ref.capBudget)) {
			t.Errorf("row %d: entropy %v, PyTorch's %v", i, rows.Entropy[i], c.Entropy[i])
		}
	}
	c.totals(t, total.Result(), tolerance)
}

// totals compares sums over the batch. A part that is not in the loss is 0, or NaN
// where a row is.
func (c *torchCase) totals(t *testing.T, got Result, tolerance float64) {
	t.Helper()
	for _, x := range []struct {
		name string
		got  float64
		want torchNumber
		tol  float64
		on   bool
	}{
		{"Sum", got.Sum, c.Sum, tolerance, true},
		{"Mean", got.Mean(), c.Mean, tolerance / got.Weight, true},
		{"Smoothing", got.Smoothing, c.Smoothing, tolerance, c.Options.Smoothing > 0},
		{"ZLoss", got.ZLoss, c.ZLoss, tolerance, c.Options.ZLoss > 0},
	} {
		if x.on && !x.want.near(x.got, x.tol) || !x.on && x.got != 0 && !math.IsNaN(got.Sum) {
			t.Errorf("%s %v, PyTorch's %v (tolerance %v)", x.name, x.got, x.want, x.tol)
		}
	}
}

// means compares the gradient of the mean: scale is 1/Weight.
func (c *torchCase) means(t *testing.T, l *Loss, p *batch, columns []int) {
	t.Helper()
	weight, err := l.Weight(p.y)
	if err != nil {
		t.Fatal(err)
	}
	var total Total
	grad := newArray(p.gradient(), p.n*p.v)
	err = l.Gradient(&total, p.logits.matrix(p.n, p.v), p.y, nil, 1/weight, grad.matrix(p.n, p.v))
	if c.Batch == "weightless" && p.classW != nil { // PyTorch: NaN in every row
		if _, ok := err.(*OptionError); !ok || !math.IsNaN(float64(c.GradMean[0][0])) {
			t.Errorf("mean over a weight of 0: error %v, PyTorch's gradient %v", err, c.GradMean[0])
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := total.Result().Weight; got != weight {
		t.Errorf("Weight %v of the targets, %v of the pass", weight, got)
	}
	compareGradient(t, "mean", grad, p, c.Options.rows(p, 1/weight), c.GradMean, columns)
}

// weighted compares with an upstream gradient of each row's own.
func (c *torchCase) weighted(t *testing.T, l *Loss, p *batch, columns []int) {
	t.Helper()
	var total Total
	grad := newArray(p.gradient(), p.n*p.v)
	if err := l.Gradient(&total, p.logits.matrix(p.n, p.v), p.y, nil, 1, grad.matrix(p.n, p.v)); err != nil {
		t.Fatal(err)
	}
	unit, _ := p.logits.torchUnit()
	rows, tolerance := c.Options.rows(p, 1), 0.0
	for _, r := range rows {
		if r != nil {
			tolerance += unit * r.objective()
		}
	}
	if got := total.Result().Sum; !c.Weighted.near(got, tolerance) {
		t.Errorf("weighted Sum %v, PyTorch's %v", got, c.Weighted)
	}
	compareGradient(t, "weighted", grad, p, rows, c.GradWeighted, columns)
}

// gradient is the type of gradients: 16 bits would hide what is compared.
func (b *batch) gradient() storage {
	if b.logits.storage == f64 {
		return f64
	}
	return f32
}

// compareGradient holds grad to PyTorch's within the package's budget. Rows that
// do not count are 0, even where PyTorch multiplies 0 with NaN.
func compareGradient(t *testing.T, name string, grad array, p *batch, rows []*torchRow, want torchMatrix, columns []int) {
	t.Helper()
	unit, tiny := p.logits.torchUnit()
	if columns == nil {
		for c := range p.v {
			columns = append(columns, c)
		}
	}
	for i, r := range rows {
		for k, c := range columns {
			got, tolerance := grad.at(i*p.v+c), 0.0
			if r != nil && r.ref.d != nil {
				tolerance = r.ref.gradientBudget(&r.in, c, unit, tiny) + 0x1p-149
			}
			if r == nil && got != 0 || r != nil && !want[i][k].near(got, tolerance) {
				t.Errorf("%s gradient of row %d, class %d: %v, PyTorch's %v (tolerance %v)", name, i, c, got, want[i][k], tolerance)
			}
		}
	}
}
