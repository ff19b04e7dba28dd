package xent_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"xent"
	"xent/internal/tensor"
)

const (
	epsilon    = 0x1p-53
	oracleTiny = 1e-70 // what 256 bits lose of a difference
)

// TestDivergenceAgainstOracle holds every value and gradient to the budget that
// the type's comment states, over kinds, temperatures, mixtures, types and rows.
func TestDivergenceAgainstOracle(t *testing.T) {
	worst, round := budgetUse{}, 0
	check := func(o xent.DivergenceOptions, n, v int) {
		p := makePair(rand.New(rand.NewPCG(uint64(round), 3)), n, v, len(relations), dtypes[round%4], dtypes[round/4%4])
		round++
		t.Run(label(o)+"/"+p.student.dtype.String()+"/"+p.teacher.dtype.String(), func(t *testing.T) { worst.check(t, p, o, -0.3) })
	}
	for _, temperature := range []float64{0.5, 1, 3} {
		for _, o := range append(kinds(temperature, 0, 1, 1), kinds(temperature, 0.3, 0.7, temperature*temperature)...) {
			check(o, len(relations), 13)
		}
	}
	for _, o := range append(kinds(2, 0.5, 0, 1), kinds(1, 0, 2.5, 3)...) {
		check(o, len(relations), 2)
		check(o, len(relations), 1)
	}
	for i, v := range []int{1023, 1024, 1025, 2500} { // blocks are of 1024
		check(kinds(1.5, 0.2, 0.8, 2.25)[i], 2, v)
	}
	t.Logf("of the budget, at most %.2f of a value's and %.2f of a gradient's was used", worst.value, worst.grad)
}

// TestDivergenceOfFewClasses is TestDivergenceAgainstOracle where one class is all of
// the sum, over ratios of its two probabilities; and where one model's all but
// underflow, so that no ratio is a float64.
func TestDivergenceOfFewClasses(t *testing.T) {
	var worst budgetUse
	hold := func(o xent.DivergenceOptions, z, zt []float64) {
		p := pair{student: newTable(tensor.F64, 1, len(z), len(z)), teacher: newTable(tensor.F64, 1, len(z), len(z)), y: xent.Targets{Index: []int32{0}}}
		p.student.setRow(0, z)
		p.teacher.setRow(0, zt)
		worst.check(t, p, o, 1)
	}
	options := append(kinds(1, 0, 1, 1), plain(xent.JSD, 0.6), plain(xent.JSD, 1e-9))
	for w := -3.0; w <= 3; w += 0.1 {
		for _, o := range options {
			hold(o, []float64{0, 0}, []float64{0, w})
		}
	}
	low := make([]float64, 100)
	for c := range 99 {
		low[c+1] = 707.99 // e^−707.99/99 is subnormal
	}
	one := make([]float64, 100)
	for c := range 99 {
		one[c+1] = -math.Pow(2, float64(c%12))
	}
	for _, o := range options {
		hold(o, one, low)
		hold(o, low, one)
	}
	t.Logf("of the budget, at most %.2f of a value's and %.2f of a gradient's was used", worst.value, worst.grad)
}

// TestManyClassesCostNoDigits: sums of equal terms drift when they are added plainly.
func TestManyClassesCostNoDigits(t *testing.T) {
	const v = 200_000
	z, zt := make([]float64, v), make([]float64, v)
	for c := range v - 1 {
		z[c+1] = -1
	}
	d, err := xent.NewDivergence(v, plain(xent.TeacherCE, 0))
	if err != nil {
		t.Fatal(err)
	}
	nll := math.Log1p((v - 1) * math.Exp(-1)) // of class 0
	rows := xent.DivergenceRows{Divergence: make([]float64, 1), NLL: make([]float64, 1)}
	if err := d.Forward(nil, xent.Float64(z, 1, v), xent.Float64(zt, 1, v), xent.Targets{Index: []int32{0}}, &rows); err != nil {
		t.Fatal(err)
	}
	if want := nll + (v-1.0)/v; !(math.Abs(rows.NLL[0]-nll) <= 1e-15*nll) || !(math.Abs(rows.Divergence[0]-want) <= 1e-15*want) {
		t.Errorf("nll %v, cross-entropy %v, want %v %v", rows.NLL[0], rows.Divergence[0], nll, want)
	}
}

