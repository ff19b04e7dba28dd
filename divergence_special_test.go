package xent_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"xent"
	"xent/internal/tensor"
)

var inf, nan = math.Inf(1), math.NaN()

// TestDivergenceOfMaskedClasses: what is said about −∞ in the type's comment.
func TestDivergenceOfMaskedClasses(t *testing.T) {
	half := math.Log(2)
	for _, c := range []struct {
		o         xent.DivergenceOptions
		z, zt     []float64
		want      float64
		grad      []float64
		tolerance float64
	}{
		{plain(xent.ForwardKL, 0), []float64{0, -inf, 0}, []float64{0, -inf, 0}, 0, []float64{0, 0, 0}, 0},
		{plain(xent.ReverseKL, 0), []float64{0, -inf, 0}, []float64{0, -inf, 0}, 0, []float64{0, 0, 0}, 0},
		{plain(xent.JSD, 0.5), []float64{0, -inf, 0}, []float64{0, -inf, 0}, 0, []float64{0, 0, 0}, 0},
		{plain(xent.ForwardKL, 0), []float64{0, -inf}, []float64{0, 0}, inf, []float64{0.5, -0.5}, 0},
		{plain(xent.TeacherCE, 0), []float64{0, -inf}, []float64{0, 0}, inf, []float64{0.5, -0.5}, 0},
		{plain(xent.ReverseKL, 0), []float64{0, -inf}, []float64{0, 0}, half, []float64{0, 0}, 1e-15},
		{plain(xent.ForwardKL, 0), []float64{0, 0}, []float64{0, -inf}, half, []float64{-0.5, 0.5}, 1e-15},
		{plain(xent.ReverseKL, 0), []float64{0, 0}, []float64{0, -inf}, inf, []float64{-inf, nan}, 0},
		{plain(xent.JSD, 0.5), []float64{0, -inf}, []float64{-inf, 0}, half, []float64{0, 0}, 1e-15},
		{plain(xent.ForwardKL, 0), []float64{-1e5, 0}, []float64{0, -inf}, 1e5, []float64{-1, 1}, 0}, // q underflows: a price, not ∞
		{plain(xent.ReverseKL, 0), []float64{0, -inf}, []float64{-1e5, 0}, 1e5, []float64{0, 0}, 0},
		{plain(xent.ForwardKL, 0), []float64{3e38, -3e38}, []float64{-3e38, 3e38}, 6e38, []float64{1, -1}, 0},
	} {
		got, grad := one(t, c.o, c.z, c.zt)
		near := func(a, b float64) bool {
			return a == b || a != a && b != b || math.Abs(a-b) <= c.tolerance*(1+math.Abs(b))
		}
		ok := near(got, c.want)
		for i := range grad {
			ok = ok && near(grad[i], c.grad[i])
		}
		if !ok {
			t.Errorf("%s of %v from %v: %v %v, want %v %v", label(c.o), c.z, c.zt, got, grad, c.want, c.grad)
		}
	}
}

// TestZeroPartsAddNothing: a part whose weight is 0 adds 0, even if it is infinite.
func TestZeroPartsAddNothing(t *testing.T) {
	z, zt := []float64{0, -inf, 1}, []float64{0, 2, 1}
	y := xent.Targets{Index: []int32{1}}
	for _, c := range []struct {
		o    xent.DivergenceOptions
		y    int32
		want bool // finite
	}{
		{xent.DivergenceOptions{Kind: xent.ForwardKL, Temperature: 2, Hard: 1, SoftFactor: 1}, 0, true},
		{xent.DivergenceOptions{Kind: xent.ReverseKL, Temperature: 2, Soft: 1, SoftFactor: 1}, 1, true},
		{xent.DivergenceOptions{Kind: xent.ReverseKL, Temperature: 2, Hard: 1, Soft: 1, SoftFactor: 1}, 1, false},
	} {
		d, err := xent.NewDivergence(3, c.o)
		if err != nil {
			t.Fatal(err)
		}
		var total xent.Total
		y.Index[0] = c.y
		grad := make([]float64, 3)
		if err := d.Gradient(&total, xent.Float64(z, 1, 3), xent.Float64(zt, 1, 3), y, nil, 1, xent.Float64(grad, 1, 3)); err != nil {
			t.Fatal(err)
		}
		r := total.Result()
		if finite := math.Abs(r.Sum) <= math.MaxFloat64; finite != c.want || r.NonFinite != 1 {
			t.Errorf("%s, target %d: %+v", label(c.o), c.y, r)
		}
		for _, g := range grad {
			if !(math.Abs(g) <= 1) {
				t.Errorf("%s, target %d: gradient %v", label(c.o), c.y, grad)
			}
		}
	}
}

