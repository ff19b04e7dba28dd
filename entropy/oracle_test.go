package entropy

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The oracle: the textbook sums in 256-bit arithmetic, with logarithms and
// exponentials of its own.

const precision = 256

func number(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }
func plus(a, b *big.Float) *big.Float {
	return new(big.Float).SetPrec(precision).Add(a, b)
}
func minus(a, b *big.Float) *big.Float {
	return new(big.Float).SetPrec(precision).Sub(a, b)
}
func times(a, b *big.Float) *big.Float {
	return new(big.Float).SetPrec(precision).Mul(a, b)
}
func over(a, b *big.Float) *big.Float {
	return new(big.Float).SetPrec(precision).Quo(a, b)
}

var bigLn2 = twiceArtanh(over(number(1), number(3))) // (2−1)/(2+1)

// twiceArtanh is 2(s + s³/3 + s⁵/5 + …) for |s| ≤ 1/3.
func twiceArtanh(s *big.Float) *big.Float {
	total, term, square := number(0), s, times(s, s)
	for k := 1.0; k < 170; k += 2 {
		total = plus(total, over(term, number(k)))
		term = times(term, square)
	}
	return plus(total, total)
}

// bigLog is the natural logarithm of x > 0: with x = m·2^e, ½ ≤ m < 1,
// log x = 2·artanh((m−1)/(m+1)) + e·log 2.
func bigLog(x *big.Float) *big.Float {
	m := new(big.Float).SetPrec(precision)
	e := x.MantExp(m)
	artanh := twiceArtanh(over(minus(m, number(1)), plus(m, number(1))))
	return plus(artanh, times(bigLn2, number(float64(e))))
}

// bigExp is exp x: with x = k·log 2 + r, |r| ≤ ½, the series of exp r, times
// 2^k. It has no underflow worth speaking of; −∞ gives 0.
func bigExp(x float64) *big.Float {
	if math.IsInf(x, -1) {
		return number(0)
	}
	k := math.Round(x / math.Ln2)
	r := minus(number(x), times(bigLn2, number(k)))
	total, term := number(1), number(1)
	for i := 1.0; i < 60; i++ {
		term = over(times(term, r), number(i))
		total = plus(total, term)
	}
	return total.SetMantExp(total, int(k))
}

func bigVector(p []float64, f func(float64) *big.Float) []*big.Float {
	v := make([]*big.Float, len(p))
	for i, x := range p {
		v[i] = f(x)
	}
	return v
}

// bigCross is −Σ p log q.
func bigCross(p, q []*big.Float) *big.Float {
	total := number(0)
	for i, x := range p {
		if x.Sign() > 0 {
			total = minus(total, times(x, bigLog(q[i])))
		}
	}
	return total
}

// bigKL is Σ p log(p/q) − p + q, which is the divergence where p and q sum to
// one number, as roundings to float64 do not.
func bigKL(p, q []*big.Float) *big.Float {
	total := number(0)
	for i, x := range p {
		total = plus(total, minus(q[i], x))
		if x.Sign() > 0 {
			total = plus(total, times(x, bigLog(over(x, q[i]))))
		}
	}
	return total
}

func bigJSD(p, q []*big.Float, beta float64) *big.Float {
	b, c := number(beta), minus(number(1), number(beta))
	var pm, qm, m []*big.Float // without the outcomes that neither has
	for i := range p {
		if x := plus(times(b, p[i]), times(c, q[i])); x.Sign() > 0 {
			pm, qm, m = append(pm, p[i]), append(qm, q[i]), append(m, x)
		}
	}
	return plus(times(b, bigKL(pm, m)), times(c, bigKL(qm, m)))
}

// hold checks got against the oracle's want, relatively.
func hold(t *testing.T, name string, got Nats, want *big.Float, tolerance float64) {
	t.Helper()
	if w, _ := want.Float64(); !(math.Abs(float64(got)-w) <= tolerance*math.Abs(w)) {
		t.Errorf("%s = %v, exactly %v: relative error %.2g, want at most %g",
			name, float64(got), w, float64(got)/w-1, tolerance)
	}
}

// accuracy is the relative error that the package promises.
const accuracy = 4e-15

