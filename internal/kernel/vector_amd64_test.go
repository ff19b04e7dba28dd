//go:build amd64 && !purego

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestVectorSetsAgree: AVX-512 and AVX2 give the same bits, for every length
// through two blocks.
func TestVectorSetsAgree(t *testing.T) {
	if !hasAVX512 {
		t.Skip("this CPU, or GODEBUG, has no AVX-512")
	}
	defer func() { hasAVX512 = true }()
	rng := rand.New(rand.NewPCG(3, 4))
	x, halves := make([]float32, 2*Block+40), [2][]uint16{}
	for n := 0; n < len(x); n += 1 + n/300 {
		spread := 1 + 40*rng.Float64()
		for i := range n {
			x[i] = float32(rng.NormFloat64() * spread)
			if rng.IntN(50) == 0 && n%3 == 0 {
				x[i] = negInf
			}
		}
		for k, h := range []Half{BFloat16, Float16} {
			halves[k] = halves[k][:0]
			for _, v := range x[:n] {
				halves[k] = append(halves[k], h.Round(v))
			}
		}
		var bits [2][]uint64
		for k := range 2 {
			hasAVX512 = k == 0
			bits[k] = allBits(x[:n], halves)
		}
		for i, b := range bits[0] {
			if bits[1][i] != b {
				t.Fatalf("n = %d: number %d is %#x and %#x", n, i, b, bits[1][i])
			}
		}
	}
}

// allBits are those of all that the vector loops make of x.
func allBits(x []float32, halves [2][]uint16) (all []uint64) {
	add := func(numbers ...float32) {
		for _, v := range numbers {
			all = append(all, uint64(math.Float32bits(v)))
		}
	}
	y, z := make([]float32, len(x)), make([]uint16, len(x))
	m := Max(x)
	add(m)
	scaledExps(y, x, 3, 0.7)
	add(y...)
	if !(m > negInf) {
		return all
	}
	for _, m := range []float32{m, m - 1} { // done, and stopped
		for _, scale := range []*Scale{scaleOf(1), scaleOf(0.7), scaleOf(2.5)} {
			var sums, halfSums [2]float64
			done, top := SumExp(scale, x, m, &sums, y)
			all = append(all, uint64(done), math.Float64bits(sums[0]), math.Float64bits(sums[1]))
			add(top)
			add(y[:done]...)
			for k, h := range []Half{BFloat16, Float16} {
				done, top := SumExpHalf(scale, h, halves[k], m, &halfSums, y)
				all = append(all, uint64(done), math.Float64bits(halfSums[0]), math.Float64bits(halfSums[1]))
				add(top)
				add(y[:done]...)
			}
		}
	}
	SumExp(scaleOf(1), x, m, new([2]float64), y)
	for _, s := range []Slope{{A: 0.3}, {A: 0.3, B: 1e-4}, {A: -0.1, B: 0.3, W: x}} {
		g := make([]float32, len(x))
		Gradient(g, y, &s, false)
		add(g...)
		for _, h := range []Half{BFloat16, Float16} {
			GradientHalf(h, z, y, &s, false)
			for _, b := range z {
				all = append(all, uint64(b))
			}
		}
	}
	return all
}