// TestWithoutTargets: rows count by their weights alone, and what needs a target says
// that there is none.
func TestWithoutTargets(t *testing.T) {
	p := makePair(rand.New(rand.NewPCG(9, 9)), 12, 8, finiteRelations, tensor.F32, tensor.F32)
	want := p.gradient(t, plain(xent.ReverseKL, 0), 1)
	for i, c := range p.y.Index {
		if c == xent.Ignore {
			p.y.RowWeights[i] = 0
		}
	}
	p.y.Index = nil
	got := p.gradient(t, plain(xent.ReverseKL, 0), 1)
	same(t, "gradient", got.grad, want.grad)
	if r, w := got.result, want.result; r.Sum != w.Sum || r.Weight != w.Weight || r.Count != w.Count || r.Correct != 0 || r.NLL == r.NLL || r.NonFinite != 0 {
		t.Errorf("result %+v, want that of %+v without NLL and Correct", r, w)
	}
	p.y = xent.Targets{}
	if r := p.gradient(t, plain(xent.ReverseKL, 0), 1).result; r.Count != 12 || r.Weight != 12 {
		t.Errorf("no targets at all: %+v", r)
	}
}

func TestDivergenceOptionErrors(t *testing.T) {
	good := xent.DivergenceOptions{Kind: xent.ForwardKL, Temperature: 2, Hard: 0.1, Soft: 0.9, SoftFactor: 4}
	for _, c := range []struct {
		name   string
		change func(o *xent.DivergenceOptions)
	}{
		{"Kind", func(o *xent.DivergenceOptions) { o.Kind = 0 }},
		{"Kind", func(o *xent.DivergenceOptions) { o.Kind = xent.TeacherCE + 1 }},
		{"Beta", func(o *xent.DivergenceOptions) { o.Beta = 0.5 }},
		{"Beta", func(o *xent.DivergenceOptions) { o.Kind = xent.JSD }},
		{"Beta", func(o *xent.DivergenceOptions) { o.Kind, o.Beta = xent.JSD, 1 }},
		{"Beta", func(o *xent.DivergenceOptions) { o.Kind, o.Beta = xent.JSD, nan }},
		{"Beta", func(o *xent.DivergenceOptions) { o.Beta = nan }},
		{"Temperature", func(o *xent.DivergenceOptions) { o.Temperature = 0 }},
		{"Temperature", func(o *xent.DivergenceOptions) { o.Temperature = -1 }},
		{"Temperature", func(o *xent.DivergenceOptions) { o.Temperature = inf }},
		{"Hard", func(o *xent.DivergenceOptions) { o.Hard = -0.1 }},
		{"Hard", func(o *xent.DivergenceOptions) { o.Hard = nan }},
		{"Soft", func(o *xent.DivergenceOptions) { o.Soft = inf }},
		{"Soft", func(o *xent.DivergenceOptions) { o.Hard, o.Soft = 0, 0 }},
		{"SoftFactor", func(o *xent.DivergenceOptions) { o.SoftFactor = 0 }},
		{"SoftFactor", func(o *xent.DivergenceOptions) { o.SoftFactor = nan }},
		{"Workers", func(o *xent.DivergenceOptions) { o.Workers = -1 }},
	} {
		o := good
		c.change(&o)
		var oe *xent.OptionError
		if _, err := xent.NewDivergence(3, o); !errors.As(err, &oe) || oe.Option != c.name {
			t.Errorf("%+v: %v, want an error about %s", o, err, c.name)
		}
	}
	var oe *xent.OptionError
	if _, err := xent.NewDivergence(0, good); !errors.As(err, &oe) || oe.Option != "V" {
		t.Errorf("V = 0: %v", err)
	}
	if s := fmt.Sprint(xent.ForwardKL, xent.ReverseKL, xent.JSD, xent.TeacherCE, xent.Kind(0)); s != "ForwardKL ReverseKL JSD TeacherCE Kind(0)" {
		t.Error(s)
	}
}

