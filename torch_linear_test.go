package xent

import (
	"fmt"
	"math"
	"testing"
)

// A torchLinear is cross_entropy of F.linear. Its logits are exact in float32.
type torchLinear struct {
	Name               string
	Options            torchOptions
	Hidden, Classifier torchMatrix
	Bias               []float32
	torchBatch         // without logits
	Mean, Weighted     torchNumber
	GradMean           torchLinearGrad `json:"grad_mean"`
	GradWeighted       torchLinearGrad `json:"grad_weighted"`
}

type torchLinearGrad struct {
	Hidden, Classifier torchMatrix
	Bias               []torchNumber
}

// TestTorchLinear: the linear loss and its three gradients are PyTorch's, whatever
// type holds the hidden states and the classifier.
func TestTorchLinear(t *testing.T) {
	f := readTorch(t)
	for _, x := range f.Linear {
		for s := f32; s <= f16; s++ {
			t.Run(fmt.Sprintf("%s/%v", x.Name, s), func(t *testing.T) {
				h, okH := x.Hidden.array(s)
				c, okC := x.Classifier.array(s)
				if !okH || !okC {
					t.Fatalf("hidden states or classifier are no %v", s)
				}
				n, v, d := len(x.Hidden), len(x.Classifier), len(x.Hidden[0])
				p := x.batch(t, n, v)
				l, err := x.Options.loss(p)
				if err != nil {
					t.Fatal(err)
				}
				layer := Linear{h.matrix(n, d), c.matrix(v, d), x.Bias}
				weight, err := l.Weight(p.y)
				if err != nil {
					t.Fatal(err)
				}
				x.reduction(t, "mean", l, layer, p, 1/weight, x.Mean, &x.GradMean)
				p.y.RowWeights = f.RowWeights
				x.reduction(t, "weighted", l, layer, p, 1, x.Weighted, &x.GradWeighted)
			})
		}
	}
}

// batch is the problem over the logits, which are summed here without rounding.
func (x *torchLinear) batch(t *testing.T, n, v int) *batch {
	t.Helper()
	b := x.torchBatch
	b.Logits = make(torchMatrix, n)
	for i := range n {
		b.Logits[i] = make([]torchNumber, v)
		for c := range v {
			if x.Bias != nil {
				b.Logits[i][c] = torchNumber(x.Bias[c])
			}
			for k, h := range x.Hidden[i] {
				b.Logits[i][c] += h * x.Classifier[c][k]
			}
		}
	}
	p, ok := b.problem(f32, x.Options)
	if !ok {
		t.Fatal("the logits are not exact in float32")
	}
	return p
}

// reduction compares the loss and the gradients of scale·Sum.
func (x *torchLinear) reduction(t *testing.T, name string, l *Loss, layer Linear, p *batch, scale float64, want torchNumber, g *torchLinearGrad) {
	t.Helper()
	d := len(x.Hidden[0])
	dHidden, dClassifier := make([]float32, p.n*d), make([]float32, p.v*d)
	grad := LinearGrad{Hidden: Float32(dHidden, p.n, d), Classifier: Float32(dClassifier, p.v, d)}
	if x.Bias != nil {
		grad.Bias = make([]float32, p.v)
	}
	var forward, gradient Total
	if err := l.LinearForward(&forward, layer, p.y, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.LinearGradient(&gradient, layer, p.y, nil, scale, grad); err != nil {
		t.Fatal(err)
	}
	rows, tolerance := x.Options.rows(p, scale), 0.0
	for _, r := range rows {
		if r != nil {
			tolerance += u * scale * r.objective()
		}
	}
	for _, total := range []*Total{&forward, &gradient} {
		if got := scale * total.Result().Sum; !want.near(got, tolerance) {
			t.Errorf("%s: loss %v, PyTorch's %v (tolerance %v)", name, got, want, tolerance)
		}
	}
	x.hidden(t, name, dHidden, rows, g.Hidden)
	x.parameters(t, name, dClassifier, grad.Bias, rows, g)
}

// A productBudget adds up how far a sum of products may be off: each factor by
// its own budget, and each of the additions by a rounding of what it adds to.
type productBudget struct{ factors, terms, n float64 }

// add takes the gradient of class c in row r times x.
func (b *productBudget) add(r *torchRow, c int, x torchNumber) {
	size := math.Abs(float64(x))
	b.factors += r.ref.gradientBudget(&r.in, c, u, 0x1p-125) * size
	b.terms += math.Abs(r.ref.grad[c]) * size
	b.n++
}

func (b *productBudget) tolerance() float64 { return b.factors + b.n*u*b.terms }

// hidden compares dHidden: a row's gradient over all classes, times the classifier.
func (x *torchLinear) hidden(t *testing.T, name string, got []float32, rows []*torchRow, want torchMatrix) {
	t.Helper()
	for i, row := range want {
		for k, w := range row {
			var b productBudget
			for c := range x.Classifier {
				if rows[i] != nil {
					b.add(rows[i], c, x.Classifier[c][k])
				}
			}
			if g := float64(got[i*len(row)+k]); rows[i] == nil && g != 0 || !w.near(g, b.tolerance()) {
				t.Errorf("%s: dHidden[%d][%d] %v, PyTorch's %v (tolerance %v)", name, i, k, g, w, b.tolerance())
			}
		}
	}
}

// parameters compares dClassifier and dBias: a class's gradients over all rows,
// times the hidden states or 1.
func (x *torchLinear) parameters(t *testing.T, name string, got, bias []float32, rows []*torchRow, want *torchLinearGrad) {
	t.Helper()
	for c, row := range want.Classifier {
		for k := range len(row) + 1 { // the last is the bias
			var b productBudget
			for i, r := range rows {
				switch {
				case r == nil:
				case k < len(row):
					b.add(r, c, x.Hidden[i][k])
				default:
					b.add(r, c, 1)
				}
			}
			switch {
			case k < len(row):
				if g := float64(got[c*len(row)+k]); !row[k].near(g, b.tolerance()) {
					t.Errorf("%s: dClassifier[%d][%d] %v, PyTorch's %v (tolerance %v)", name, c, k, g, row[k], b.tolerance())
				}
			case bias != nil:
				if g := float64(bias[c]); !want.Bias[c].near(g, b.tolerance()) {
					t.Errorf("%s: dBias[%d] %v, PyTorch's %v (tolerance %v)", name, c, g, want.Bias[c], b.tolerance())
				}
			}
		}
	}
}
