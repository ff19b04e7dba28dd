package xent

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// TestWhatIsNoDistribution: errors name the row, the class and the value. Those
// of lists come before anything is written.
func TestWhatIsNoDistribution(t *testing.T) {
	const v = 4
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	fine := []float32{0.5, 0.5}
	for _, c := range []struct {
		name  string
		index []int32
		prob  []float32
		rest  Rest
		class int
		value float64
	}{
		{"negative", []int32{1, 3}, []float32{0.5, -0.5}, RestError, 3, -0.5},
		{"negative", []int32{1, 3}, []float32{-0.5, 2}, RestRenormalise, 1, -0.5},
		{"NaN", []int32{1, 3}, []float32{nan, 1}, RestUniform, 1, math.NaN()},
		{"infinite", []int32{1, 3}, []float32{0, inf}, RestRenormalise, 3, math.Inf(1)},
		{"twice", []int32{2, 2}, fine, RestError, 2, 0.5},
		{"too little", []int32{0, 1}, []float32{0.5, 0.25}, RestError, -1, 0.75},
		{"too much", []int32{0, 1}, []float32{0.5, 0.75}, RestError, -1, 1.25},
		{"too much", []int32{0, 1}, []float32{0.5, 0.75}, RestUniform, -1, 1.25},
		{"just too much", []int32{0, 1}, []float32{0.5, 0.50012}, RestUniform, -1, 0.5 + float64(float32(0.50012))},
		{"nothing", []int32{0, 1}, []float32{0, 0}, RestRenormalise, -1, 0},
		{"too little beside an empty place", []int32{0, Ignore}, []float32{0.5, 0.5}, RestError, -1, 0.5},
	} {
		s := &Soft{K: 2, Rest: c.rest, Index: slices.Concat([]int32{0, 1, Ignore, Ignore}, c.index, []int32{1, 1}), Prob: slices.Concat(fine, fine, c.prob, fine)}
		var pe *ProbabilityError
		err := nothingWritten(t, v, Targets{Soft: s})
		if !errors.As(err, &pe) || pe.Row != 2 || pe.Class != c.class || !alike(pe.Value, c.value) {
			t.Errorf("%s: error %v, want row 2, class %d, %v", c.name, err, c.class, c.value)
		}
	}
	for _, bad := range []int32{-1, v, math.MinInt32, math.MaxInt32} {
		var te *TargetError
		s := &Soft{K: 2, Index: []int32{0, 1, 2, bad}, Prob: slices.Concat(fine, fine)}
		if err := nothingWritten(t, v, Targets{Soft: s}); !errors.As(err, &te) || te.Row != 1 || te.Target != bad || te.V != v {
			t.Errorf("class %d: %v", bad, err)
		}
	}
}

// nothingWritten returns the error of a pass that must not write anything.
func nothingWritten(t *testing.T, v int, y Targets) error {
	t.Helper()
	l, n := (problem{v: v}).loss(Options{}), y.rows()
	grad := slices.Repeat([]float32{7}, n*v)
	rows := newRows(n)
	for i := range n {
		rows.NLL[i], rows.Rank[i] = 7, 7
	}
	var total Total
	err := l.Gradient(&total, Float32(make([]float32, n*v), n, v), y, rows, 1, Float32(grad, n, v))
	unchanged := func(x float64) bool { return x == 7 }
	for i := range grad {
		if !unchanged(float64(grad[i])) || !unchanged(rows.NLL[i/v]) || rows.Rank[i/v] != 7 || total.Result().Count != 0 {
			t.Fatalf("something was written before the error %v", err)
		}
	}
	if _, again := l.Weight(y); again == nil || again.Error() != err.Error() {
		t.Errorf("Weight says %v, the pass %v", again, err)
	}
	return err
}

func TestSoftShapes(t *testing.T) {
	q := newArray(f32, 8)
	for name, y := range map[string]Targets{
		"both":                {Index: []int32{0, 1}, Soft: &Soft{Dense: q.matrix(2, 4)}},
		"dense and a list":    {Soft: &Soft{Dense: q.matrix(2, 4), K: 1, Index: []int32{0, 1}, Prob: []float32{1, 1}}},
		"too wide":            {Soft: &Soft{Dense: q.matrix(1, 8)}},
		"more than V":         {Soft: &Soft{K: 5, Index: make([]int32, 10), Prob: make([]float32, 10)}},
		"a negative K":        {Soft: &Soft{K: -1, Index: make([]int32, 2), Prob: make([]float32, 2)}},
		"half a row":          {Soft: &Soft{K: 2, Index: make([]int32, 5), Prob: make([]float32, 5)}},
		"fewer probabilities": {Soft: &Soft{K: 1, Index: make([]int32, 2), Prob: make([]float32, 1)}},
		"no such rule":        {Soft: &Soft{K: 1, Index: []int32{0, 1}, Prob: []float32{1, 1}, Rest: RestRenormalise + 1}},
		"a list without K":    {Soft: &Soft{Index: []int32{0, 1}, Prob: []float32{1, 1}}},
	} {
		l, grad := (problem{v: 4}).loss(Options{}), []float32{7, 7, 7, 7, 7, 7, 7, 7}
		var se *ShapeError
		var total Total
		err := l.Gradient(&total, newArray(f32, 8).matrix(2, 4), y, nil, 1, Float32(grad, 2, 4))
		if !errors.As(err, &se) || grad[0] != 7 || grad[7] != 7 {
			t.Errorf("%s: error %v, want a ShapeError before anything is written", name, err)
		}
	}
}

