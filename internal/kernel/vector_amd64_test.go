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
	x := make([]float32, 2*Block+40)
	for n := 0; n < len(x); n += 1 + n/300 {
		for i := range n {
			x[i] = float32(rng.NormFloat64() * 30)
			if rng.IntN(50) == 0 {
				x[i] = negInf
			}
		}
		x := x[:n]
		var maxima [2]float32
		var sums, products [2]float64
		var exps [2][]float32
		for k := range 2 {
			hasAVX512 = k == 0
			maxima[k] = Max(x)
			block := x[:min(n, Block)]
			if m := Max(block); m > negInf {
				var got [2]float64
				if done, _ := SumExp(NewScale(1), block, m, &got); done != len(block) {
					t.Fatalf("n = %d: stopped after %d", n, done)
				}
				sums[k], products[k] = got[0], got[1]
			}
			exps[k] = make([]float32, n)
			scaledExps(exps[k], x, 3, 0.7)
		}
		if maxima[0] != maxima[1] || sums[0] != sums[1] || products[0] != products[1] {
			t.Fatalf("n = %d: max %v, Σe %v, Σe·d %v", n, maxima, sums, products)
		}
		for i := range n {
			if math.Float32bits(exps[0][i]) != math.Float32bits(exps[1][i]) {
				t.Fatalf("n = %d: exp(%v − 3) is %v and %v", n, x[i], exps[0][i], exps[1][i])
			}
		}
	}
}