// A budgetUse is the greatest share of a budget that was needed.
type budgetUse struct{ value, grad float64 }

func (u *budgetUse) check(t *testing.T, p pair, o xent.DivergenceOptions, scale float64) {
	got := p.gradient(t, o, scale)
	var want xent.Result
	want.FirstNonFinite = -1
	for i := range p.student.rows {
		r, grad := p.weight(i), got.grad.row(i)
		z, zt := p.student.row(i), p.teacher.row(i)
		switch {
		case r == 0:
			for c, g := range grad {
				if g != 0 {
					t.Fatalf("ignored row %d, class %d: gradient %v", i, c, g)
				}
			}
			if d, n := got.rows.Divergence[i], got.rows.NLL[i]; d == d || n == n {
				t.Errorf("ignored row %d has values %v and %v", i, d, n)
			}
			continue
		case !usableRow(z) || !usableRow(zt):
			for _, x := range append(grad, got.rows.Divergence[i], got.rows.NLL[i]) {
				if x == x {
					t.Fatalf("row %d is not all NaN: %v", i, x)
				}
			}
			want.NonFinite++
		default:
			w := wanted(o, z, zt, int(p.y.Index[i]))
			u.row(t, i, o, w, got, scale*r, grad)
			if math.IsInf(w.divergence, 1) || math.IsInf(w.nll, 1) {
				want.NonFinite++
			}
			if lowestGreatest(z) == int(p.y.Index[i]) {
				want.Correct++
			}
		}
		want.Count++
		if want.NonFinite > 0 && want.FirstNonFinite < 0 {
			want.FirstNonFinite = i
		}
	}
	if g := got.result; g.Count != want.Count || g.Correct != want.Correct || g.NonFinite != want.NonFinite || g.FirstNonFinite != want.FirstNonFinite {
		t.Errorf("counts of %+v, want those of %+v", g, want)
	}
}

func usableRow(z []float64) bool {
	finite := false
	for _, v := range z {
		if !(v <= math.MaxFloat64) {
			return false
		}
		finite = finite || v >= -math.MaxFloat64
	}
	return finite
}

func lowestGreatest(z []float64) (at int) {
	for c, v := range z {
		if v > z[at] {
			at = c
		}
	}
	return at
}

// row holds row i to the budget; k is scale·r.
func (u *budgetUse) row(t *testing.T, i int, o xent.DivergenceOptions, w wantedRow, got outcome, k float64, grad []float64) {
	t.Helper()
	b := 16 + 2*w.spread
	name := relations[i%len(relations)]
	within := func(what string, got, want, tolerance float64, used *float64) {
		t.Helper()
		if got == want || got != got && want != want {
			return
		}
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("row %d (%s): %s %v, want %v ± %v", i, name, what, got, want, tolerance)
		}
		*used = max(*used, math.Abs(got-want)/tolerance)
	}
	var ignored float64
	within("divergence", got.rows.Divergence[i], w.divergence, epsilon*b*w.divergence+epsilon*epsilon*b*b+oracleTiny, &u.value)
	atOne := 16 + 2*min(708, w.spread*o.Temperature)
	within("nll", got.rows.NLL[i], w.nll, epsilon*atOne*w.nll+oracleTiny, &ignored)
	unit, tiny := roundoff(got.grad.dtype)
	soft := o.Soft * o.SoftFactor / o.Temperature
	for c, g := range grad {
		hard := w.hard[c]
		computed := epsilon * math.Abs(k) * (b*soft*w.ratio[c] + atOne*o.Hard*hard)
		tolerance := computed + unit*math.Abs(k*w.grad[c]) + tiny + oracleTiny
		used := &ignored
		if got.grad.dtype == tensor.F64 && o.Hard == 0 {
			used = &u.grad
		}
		within("gradient", g, k*w.grad[c], tolerance, used)
	}
}
