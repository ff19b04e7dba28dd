package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestVectorExps compares with the plain loop, to the bit, for every length
// through several vectors, over the whole range and past both of its ends.
func TestVectorExps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	inf := float32(math.Inf(1))
	special := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()), expMin, math.Nextafter32(expMin, -inf), 88, 88.00001, 88.7, 89, -1e-30, 1e30, -1e30}
	for n := range 70 {
		for _, spread := range []float32{1, 40, 100} {
			x, got, want := make([]float32, n), make([]float32, n+1), make([]float32, n)
			for i := range x {
				x[i] = (2*rng.Float32() - 1) * spread
				if rng.IntN(30) == 0 {
					x[i] = special[rng.IntN(len(special))]
				}
			}
			got[n] = 77 // a guard
			for _, a := range []float32{1, 0.37, -2, inf} {
				m := rng.Float32()
				genericExps(want, x, m, a)
				scaledExps(got, x, m, a)
				for i, w := range want {
					if g := got[i]; x[i]-m < expMin && math.Float32bits(g) != 0 {
						t.Fatalf("n = %d: %v·exp(%v − %v) = %v, want +0", n, a, x[i], m, g)
					}
					if g := got[i]; math.Float32bits(g) != math.Float32bits(w) && !(g != g && w != w) {
						t.Fatalf("n = %d: %v·exp(%v − %v) = %v, want %v", n, a, x[i], m, g, w)
					}
				}
				if got[n] != 77 {
					t.Fatalf("n = %d: wrote past the end", n)
				}
			}
		}
	}
}

// TestVectorExpsSweep goes through the exponents finely.
func TestVectorExpsSweep(t *testing.T) {
	const n = 4096
	x, got, want := make([]float32, n), make([]float32, n), make([]float32, n)
	for lo := -90.0; lo < 90; lo += 0.25 {
		for i := range x {
			x[i] = float32(lo + 0.25*float64(i)/n)
		}
		genericExps(want, x, 0, 1)
		Exps(got, x, 0)
		for i, w := range want {
			if math.Float32bits(got[i]) != math.Float32bits(w) {
				t.Fatalf("exp(%v) = %v, want %v", x[i], got[i], w)
			}
		}
	}
}
