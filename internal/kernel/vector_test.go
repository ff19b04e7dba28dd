package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

var special = []float32{
	0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), negInf, float32(math.NaN()), math.Float32frombits(0x7f800001), expMin,
	math.Nextafter32(expMin, negInf), 88, 88.00001, 88.7, 89, -1e-30, 1e30, -1e30,
}

// TestScaledExps holds every length through several groups of vectors to 1 unit
// in the last place, over the whole range and past both of its ends; an element's
// bits do not depend on its place, and nothing is written past the end.
func TestScaledExps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 140 {
		for _, spread := range []float32{1, 40, 100} {
			x, got := make([]float32, n), make([]float32, n+1)
			for i := range x {
				x[i] = (2*rng.Float32() - 1) * spread
				if rng.IntN(30) == 0 {
					x[i] = special[rng.IntN(len(special))]
				}
			}
			got[n] = 77 // a guard
			for _, a := range []float32{1, 0.37, -2, float32(math.Inf(1))} {
				m := rng.Float32()
				scaledExps(got[:n], x, m, a)
				for i, g := range got[:n] {
					one := []float32{x[i]}
					scaledExps(one, one, m, a)
					if math.Float32bits(one[0]) != math.Float32bits(g) && g == g {
						t.Fatalf("n = %d: element %d is %v, alone %v", n, i, g, one[0])
					}
					checkExp(t, g, x[i]-m, a)
				}
				if got[n] != 77 {
					t.Fatalf("n = %d: wrote past the end", n)
				}
			}
		}
	}
}

// checkExp holds got to a·e^d.
func checkExp(t *testing.T, got, d, a float32) {
	t.Helper()
	e := math.Exp(float64(d))
	if e > math.MaxFloat32 {
		e = math.Inf(1)
	}
	switch {
	case d < expMin:
		if math.Float32bits(got) != 0 {
			t.Fatalf("%v·exp(%v) = %v, want +0", a, d, got)
		}
	case d != d || math.IsInf(float64(a), 0) || math.IsInf(e, 1):
		if want := float64(a) * e; !(float64(got) == want || got != got && want != want || math.IsInf(float64(got), 0) && math.Abs(want) > math.MaxFloat32) {
			t.Fatalf("%v·exp(%v) = %v, want %v", a, d, got, want)
		}
	default:
		want := float64(a) * e
		if err := math.Abs(float64(got)-want) / ulp32(math.Abs(want)); !(err <= 2) && !math.IsInf(float64(float32(want)), 0) {
			t.Fatalf("%v·exp(%v) = %v, want %v: %.2f ulp", a, d, got, want, err)
		}
	}
}

// TestExpsSweep goes through the exponents finely: to within 1 unit in the last
// place.
func TestExpsSweep(t *testing.T) {
	const n = 4096
	x, got := make([]float32, n), make([]float32, n)
	worst := 0.0
	for lo := -87.25; lo < 88.5; lo += 0.25 {
		for i := range x {
			x[i] = float32(lo + 0.25*float64(i)/n)
		}
		Exps(got, x, 0)
		for i, g := range got {
			want := math.Exp(float64(x[i]))
			err := math.Abs(float64(g)-want) / ulp32(want)
			if !(err <= 1) {
				t.Fatalf("exp(%v) = %v, want %v: %.2f ulp", x[i], g, want, err)
			}
			worst = max(worst, err)
		}
	}
	t.Logf("worst error %.3f ulp", worst)
}
