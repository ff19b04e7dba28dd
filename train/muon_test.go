package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent/lm"
)

// float64Polar: x R×C → its approximate polar factor, by the definition.
func float64Polar(x []float64, rows, cols int) []float64 {
	norm := 0.0
	for _, v := range x {
		norm += v * v
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v / math.Sqrt(norm)
	}
	product := func(a, b []float64, m, k, n int) []float64 {
		c := make([]float64, m*n)
		for i := range m {
			for p := range k {
				for j := range n {
					c[i*n+j] += a[i*k+p] * b[p*n+j]
				}
			}
		}
		return c
	}
	for _, s := range polarSteps {
		transposed := make([]float64, len(y))
		for i := range rows {
			for j := range cols {
				transposed[j*rows+i] = y[i*cols+j]
			}
		}
		gram := product(y, transposed, rows, cols, rows)
		square := product(gram, gram, rows, rows, rows)
		for i := range gram {
			gram[i] = float64(s.b)*gram[i] + float64(s.c)*square[i]
		}
		for i := range rows {
			gram[i*rows+i] += float64(s.a)
		}
		y = product(gram, y, rows, rows, cols)
	}
	return y
}

// TestMuon follows the definition in float64 for some steps, with and without clipping.
func TestMuon(t *testing.T) {
	z := Muon()
	a, g := lm.NewArena(tinySpec), lm.NewGradients(tinySpec)
	a.Init(1)
	o := newOptimizer(z, 2, nil, a, g)
	n := len(a.Data())
	w, m := make([]float64, n), make([]float64, n)
	for i, x := range a.Data() {
		w[i] = float64(x)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for step := 1; step <= 4; step++ {
		scale := []float64{1e-4, 1}[step%2]
		for i := range g.Data() {
			g.Data()[i] = float32(r.NormFloat64() * scale)
		}
		gradient := slices.Clone(g.Data())
		rate := 1e-2 / float64(step)
		clip := min(1, z.Clip/o.step(step, rate))
		for _, s := range tinySpec.Tensors() {
			if s.Role != lm.Matrix && s.Role != lm.Residual {
				continue
			}
			x := make([]float64, s.Rows*s.Cols)
			for i := range x {
				gi := float64(gradient[s.Offset+i]) * clip
				m[s.Offset+i] = z.Momentum*m[s.Offset+i] + (1-z.Momentum)*gi
				x[i] = z.Momentum*m[s.Offset+i] + (1-z.Momentum)*gi
			}
			for i, v := range float64Polar(x, s.Rows, s.Cols) {
				at := s.Offset + i
				w[at] -= rate * (z.WeightDecay*w[at] + 0.2*math.Sqrt(float64(max(s.Rows, s.Cols)))*v)
				if got := float64(a.Data()[at]); !(math.Abs(got-w[at]) <= 1e-6) {
					t.Fatalf("step %d: %s[%d] = %v, want %v", step, s.Name, i, got, w[at])
				}
			}
		}
	}
}

// TestMuonWorkers: no number of goroutines changes a bit, where matrices are shared out
// and where all goroutines work on one.
func TestMuonWorkers(t *testing.T) {
	large := tinySpec
	large.Hidden = smallMatrix/large.Width + 8
	for name, s := range map[string]lm.Spec{"small": tinySpec, "large": large} {
		var want []float32
		for _, workers := range []int{1, 2, 5} {
			a, g := lm.NewArena(s), lm.NewGradients(s)
			a.Init(1)
			o := newOptimizer(Muon(), workers, nil, a, g)
			if isLarge := o.muon.small < len(o.muon.matrices); isLarge != (name == "large") {
				t.Fatalf("%s: %d of %d matrices are small", name, o.muon.small, len(o.muon.matrices))
			}
			r := rand.New(rand.NewPCG(3, 4))
			for step := 1; step <= 2; step++ {
				for i := range g.Data() {
					g.Data()[i] = float32(r.NormFloat64())
				}
				o.step(step, 1e-2)
			}
			if want == nil {
				want = slices.Clone(a.Data())
			} else if !slices.Equal(want, a.Data()) {
				t.Errorf("%s: other weights on %d goroutines", name, workers)
			}
		}
	}
}

// TestMuonDescends on ½‖w − w*‖², every direction of which is as steep as the others.
func TestMuonDescends(t *testing.T) {
	a, g := lm.NewArena(tinySpec), lm.NewGradients(tinySpec)
	target := lm.NewArena(tinySpec)
	target.Init(2)
	z := Muon()
	z.WeightDecay = 0
	o := newOptimizer(z, 1, nil, a, g)
	distance := func() (sum float64) {
		for i, w := range a.Data() {
			d := w - target.Data()[i]
			g.Data()[i] = d
			sum += float64(d) * float64(d)
		}
		return sum
	}
	first := distance()
	const steps = 300
	for step := range steps {
		o.step(step+1, 1e-2*float64(steps-step)/steps)
		distance()
	}
	if last := distance(); !(last <= 1e-3*first) {
		t.Errorf("squared distance %v after %v", last, first)
	}
}