// TestDivergenceErrors: wrong arguments give typed errors, before anything is written.
func TestDivergenceErrors(t *testing.T) {
	d, err := xent.NewDivergence(3, xent.DivergenceOptions{Kind: xent.ReverseKL, Temperature: 1, Hard: 0.5, Soft: 1, SoftFactor: 1})
	if err != nil {
		t.Fatal(err)
	}
	soft, err := xent.NewDivergence(3, plain(xent.ReverseKL, 0))
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 60)
	for i := range x {
		x[i] = 7
	}
	z, zt, g := xent.Float32(x, 2, 3), xent.Float32(x[6:], 2, 3), xent.Float32(x[12:], 2, 3)
	ok := xent.Targets{Index: []int32{0, 2}}
	rows := &xent.DivergenceRows{Divergence: make([]float64, 2), NLL: make([]float64, 2)}
	var shape *xent.ShapeError
	var target *xent.TargetError
	var weight *xent.RowWeightError
	var over *xent.OverlapError
	var option *xent.OptionError
	for i, c := range []struct {
		want           any
		d              *xent.Divergence
		z, zt, g       xent.Matrix
		y              xent.Targets
		rows           *xent.DivergenceRows
		scale          float64
		forwardHasNone bool // of these errors
	}{
		{&shape, d, xent.Float32(x, 2, 4), zt, g, ok, rows, 1, false},
		{&shape, d, z, xent.Float32(x, 2, 4), g, ok, rows, 1, false},
		{&shape, d, z, xent.Float32(x, 3, 3), g, ok, rows, 1, false},
		{&shape, d, z, zt, g, xent.Targets{Index: ok.Index[:1]}, rows, 1, false},
		{&shape, d, z, zt, g, xent.Targets{RowWeights: x[40:42]}, nil, 1, false},     // Hard needs classes
		{&shape, soft, z, zt, g, xent.Targets{RowWeights: x[40:42]}, rows, 1, false}, // and so does NLL
		{&shape, d, z, zt, g, xent.Targets{Index: ok.Index, RowWeights: x[40:43]}, rows, 1, false},
		{&shape, d, z, zt, g, xent.Targets{Index: ok.Index, Soft: &xent.Soft{Dense: zt}}, rows, 1, false},
		{&shape, d, z, zt, g, ok, &xent.DivergenceRows{NLL: make([]float64, 3)}, 1, false},
		{&shape, d, z, zt, g, ok, &xent.DivergenceRows{Divergence: make([]float64, 1)}, 1, false},
		{&shape, d, z, zt, xent.Float32(x[12:], 2, 4), ok, rows, 1, true},
		{&shape, d, z, zt, xent.Float64(make([]float64, 6), 2, 3), ok, rows, 1, true},
		{&shape, d, z, zt, xent.Matrix{}, ok, rows, 1, true},
		{&target, d, z, zt, g, xent.Targets{Index: []int32{0, 3}}, rows, 1, false},
		{&target, d, z, zt, g, xent.Targets{Index: []int32{-1, 3}}, rows, 1, false},
		{&weight, d, z, zt, g, xent.Targets{Index: ok.Index, RowWeights: []float32{1, -1}}, rows, 1, false},
		{&weight, d, z, zt, g, xent.Targets{Index: ok.Index, RowWeights: []float32{1, float32(nan)}}, rows, 1, false},
		{&over, d, z, zt, xent.Float32(x[1:], 2, 3), ok, rows, 1, true},
		{&over, d, z, zt, zt, ok, rows, 1, true},
		{&over, d, z, z, z, ok, rows, 1, true},
		{&over, d, z, zt, g, xent.Targets{Index: ok.Index, RowWeights: x[17:19]}, rows, 1, true},
		{&option, d, z, zt, g, ok, rows, nan, true},
		{&option, d, z, zt, g, ok, rows, 1e39, true},
	} {
		var total xent.Total
		if err := c.d.Gradient(&total, c.z, c.zt, c.y, c.rows, c.scale, c.g); err == nil || !errors.As(err, c.want) {
			t.Errorf("case %d: gradient: %v, want %T", i, err, c.want)
		}
		for _, v := range x {
			if v != 7 {
				t.Fatalf("case %d: the gradient was written before the error", i)
			}
		}
		if total.Result().Count != 0 || rows.Divergence[0] != 0 || rows.NLL[0] != 0 {
			t.Errorf("case %d: something was written before the error", i)
		}
		if err := c.d.Forward(nil, c.z, c.zt, c.y, c.rows); !c.forwardHasNone && (err == nil || !errors.As(err, c.want)) {
			t.Errorf("case %d: forward: %v, want %T", i, err, c.want)
		}
		rows.Divergence, rows.NLL = make([]float64, 2), make([]float64, 2)
	}
	if _, err := d.Weight(2, xent.Targets{Index: []int32{0, 3}}); !errors.As(err, &target) {
		t.Errorf("Weight of a bad target: %v", err)
	}
}

