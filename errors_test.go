package xent

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestErrorsNameTheValue(t *testing.T) {
	l, _ := New(3, Options{})
	z, g := Float32(make([]float32, 6), 2, 3), Float32([]float32{7, 7, 7, 7, 7, 7}, 2, 3)
	all := make([]float32, 24)
	nan := float32(math.NaN())
	fails := func(want any, y Targets, logits, grad Matrix, rows *Rows, scale float64) {
		t.Helper()
		var total Total
		err := l.Gradient(&total, logits, y, rows, scale, grad)
		if err == nil || !errors.As(err, want) {
			t.Errorf("error %v, want %T", err, want)
		}
		if total.Result().Count != 0 || g.t.Data()[0] != 7 {
			t.Error("something was written before the error")
		}
	}
	ok := Targets{Index: []int32{0, 2}}
	var te *TargetError
	fails(&te, Targets{Index: []int32{0, 3}}, z, g, nil, 1)
	if te.Row != 1 || te.Target != 3 || te.V != 3 {
		t.Errorf("%+v", te)
	}
	fails(&te, Targets{Index: []int32{-1, 0}}, z, g, nil, 1)
	var re *RowWeightError
	for _, w := range []float32{-1, nan, float32(math.Inf(1))} {
		fails(&re, Targets{Index: ok.Index, RowWeights: []float32{1, w}}, z, g, nil, 1)
	}
	var se *ShapeError
	fails(&se, Targets{Index: []int32{0}}, z, g, nil, 1)
	fails(&se, Targets{Index: ok.Index, RowWeights: []float32{1}}, z, g, nil, 1)
	fails(&se, ok, Float32(all, 2, 4), g, nil, 1)
	fails(&se, ok, z, Matrix{}, nil, 1)
	fails(&se, ok, z, g, &Rows{NLL: make([]float64, 1)}, 1)
	var oe *OptionError
	fails(&oe, ok, z, g, nil, math.NaN())
	var ve *OverlapError
	fails(&ve, ok, Float32(all, 2, 3), Float32(all[1:], 2, 3), nil, 1)
	fails(&ve, ok, strided(all, 2, 3, 6), strided(all[2:], 2, 3, 6), nil, 1)
	fails(&ve, Targets{Index: ok.Index, RowWeights: all[5:7]}, z, Float32(all, 2, 3), nil, 1)
	wide := make([]float32, 12)
	for name, m := range map[string][2]Matrix{ // share nothing, or all
		"neighbours":     {Float32(all[:3], 1, 3), Float32(all[3:], 1, 3)},
		"two halves":     {strided(wide, 2, 3, 6), strided(wide[3:], 2, 3, 6)},
		"one padded row": {strided(all, 1, 3, 8), Float32(all, 1, 3)},
		"no rows":        {Matrix{}, Matrix{}},
	} {
		rows, _ := m[0].Dims()
		if err := l.Gradient(nil, m[0], Targets{Index: ok.Index[:rows]}, nil, 1, m[1]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	fails(&oe, ok, z, g, nil, 1e39)
	for _, o := range []Options{{ClassWeights: []float32{1, 2}}, {ClassWeights: []float32{1, -1, 0}}, {ClassWeights: []float32{1, nan, 0}}, {Workers: -1}, {Workspace: -1}} {
		if _, err := New(3, o); !errors.As(err, &oe) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := New(0, Options{}); !errors.As(err, &oe) {
		t.Errorf("V = 0: %v", err)
	}
	if _, err := Mean(all[:9], 4, ok.Index); !errors.As(err, &se) {
		t.Errorf("Mean of a wrong length: %v", err)
	}
}

func TestLinearErrors(t *testing.T) {
	l, _ := New(4, Options{})
	x := make([]float32, 100)
	h, y := Linear{Float32(x, 2, 3), Float32(x[10:], 4, 3), nil}, Targets{Index: []int32{1, 2}}
	var total Total
	var se *ShapeError
	var ve *OverlapError
	var te *TargetError
	for _, c := range []struct {
		want any
		h    Linear
		y    Targets
		g    LinearGrad
	}{
		{&se, Linear{Float32(x, 3, 3), h.Classifier, nil}, y, LinearGrad{}},
		{&se, Linear{h.Hidden, Float32(x[10:], 5, 3), nil}, y, LinearGrad{}},
		{&se, Linear{h.Hidden, Float32(x[10:], 4, 2), nil}, y, LinearGrad{}},
		{&se, Linear{h.Hidden, h.Classifier, x[:3]}, y, LinearGrad{}},
		{&se, h, y, LinearGrad{Hidden: Float32(x[40:], 2, 4)}},
		{&se, h, y, LinearGrad{Classifier: Float32(x[40:], 4, 4)}},
		{&se, h, y, LinearGrad{Bias: x[:3]}},
		{&te, h, Targets{Index: []int32{1, 4}}, LinearGrad{}},
		{&ve, h, y, LinearGrad{Hidden: h.Hidden}},
		{&ve, h, y, LinearGrad{Hidden: Float32(x[21:], 2, 3)}},                                    // ends on the classifier
		{&ve, h, y, LinearGrad{Classifier: Float32(x[5:], 4, 3)}},                                 // begins on the last of hidden
		{&ve, h, y, LinearGrad{Hidden: Float32(x[40:], 2, 3), Classifier: Float32(x[45:], 4, 3)}}, // one element
		{&ve, h, y, LinearGrad{Classifier: Float32(x[40:], 4, 3), Bias: x[51:55]}},
		{&ve, h, Targets{Index: y.Index, RowWeights: x[60:62]}, LinearGrad{Bias: x[58:62]}},
		{&ve, h, y, LinearGrad{Classifier: Float32(x[12:], 4, 3)}},
		{&ve, Linear{h.Hidden, h.Classifier, x[90:94]}, y, LinearGrad{Bias: x[91:95]}},
	} {
		if err := l.LinearGradient(&total, c.h, c.y, nil, 1, c.g); err == nil || !errors.As(err, c.want) {
			t.Errorf("error %v, want %T", err, c.want)
		}
	}
	total.Reset()
	apart := LinearGrad{Hidden: Float32(x[4:], 0, 3), Classifier: Float32(x[40:], 4, 3), Bias: x[52:56]}
	if err := l.LinearGradient(&total, Linear{Float32(x[60:], 0, 3), h.Classifier, x[56:60]}, Targets{}, nil, 1, apart); err != nil {
		t.Errorf("neighbours in memory: %v", err)
	}
	if total.Result().Count != 0 || slices.ContainsFunc(x, func(v float32) bool { return v != 0 }) {
		t.Error("something was written before an error")
	}
	empty := Linear{Float32(nil, 0, 3), h.Classifier, nil}
	if err := l.LinearGradient(&total, empty, Targets{}, nil, 1, LinearGrad{Classifier: Float32(x[40:], 4, 3)}); err != nil {
		t.Errorf("no rows: %v", err)
	}
}
