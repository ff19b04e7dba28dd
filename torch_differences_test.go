package xent

import (
	"fmt"
	"math"
	"testing"
)

// A torchDifference is a loss that PyTorch computes otherwise, with what its
// operations give when they are kept from the mistake: on rows without their
// masked classes, or on the rows that count.
type torchDifference struct {
	Name, Why string
	Options   torchOptions
	torchBatch
	NLL         torchNumber // the sum of the parts without weights and smoothing
	Torch, Want torchOutcome
}

type torchOutcome struct {
	Sum  torchNumber
	Grad torchMatrix
}

// TestTorchDifferences: where PyTorch's loss or gradient is NaN, infinite or
// of another problem, for masked classes above all, this package's is neither.
func TestTorchDifferences(t *testing.T) {
	for _, x := range readTorch(t).Differences {
		if !x.differ() {
			t.Errorf("%s: PyTorch agrees; the documentation says: %s", x.Name, x.Why)
		}
		for _, s := range []storage{f32, f64} {
			t.Run(fmt.Sprintf("%s/%v", x.Name, s), func(t *testing.T) {
				p, ok := x.problem(s, x.Options)
				if !ok {
					t.Fatalf("the logits are no %v", s)
				}
				l, err := x.Options.loss(p)
				if err != nil {
					t.Fatal(err)
				}
				var total Total
				grad := newArray(s, p.n*p.v)
				if err := l.Gradient(&total, p.logits.matrix(p.n, p.v), p.y, nil, 1, grad.matrix(p.n, p.v)); err != nil {
					t.Fatal(err)
				}
				x.compare(t, total.Result(), grad, p)
			})
		}
	}
}

// differ reports whether PyTorch's outcome is another than what is wanted.
func (x *torchDifference) differ() bool {
	off := func(a, b torchNumber) bool {
		return !alike(float64(a), float64(b)) && !(math.Abs(float64(a-b)) <= 1e-4*math.Abs(float64(b)))
	}
	if off(x.Torch.Sum, x.Want.Sum) {
		return true
	}
	for i, row := range x.Want.Grad {
		for c, g := range row {
			if off(x.Torch.Grad[i][c], g) {
				return true
			}
		}
	}
	return false
}

// compare holds this package's outcome to what is wanted: in float64 to 1e-12 of
// every number, however small.
func (x *torchDifference) compare(t *testing.T, got Result, grad array, p *batch) {
	t.Helper()
	unit, tiny := p.logits.torchUnit()
	tolerance, nll := 0.0, 0.0
	for i, r := range x.Options.rows(p, 1) {
		for c, want := range x.Want.Grad[i] {
			g, allowed := grad.at(i*p.v+c), 0.0
			switch {
			case p.logits.storage == f64:
				allowed = 1e-12 * math.Abs(float64(want))
			case r != nil:
				allowed = r.ref.gradientBudget(&r.in, c, unit, tiny)
			}
			if !want.near(g, allowed) {
				t.Errorf("gradient of row %d, class %d: %v, want %v; PyTorch's %v", i, c, g, want, x.Torch.Grad[i][c])
			}
		}
		if r != nil {
			nll += unit * r.ref.budget
		}
		if r != nil && r.ref.objective != 0 {
			tolerance += unit * r.objective()
		}
	}
	if !x.Want.Sum.near(got.Sum, tolerance) {
		t.Errorf("Sum %v, want %v (tolerance %v); PyTorch's %v", got.Sum, x.Want.Sum, tolerance, x.Torch.Sum)
	}
	if !x.NLL.near(got.NLL, nll) {
		t.Errorf("NLL %v, want %v (tolerance %v)", got.NLL, x.NLL, nll)
	}
}

// A torchRefusal is what this package takes for a mistake. PyTorch's is its loss,
// or the name of its error.
type torchRefusal struct {
	Name, Want string
	Torch      any
	Options    torchOptions
	torchBatch
}

// TestTorchRefusals: a loss of no meaning that PyTorch computes is an error here,
// and so is all that it refuses.
func TestTorchRefusals(t *testing.T) {
	for _, x := range readTorch(t).Refused {
		p, ok := x.problem(f64, x.Options)
		if !ok {
			t.Fatalf("%s: the logits are no float64", x.Name)
		}
		l, err := x.Options.loss(p)
		if err == nil {
			err = l.Forward(nil, p.logits.matrix(p.n, p.v), p.y, nil)
		}
		if got := fmt.Sprintf("%T", err); got != "*xent."+x.Want {
			t.Errorf("%s: error %v (%s), want a %s; PyTorch: %v", x.Name, err, got, x.Want, x.Torch)
		}
	}
}
