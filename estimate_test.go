package xent_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"xent"
)

// TestEstimateValues holds the three estimates to their formulas in 256 bits.
func TestEstimateValues(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(logp, logq float64) {
		k1, k2, k3 := xent.EstimateKL(logp, logq)
		delta := logp - logq // exact here
		square, _ := new(big.Float).Quo(bigMul(bigOf(delta), bigOf(delta)), bigOf(2)).Float64()
		want, _ := bigAdd(bigSub(bigExp(bigOf(-delta)), bigOf(1)), bigOf(delta)).Float64()
		if k1 != delta || !(math.Abs(k2-square) <= 0x1p-52*square) || !(math.Abs(k3-want) <= 0x1p-52*1.5*(1+math.Abs(delta))*want) {
			t.Errorf("δ = %v: %v %v %v, want %v %v %v", delta, k1, k2, k3, delta, square, want)
		}
	}
	for range 2000 {
		check(math.Ldexp(r.Float64()-0.5, 10-r.IntN(60)), 0)
	}
	for _, delta := range []float64{1, -1, math.Nextafter(1, 2), math.Nextafter(-1, -2), 700, -700} {
		check(delta, 0)
	}
}

func TestEstimateSpecialCases(t *testing.T) {
	for _, c := range []struct{ logp, logq, k1, k2, k3 float64 }{
		{-3, -3, 0, 0, 0},
		{-1, -inf, inf, inf, inf},
		{-inf, -1, -inf, inf, inf},
		{-800, -1, -799, 799 * 799 / 2.0, inf}, // e⁷⁹⁹ is no float64
		{-1, -1e5, 99999, 99999 * 99999 / 2.0, 99998},
		{-inf, -inf, nan, nan, nan},
		{nan, -1, nan, nan, nan},
		{-1, nan, nan, nan, nan},
	} {
		k1, k2, k3 := xent.EstimateKL(c.logp, c.logq)
		for i, k := range [3][2]float64{{k1, c.k1}, {k2, c.k2}, {k3, c.k3}} {
			if k[0] != k[1] && (k[0] == k[0] || k[1] == k[1]) {
				t.Errorf("log p = %v, log q = %v: k%d = %v, want %v", c.logp, c.logq, i+1, k[0], k[1])
			}
		}
	}
}

// moments are a sample's mean, the mean's standard error, and variance.
type moments struct{ mean, se, variance float64 }

// sampled draws n outcomes from p and estimates KL(p‖q) with each estimator.
func sampled(r *rand.Rand, p, q []float64, n int) (k [3]moments) {
	var sum, squares [3]float64
	for range n {
		x, c := r.Float64(), 0
		for x >= p[c] && c < len(p)-1 {
			x -= p[c]
			c++
		}
		k1, k2, k3 := xent.EstimateKL(math.Log(p[c]), math.Log(q[c]))
		for i, v := range [3]float64{k1, k2, k3} {
			sum[i] += v
			squares[i] += v * v
		}
	}
	for i := range k {
		mean := sum[i] / float64(n)
		variance := squares[i]/float64(n) - mean*mean
		k[i] = moments{mean, math.Sqrt(variance / float64(n)), variance}
	}
	return k
}

// closeAndFar are pairs of distributions. In the last, q's mass lies where p has
// little.
var closeAndFar = map[string][2][]float64{
	"close": {{0.4, 0.3, 0.2, 0.1}, {0.42, 0.27, 0.22, 0.09}},
	"apart": {{0.7, 0.1, 0.1, 0.1}, {0.25, 0.25, 0.25, 0.25}},
	"tail":  {{0.98, 0.01, 0.01}, {0.2, 0.2, 0.6}},
}