// TestLowestBadRow: a dense distribution is looked at in the pass; whoever finds
// them, the lowest bad row is named, and no total is touched.
func TestLowestBadRow(t *testing.T) {
	const n, v = 67, 6001
	for _, c := range []struct {
		name  string
		at    int
		value float64
		class int
	}{{"negative", 6000, -1, 6000}, {"NaN", 1024, math.NaN(), 1024}, {"infinite", 0, math.Inf(1), 0}, {"a sum of 1.5", 9, 0.5, -1}} {
		q := newArray(f32, n*v)
		for i := range n {
			q.f32[i*v+3] = 1
		}
		rows := []int{66, 41, 13, 12}
		for _, i := range rows {
			q.set(i*v+c.at, c.value)
		}
		y := Targets{Soft: &Soft{Dense: q.matrix(n, v)}, RowWeights: slices.Repeat([]float32{1}, n)}
		y.RowWeights[12] = 0 // ignored: its q is not read
		for _, workers := range []int{1, 2, 8} {
			l, grad := (problem{v: v}).loss(Options{Workers: workers}), newArray(f32, n*v)
			var total Total
			var pe *ProbabilityError
			err := l.Gradient(&total, newArray(f32, n*v).matrix(n, v), y, newRows(n), 1, grad.matrix(n, v))
			if !errors.As(err, &pe) || pe.Row != 13 || pe.Class != c.class || c.class >= 0 && !alike(pe.Value, c.value) || c.class < 0 && pe.Value != 1.5 {
				t.Errorf("%s, %d workers: %v, want row 13, class %d", c.name, workers, err, c.class)
			}
			if total.Result().Count != 0 {
				t.Errorf("%s: the total has %+v", c.name, total.Result())
			}
		}
	}
}

// TestSumTolerance: what the stated tolerances allow, and no more. A NaN row has
// its distribution checked too.
func TestSumTolerance(t *testing.T) {
	for _, c := range []struct {
		storage
		q  float64
		ok bool
	}{{f32, 0.50009, true}, {f32, 0.50011, false}, {f32, 0.49989, false}, {f32, 0.49991, true}, {f64, 0.50011, false}, {bf16, 0.50390625, true}, {bf16, 0.5078125, false}, {f16, 0.503, true}, {f16, 0.505, false}} {
		for name, z := range map[string]float32{"": 0, "in a NaN row": float32(math.NaN())} {
			q := newArray(c.storage, 2)
			q.set(0, 0.5)
			q.set(1, c.q)
			err := (problem{v: 2}).loss(Options{}).Forward(nil, Float32([]float32{z, 0}, 1, 2), Targets{Soft: &Soft{Dense: q.matrix(1, 2)}}, nil)
			if (err == nil) != c.ok {
				t.Errorf("%v: 0.5 + %v %s: %v", c.storage, c.q, name, err)
			}
		}
	}
	// Nothing is left for the rest: all others are masked.
	inf := float32(math.Inf(-1))
	s := &Soft{K: 1, Rest: RestUniform, Index: []int32{0}, Prob: []float32{0.75}}
	var pe *ProbabilityError
	err := (problem{v: 2}).loss(Options{}).Forward(nil, Float32([]float32{1, inf}, 1, 2), Targets{Soft: s}, nil)
	if !errors.As(err, &pe) || pe.Row != 0 || pe.Value != 0.75 {
		t.Errorf("no class for the rest: %v", err)
	}
}

// TestSoftOverlap: a gradient must not take the place of its target.
func TestSoftOverlap(t *testing.T) {
	x := make([]float32, 64)
	for i := range 4 {
		x[16+i*4] = 1
	}
	l := (problem{v: 4}).loss(Options{})
	logits := Float32(x, 4, 4)
	for name, s := range map[string]*Soft{
		"dense":         {Dense: Float32(x[16:], 4, 4)},
		"probabilities": {K: 1, Index: []int32{0, 1, 2, 3}, Prob: x[47:51]},
	} {
		grad := Float32(x[16:], 4, 4)
		if name == "probabilities" {
			grad = Float32(x[32:], 4, 4)
			copy(s.Prob, []float32{1, 1, 1, 1})
		}
		before := slices.Clone(x)
		var oe *OverlapError
		if err := l.Gradient(nil, logits, Targets{Soft: s}, nil, 1, grad); !errors.As(err, &oe) || !slices.Equal(x, before) {
			t.Errorf("%s: %v", name, err)
		}
		if err := l.Gradient(nil, logits, Targets{Soft: s}, nil, 1, logits); err != nil {
			t.Errorf("%s, gradient in place: %v", name, err)
		}
		clear(x[:16])
	}
}