// TestDivergenceOfNoRows: nothing to count is no error, and then any scale will do.
func TestDivergenceOfNoRows(t *testing.T) {
	d, err := xent.NewDivergence(3, xent.DivergenceOptions{Kind: xent.ReverseKL, Temperature: 1, Hard: 0.5, Soft: 1, SoftFactor: 1})
	if err != nil {
		t.Fatal(err)
	}
	var total xent.Total
	if err := d.Gradient(&total, xent.Matrix{}, xent.Matrix{}, xent.Targets{}, &xent.DivergenceRows{}, inf, xent.Matrix{}); err != nil {
		t.Error(err)
	}
	grad, z := []float32{5, 5, 5}, xent.Float32([]float32{float32(nan), 0, 0}, 1, 3)
	if err := d.Gradient(&total, z, z, xent.Targets{Index: []int32{xent.Ignore}}, nil, inf, xent.Float32(grad, 1, 3)); err != nil || grad[0] != 0 || grad[2] != 0 {
		t.Errorf("an ignored row: %v, gradient %v", err, grad)
	}
	if r := total.Result(); r.Count != 0 || r.Sum != 0 || r.Mean() == r.Mean() {
		t.Errorf("%+v", r)
	}
}

// TestDivergenceOfManyCallers: one Divergence serves several goroutines at once.
func TestDivergenceOfManyCallers(t *testing.T) {
	p := makePair(rand.New(rand.NewPCG(3, 2)), 30, 1100, finiteRelations, tensor.F32, tensor.BF16)
	o := xent.DivergenceOptions{Kind: xent.JSD, Beta: 0.3, Temperature: 2, Hard: 0.5, Soft: 0.5, SoftFactor: 4, Workers: 3}
	want := p.gradient(t, o, 1)
	d, err := xent.NewDivergence(1100, o)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var results [4][3]outcome
	for i := range results {
		wait.Go(func() {
			for k := range results[i] {
				got := outcome{rows: xent.DivergenceRows{Divergence: make([]float64, 30), NLL: make([]float64, 30)}, grad: newTable(tensor.F32, 30, 1100, 1103)}
				var total xent.Total
				if err := d.Gradient(&total, p.student.matrix(), p.teacher.matrix(), p.y, &got.rows, 1, got.grad.matrix()); err != nil {
					t.Error(err)
				}
				got.result = total.Result()
				results[i][k] = got
			}
		})
	}
	wait.Wait()
	for i := range results {
		for k := range results[i] {
			sameOutcomes(t, "concurrently", results[i][k], want)
		}
	}
}