// TestEstimatesBySimulation: k1 and k3 are unbiased within four standard errors; k2
// misses the divergence and meets ½ Σ p·log²(p/q); k1 varies most where p and q are
// close, k3 where q is much greater than p.
func TestEstimatesBySimulation(t *testing.T) {
	for name, pair := range closeAndFar {
		p, q := pair[0], pair[1]
		exact, half := 0.0, 0.0
		for c := range p {
			l := math.Log(p[c] / q[c])
			exact += p[c] * l
			half += p[c] * l * l / 2
		}
		k := sampled(rand.New(rand.NewPCG(2020, 3)), p, q, 400_000)
		for i, want := range [3]float64{exact, half, exact} {
			if !(math.Abs(k[i].mean-want) <= 4*k[i].se) {
				t.Errorf("%s: k%d averages %v ± %v, want %v", name, i+1, k[i].mean, k[i].se, want)
			}
		}
		bias := math.Abs(half-exact) / exact
		t.Logf("%s: KL %.5f, k2's bias %.2g of it; variances %.3g %.3g %.3g", name, exact, bias, k[0].variance, k[1].variance, k[2].variance)
		if name != "close" && !(math.Abs(k[1].mean-exact) > 20*k[1].se && bias > 0.05) {
			t.Errorf("%s: k2 shows no bias", name)
		}
		ordered := map[string]bool{
			"close": bias < 0.02 && k[0].variance > 50*k[1].variance && k[0].variance > 50*k[2].variance,
			"apart": k[0].variance > k[1].variance && k[0].variance > k[2].variance,
			"tail":  k[2].variance > k[0].variance && k[2].variance > k[1].variance,
		}
		if !ordered[name] {
			t.Errorf("%s: variances %v", name, k)
		}
	}
}

// TestEstimateWhereTheReferenceHasMore: what q has outside p's support is what k3 lacks.
func TestEstimateWhereTheReferenceHasMore(t *testing.T) {
	p, q := []float64{0.5, 0.5, 0}, []float64{0.3, 0.5, 0.2}
	mean, exact := 0.0, 0.0
	for c := range 2 {
		_, _, k3 := xent.EstimateKL(math.Log(p[c]), math.Log(q[c]))
		mean += p[c] * k3
		exact += p[c] * math.Log(p[c]/q[c])
	}
	if !(math.Abs(mean-(exact-0.2)) <= 1e-15) {
		t.Errorf("k3 averages %v, KL − 0.2 is %v", mean, exact-0.2)
	}
}

// TestEstimatesAreNoGradients: what the comment says of differentiating them, and
// that ReverseKL gives the gradient that is meant. The mean over samples of p of an
// estimate's derivative is Σ p·∂k, with p held.
func TestEstimatesAreNoGradients(t *testing.T) {
	z, reference := []float64{0.3, -1, 0.9, 0.1}, []float64{1, 0.5, -0.2, 0}
	const h = 0x1p-14
	logs := func(z []float64) []float64 {
		s := 0.0
		for _, v := range z {
			s += math.Exp(v)
		}
		l := make([]float64, len(z))
		for c, v := range z {
			l[c] = v - math.Log(s)
		}
		return l
	}
	lp, lq := logs(z), logs(reference)
	_, reverse := one(t, plain(xent.ReverseKL, 0), z, reference)
	_, forward := one(t, plain(xent.ForwardKL, 0), z, reference)
	for c := range z {
		var got [3]float64
		for side := -1.0; side <= 1; side += 2 {
			z[c] += side * h
			for x, l := range logs(z) {
				k1, k2, k3 := xent.EstimateKL(l, lq[x])
				for i, k := range [3]float64{k1, k2, k3} {
					got[i] += math.Exp(lp[x]) * k * side / (2 * h)
				}
			}
			z[c] -= side * h
		}
		for i, want := range [3]float64{0, reverse[c], forward[c]} {
			if !(math.Abs(got[i]-want) <= 1e-7) {
				t.Errorf("class %d: k%d's derivative averages %v, want %v", c, i+1, got[i], want)
			}
		}
	}
}