func TestAgainstBigFloat(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	ok := must[Nats](t)
	for range 8 {
		n := 2 + r.IntN(40)
		p, q := random(r, n, true), random(r, n, false)
		bp, bq := bigVector(p, number), bigVector(q, number)
		hold(t, "Entropy", ok(Entropy(p)), bigCross(bp, bp), accuracy)
		hold(t, "CrossEntropy", ok(CrossEntropy(p, q)), bigCross(bp, bq), accuracy)
		hold(t, "KL", ok(KL(p, q)), bigKL(bp, bq), accuracy)
		hold(t, "JSD", ok(JSD(p, q)), bigJSD(bp, bq, 0.5), accuracy)
		for _, beta := range []float64{1e-12, 0.1, 0.9, 1 - 0x1p-53} {
			hold(t, "JSDBeta", ok(JSDBeta(p, q, beta)), bigJSD(bp, bq, beta), accuracy)
		}

		lp, lq := logs(p), logs(q) // rounded: another pair of distributions
		bp, bq = bigVector(lp, bigExp), bigVector(lq, bigExp)
		hold(t, "EntropyLog", ok(EntropyLog(lp)), bigCross(bp, bp), accuracy)
		hold(t, "CrossEntropyLog", ok(CrossEntropyLog(lp, lq)), bigCross(bp, bq), accuracy)
		hold(t, "KLLog", ok(KLLog(lp, lq)), bigKL(bp, bq), accuracy)
		hold(t, "JSDLog", ok(JSDLog(lp, lq)), bigJSD(bp, bq, 0.5), accuracy)
		for _, beta := range []float64{1e-12, 0.1, 0.9, 1 - 0x1p-53} {
			hold(t, "JSDBetaLog", ok(JSDBetaLog(lp, lq, beta)), bigJSD(bp, bq, beta), accuracy)
		}
	}
}

// TestCloseDistributions holds the divergences to relative accuracy where
// Σ p log(p/q) has none left: the closer the two, the smaller the result.
func TestCloseDistributions(t *testing.T) {
	ok := must[Nats](t)
	for e := 1; e <= 15; e++ {
		d := math.Pow(10, -float64(e))
		p, q := []float64{0.5, 0.5}, []float64{0.5 + d/2, 0.5 - d/2}
		bp, bq := bigVector(p, number), bigVector(q, number)
		hold(t, "KL", ok(KL(p, q)), bigKL(bp, bq), accuracy)
		hold(t, "JSD", ok(JSD(p, q)), bigJSD(bp, bq, 0.5), accuracy)
		hold(t, "JSDBeta", ok(JSDBeta(p, q, 1e-9)), bigJSD(bp, bq, 1e-9), accuracy)
		lp, lq := logs(p), logs(q)
		bp, bq = bigVector(lp, bigExp), bigVector(lq, bigExp)
		hold(t, "KLLog", ok(KLLog(lp, lq)), bigKL(bp, bq), accuracy)
		hold(t, "JSDLog", ok(JSDLog(lp, lq)), bigJSD(bp, bq, 0.5), accuracy)
		hold(t, "JSDBetaLog", ok(JSDBetaLog(lp, lq, 1e-9)), bigJSD(bp, bq, 1e-9), accuracy)
	}
}

// TestTerms holds every branch of a divergence's terms to the oracle, on both
// sides of each threshold and in every range of magnitude.
func TestTerms(t *testing.T) {
	for _, p := range []float64{1, 0.3, 1e-5, 1e-300, 3e-308} {
		for _, ratio := range []float64{1e-300, 1e-10, 0.1, 0.499, 0.501, 0.8, 0.874, 0.876, 0.99, 0.999999,
			1.000001, 1.011, 1.05, 1.124, 1.126, 1.499, 1.501, 2, 30, 1e10, 1e200} {
			if q := p * ratio; q > 0x1p-1022 && q <= 1 {
				want := bigKL([]*big.Float{number(p)}, []*big.Float{number(q)})
				hold(t, "excess", Nats(excess(p, q, q-p)), want, accuracy)
			}
		}
	}
	for _, a := range []float64{0, -0.5, -30, -700} {
		for _, d := range []float64{-700, -40, -1.001, -0.999, -0.126, -0.124, -1e-6, 1e-6, 0.124, 0.126, 1, 40, 1e5} {
			if b := a - d; b <= 0 {
				want := bigKL([]*big.Float{bigExp(a)}, []*big.Float{bigExp(b)})
				hold(t, "excessLog", Nats(excessLog(a, math.Exp(b), a-b)), want, accuracy)
			}
		}
	}
}

func TestBinaryEntropy(t *testing.T) {
	nan := math.NaN()
	for p, want := range map[float64]float64{0: 0, 1: 0, 0.5: math.Ln2, -0.1: nan, 1.1: nan, math.Inf(1): nan} {
		if h := float64(BinaryEntropy(p)); h != want && !(math.IsNaN(h) && math.IsNaN(want)) {
			t.Errorf("h(%v) = %v, want %v", p, h, want)
		}
	}
	if !math.IsNaN(float64(BinaryEntropy(nan))) {
		t.Error("h(NaN) is a number")
	}
	if h := float64(BinaryEntropy(1e-300)); !near(h, 1e-300*(1-math.Log(1e-300)), 1e-15) {
		t.Errorf("h(1e-300) = %v", h)
	}
	for _, p := range []float64{1e-30, 1e-17, 1e-5, 0.1, 0.3, 0.9, 1 - 0x1p-53} {
		two := []*big.Float{number(p), minus(number(1), number(p))}
		hold(t, "BinaryEntropy", BinaryEntropy(p), bigCross(two, two), accuracy)
	}
}
