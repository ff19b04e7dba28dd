package xent

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent/internal/tensor"
)

// TestFilter: what is left out is within the bound, little of it where the
// distributions are peaked, and nothing at all for a threshold that nothing is
// below.
func TestFilter(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	p := makeLinear(r, 60, 24, 3000, true, false)
	for _, o := range []Options{
		{FilterBelow: 1e-4}, {FilterBelow: 1e-4, Workspace: 1 << 17}, {FilterBelow: 1e-4, LabelSmoothing: 0.1, Workers: 1}, {FilterBelow: 1e-300},
	} {
		want := p.fused(t, Options{LabelSmoothing: o.LabelSmoothing}, 1)
		got := p.fused(t, o, 2)
		bound := got.result.FilterBound
		if bound == 0 != (o.FilterBelow < 1e-30) || want.result.FilterBound != 0 {
			t.Errorf("%+v: bound %v", o, bound)
		}
		got.result.FilterBound = 0
		sameResult(t, "but for the gradient", got.result, want.result)
		for _, c := range []struct {
			name      string
			got, want []float32
			by        float64
		}{
			{"dHidden", got.dHidden, want.dHidden, largest(p.classifier)},
			{"dClassifier", got.dClassifier, want.dClassifier, largest(p.hidden)},
			{"dBias", got.dBias, want.dBias, 1},
		} {
			limit := bound*c.by + 1e-6*largest(c.want)
			if worst := distance(c.got, c.want); !(worst <= limit) {
				t.Errorf("%+v: %s is off by %v, the bound is %v", o, c.name, worst, limit)
			}
		}
	}
}

// TestFilterSkips: classes of which nothing is left are in no product.
func TestFilterSkips(t *testing.T) {
	c := compaction{grad: tensor.Float32([]float32{0, 1, 0, 0, 0, 2, 3, 0}, 2, 4), keep: make([]bool, 4)}
	c.Do(0, 0, 4)
	if !slices.Equal(c.keep, []bool{false, true, true, false}) {
		t.Fatalf("kept %v", c.keep)
	}
	c.classes, c.moving = []int32{1, 2}, true
	c.Do(0, 0, 2)
	if got := c.grad.Data(); !slices.Equal([]float32{got[0], got[1], got[4], got[5]}, []float32{1, 0, 2, 3}) {
		t.Errorf("moved to %v", got)
	}
	x := []float32{0.5, -0.1, 0.01, -0.02}
	if sum := filter(x, 0.1); !(math.Abs(sum-0.03) <= 1e-8) || !slices.Equal(x, []float32{0.5, -0.1, 0, 0}) {
		t.Errorf("left out %v: %v", sum, x)
	}
}

func largest(x []float32) (m float64) {
	for _, v := range x {
		if v == v {
			m = max(m, math.Abs(float64(v)))
		}
	}
	return m
}

func distance(x, y []float32) (m float64) {
	for i := range x {
		m = max(m, math.Abs(float64(x[i])-float64(y[i])))
	}
	return m
}
