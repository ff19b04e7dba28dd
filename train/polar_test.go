package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"xent/internal/tensor"
)

// orthonormal returns k orthonormal vectors of n numbers.
func orthonormal(r *rand.Rand, k, n int) [][]float64 {
	rows := make([][]float64, k)
	for i := range rows {
		rows[i] = make([]float64, n)
		for j := range rows[i] {
			rows[i][j] = r.NormFloat64()
		}
		for range 2 { // once more, for what rounding left
			for _, before := range rows[:i] {
				along := 0.0
				for j, x := range before {
					along += x * rows[i][j]
				}
				for j, x := range before {
					rows[i][j] -= along * x
				}
			}
		}
		norm := 0.0
		for _, x := range rows[i] {
			norm += x * x
		}
		for j := range rows[i] {
			rows[i][j] /= math.Sqrt(norm)
		}
	}
	return rows
}

// combine is Σ s[k]·u[k]·v[k]ᵀ.
func combine(s []float64, u, v [][]float64) []float64 {
	rows, cols := len(u[0]), len(v[0])
	x := make([]float64, rows*cols)
	for k := range s {
		for i, a := range u[k] {
			for j, b := range v[k] {
				x[i*cols+j] += s[k] * a * b
			}
		}
	}
	return x
}

// TestPolar makes matrices from singular vectors and values, and wants the vectors
// unchanged and the values near 1.
func TestPolar(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, shape := range [][2]int{{1, 1}, {1, 40}, {40, 1}, {16, 16}, {24, 65}, {65, 24}} {
		rows, cols := shape[0], shape[1]
		d := min(rows, cols)
		u, v := orthonormal(r, d, rows), orthonormal(r, d, cols)
		s, norm := make([]float64, d), 0.0
		for k := range s {
			s[k] = math.Exp(-3 * r.Float64())
			norm += s[k] * s[k]
		}
		norm = math.Sqrt(norm)
		scale := math.Exp(8 * r.NormFloat64()) // means nothing
		data := make([]float32, rows*cols)
		for i, x := range combine(s, u, v) {
			data[i] = float32(scale * x)
		}
		for k := range s { // what the polynomials make of them
			s[k] /= norm
			for _, p := range polarSteps {
				s[k] *= float64(p.a) + s[k]*s[k]*(float64(p.b)+s[k]*s[k]*float64(p.c))
			}
			if !(math.Abs(s[k]-1) <= polarError+1e-6) {
				t.Errorf("%v: a singular value became %v", shape, s[k])
			}
		}
		p := newPolar(nil, rows*cols, d)
		p.factor(2, tensor.Float32(data, rows, cols), scale*norm)
		for i, want := range combine(s, u, v) {
			if got := float64(data[i]); !(math.Abs(got-want) <= 1e-4) {
				t.Fatalf("%v: element %d is %v, want %v", shape, i, got, want)
			}
		}
	}
}

func TestPolarOfNothing(t *testing.T) {
	p := newPolar(nil, 6, 2)
	for _, norm := range []float64{0, 1e-300, math.NaN()} {
		x := []float32{1e-44, 0, 0, 0, 0, 1e-44}
		p.factor(1, tensor.Float32(x, 2, 3), norm)
		for _, v := range x {
			if v != 0 {
				t.Fatalf("norm %v: %v", norm, x)
			}
		}
	}
}

// TestPolarSteps: each polynomial is the best there is. It leaves 1 by the same amount on
// alternating sides in four places, and by nowhere more; then no odd polynomial of degree
// 5, which has three coefficients, is nearer (Chebyshev).
func TestPolarSteps(t *testing.T) {
	lo, hi := polarFloor, 1.0
	for i, p := range polarSteps {
		at := func(x float64) float64 {
			return x * (float64(p.a) + x*x*(float64(p.b)+x*x*float64(p.c)))
		}
		worst := math.Abs(at(lo) - 1)
		places, side := 0, 0.0
		const n = 100000
		for k := range n + 1 {
			e := at(lo+(hi-lo)*float64(k)/n) - 1
			if !(math.Abs(e) <= worst*(1+1e-4)) {
				t.Fatalf("step %d leaves 1 by %v, %v at the beginning", i, e, worst)
			}
			if math.Abs(e) >= worst*(1-1e-4) && side*e <= 0 {
				side = math.Copysign(1, e)
				places++
			}
		}
		if places != 4 {
			t.Errorf("step %d: %d places", i, places)
		}
		lo, hi = 1-worst, 1+worst
	}
	if worst := hi - 1; !(worst <= polarError && worst >= polarError-0.01) {
		t.Errorf("%v in the end", worst)
	}
}
