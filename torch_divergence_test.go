package xent

import (
	"fmt"
	"math"
	"testing"
)

// A torchDivergence is an objective written with F.kl_div, and F.cross_entropy for
// TeacherCE and the hard part.
type torchDivergence struct {
	Kind                                  string
	Beta, Temperature, Hard, Soft, Factor float64
	Rows                                  []torchNumber // D of each row that counts
	Mean, Weighted                        torchNumber
	GradMean                              torchMatrix `json:"grad_mean"`
	GradWeighted                          torchMatrix `json:"grad_weighted"`
	student, teacher                      torchMatrix
}

// TestTorchDivergence: every divergence is PyTorch's, value and gradient, whatever
// type holds the student's logits and whatever the teacher's.
func TestTorchDivergence(t *testing.T) {
	f := readTorch(t)
	student, teacher := f.batch(t, "student"), f.batch(t, "teacher")
	for _, x := range f.Divergences {
		x.student, x.teacher = student.Logits, teacher.Logits
		for s := f32; s <= f64; s++ {
			t.Run(fmt.Sprintf("%s %v/temperature %v/%v", x.Kind, x.Beta, x.Temperature, s), func(t *testing.T) {
				d, err := NewDivergence(len(x.student[0]), x.options())
				if err != nil {
					t.Fatal(err)
				}
				targets := Targets{Index: student.Index}
				weight, err := d.Weight(len(x.student), targets)
				if err != nil {
					t.Fatal(err)
				}
				x.reduction(t, "mean", d, s, targets, 1/weight, x.Mean, x.GradMean)
				targets.RowWeights = f.RowWeights
				x.reduction(t, "weighted", d, s, targets, 1, x.Weighted, x.GradWeighted)
			})
		}
	}
}

func (x *torchDivergence) options() DivergenceOptions {
	kinds := map[string]Kind{}
	for k := ForwardKL; k <= TeacherCE; k++ {
		kinds[k.String()] = k
	}
	return DivergenceOptions{Kind: kinds[x.Kind], Beta: x.Beta, Temperature: x.Temperature, Hard: x.Hard, Soft: x.Soft, SoftFactor: x.Factor}
}

// reduction compares the objective and the gradient of scale·Sum. Everything is
// computed in float64, so all types are held to 1e-12 and the rounding of the
// gradient's.
func (x *torchDivergence) reduction(t *testing.T, name string, d *Divergence, s storage, y Targets, scale float64, want torchNumber, wantGrad torchMatrix) {
	t.Helper()
	n, v := len(x.student), len(x.student[0])
	student, okS := x.student.array(s)
	teacher, okT := x.teacher.array(f64 - s)
	if !okS || !okT {
		t.Fatalf("the logits are no %v and %v", s, f64-s)
	}
	g, round := newArray(f32, n*v), u
	if s == f64 {
		g, round = newArray(f64, n*v), 0
	}
	rows := &DivergenceRows{Divergence: make([]float64, n)}
	var total Total
	if err := d.Gradient(&total, student.matrix(n, v), teacher.matrix(n, v), y, rows, scale, g.matrix(n, v)); err != nil {
		t.Fatal(err)
	}
	if got := scale * total.Result().Sum; !want.near(got, 1e-12*math.Abs(float64(want))) {
		t.Errorf("%s: %v, PyTorch's %v", name, got, want)
	}
	for i, row := range wantGrad {
		if w := x.Rows[i]; (y.RowWeights == nil || y.RowWeights[i] > 0) && !w.near(rows.Divergence[i], 1e-12*math.Abs(float64(w))) {
			t.Errorf("%s: row %d: D %v, PyTorch's %v", name, i, rows.Divergence[i], w)
		}
		for c, w := range row {
			// The terms of an element are of the size of scale, and cancel.
			if got := g.at(i*v + c); !w.near(got, round*math.Abs(float64(w))+1e-14*scale) {
				t.Errorf("%s gradient of row %d, class %d: %v, PyTorch's %v", name, i, c, got, w)
			}
		}
	}
}
