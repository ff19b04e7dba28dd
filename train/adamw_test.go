package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"xent/lm"
)

var tinySpec = lm.Spec{Vocab: 300, Context: 8, Width: 16, Layers: 1, Heads: 2, KVHeads: 1, HeadDim: 8, Hidden: 24, Tied: true, RopeTheta: 1e4, NormEps: 1e-5}

// TestAdamW follows the published algorithm in float64 for some steps, with
// and without clipping, for matrices and for factors that do not decay.
func TestAdamW(t *testing.T) {
	z := Optimizer{Name: adamWName, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.1, Clip: 1}
	a, g := lm.NewArena(tinySpec), lm.NewGradients(tinySpec)
	a.Init(1)
	o := newOptimizer(z, 2, nil, a, g)
	n := len(a.Data())
	w, m, v := make([]float64, n), make([]float64, n), make([]float64, n)
	decays := make([]bool, n)
	for _, s := range o.adamW.parts {
		for i := s.lo; i < s.hi; i++ {
			decays[i] = s.decays
		}
	}
	for i, x := range a.Data() {
		w[i] = float64(x)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for step := 1; step <= 5; step++ {
		scale := []float64{1e-4, 1}[step%2] // the norm is below 1, then far above
		norm := 0.0
		for i := range g.Data() {
			g.Data()[i] = float32(r.NormFloat64() * scale)
			norm += float64(g.Data()[i]) * float64(g.Data()[i])
		}
		norm = math.Sqrt(norm)
		rate := 1e-2 / float64(step)
		if got := o.step(step, rate); !(math.Abs(got-norm) <= 1e-12*norm) {
			t.Fatalf("norm %v, want %v", got, norm)
		}
		for i := range w {
			gi := float64(g.Data()[i]) * min(1, z.Clip/norm)
			m[i] = z.Beta1*m[i] + (1-z.Beta1)*gi
			v[i] = z.Beta2*v[i] + (1-z.Beta2)*gi*gi
			mHat, vHat := m[i]/(1-math.Pow(z.Beta1, float64(step))), v[i]/(1-math.Pow(z.Beta2, float64(step)))
			decay := 0.0
			if decays[i] {
				decay = z.WeightDecay * w[i]
			}
			w[i] -= rate * (decay + mHat/(math.Sqrt(vHat)+z.Epsilon))
			if got := float64(a.Data()[i]); !(math.Abs(got-w[i]) <= 2e-6*math.Max(rate, math.Abs(w[i]))) {
				t.Fatalf("step %d: weight %d = %v, want %v", step, i, got, w[i])
			}
		}
	}
	for _, s := range tinySpec.Tensors() {
		if got, want := decays[s.Offset], s.Role != lm.Scale; got != want {
			t.Errorf("%s decays: %v", s.Name, got)
		}
	}
}

func TestAdamWLeavesWeightsWhenNotFinite(t *testing.T) {
	a, g := lm.NewArena(tinySpec), lm.NewGradients(tinySpec)
	a.Init(1)
	o := newOptimizer(Optimizer{Name: muonName, Momentum: 0.9, Beta1: 0.9, Beta2: 0.95, Clip: 1}, 1, nil, a, g)
	before := a.Data()[5]
	g.Data()[7] = float32(math.NaN())
	if norm := o.step(1, 1); norm == norm || a.Data()[5] != before {
		t.Errorf("norm %v, weight %v → %v", norm, before, a.Data()[5])
	}
}

func TestSchedules(t *testing.T) {
	wsd := Optimizer{PeakRate: 2, Schedule: "wsd", Warmup: 0.1, Decay: 0.4, FinalRate: 0.02}
	cosine := wsd
	cosine.Schedule = "cosine"
	for _, c := range []struct {
		z    Optimizer
		step int
		want float64
	}{
		{wsd, 0, 2.0 / 11}, {wsd, 9, 20.0 / 11}, {wsd, 10, 2}, {wsd, 39, 2}, {wsd, 40, 2}, {wsd, 99, 0.04},
		{cosine, 0, 2.0 / 11}, {cosine, 10, 2}, {cosine, 99, 0.04},
	} {
		if got := c.z.rate(c.step, 100); !(math.Abs(got-c.want) <= 1e-12) {
			t.Errorf("%s at %d: %v, want %v", c.z.Schedule, c.step, got, c.want)
		}
	}
	for _, z := range []Optimizer{wsd, cosine} {
		for _, steps := range []int{1, 2, 3, 10, 1000} {
			for s := range steps {
				if r := z.rate(s, steps); !(r > 0 && r <= z.PeakRate) || s > steps/2 && !(r <= z.rate(s-1, steps)) {
					t.Fatalf("%s: rate %v at step %d of %d", z.Schedule, r, s, steps)
				}
			}
		}
	}
}
