package entropy

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// near reports whether got is within rel of want, relatively; NaN is not.
func near(got, want, rel float64) bool {
	return got == want || math.Abs(got-want) <= rel*math.Abs(want)
}

// random returns a distribution over n outcomes whose probabilities span many
// orders of magnitude, a few of them 0.
func random(r *rand.Rand, n int, zeros bool) []float64 {
	p := make([]float64, n)
	total := 0.0
	for i := range p {
		p[i] = math.Exp(r.NormFloat64() * 4)
		if zeros && i > 0 && r.IntN(4) == 0 {
			p[i] = 0
		}
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
	return p
}

func logs(p []float64) []float64 {
	l := make([]float64, len(p))
	for i, x := range p {
		l[i] = math.Log(x)
	}
	return l
}

// must fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(x T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

func TestIdentities(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	ok := must[Nats](t)
	for range 300 {
		n := 1 + r.IntN(200)
		q := random(r, n, false)
		p := random(r, n, true)
		lp, lq := logs(p), logs(q)
		h, cross, kl := ok(Entropy(p)), ok(CrossEntropy(p, q)), ok(KL(p, q))
		if !near(float64(cross), float64(h+kl), 1e-13) {
			t.Fatalf("H(p,q) = %v, H(p) + KL(p‖q) = %v", cross, h+kl)
		}
		if !(h >= 0 && float64(h) <= math.Log(float64(n))+1e-12) {
			t.Fatalf("H = %v outside [0, log %d]", h, n)
		}
		if !(kl >= 0) {
			t.Fatalf("KL = %v < 0", kl)
		}
		a, b := ok(JSD(p, q)), ok(JSD(q, p))
		if a != b || !(a >= 0 && a <= math.Ln2+1e-12) {
			t.Fatalf("JSD = %v and %v", a, b)
		}
		for _, c := range []struct {
			name      string
			got, want Nats
		}{
			{"EntropyLog", ok(EntropyLog(lp)), h},
			{"CrossEntropyLog", ok(CrossEntropyLog(lp, lq)), cross},
			{"KLLog", ok(KLLog(lp, lq)), kl},
			{"JSDLog", ok(JSDLog(lp, lq)), a},
		} {
			if !(math.Abs(float64(c.got-c.want)) <= 1e-12*(1+float64(c.want))) {
				t.Fatalf("%s = %v, from probabilities %v", c.name, c.got, c.want)
			}
		}
		for name, d := range map[string]Nats{"KL": ok(KL(p, p)), "JSD": ok(JSD(p, p)), "KLLog": ok(KLLog(lp, lp)), "JSDLog": ok(JSDLog(lp, lp))} {
			if d != 0 {
				t.Fatalf("%s(p, p) = %v", name, d)
			}
		}
	}
}

func TestUniform(t *testing.T) {
	for _, n := range []int{1, 2, 3, 1000, 131072} {
		p := make([]float64, n)
		for i := range p {
			p[i] = 1 / float64(n)
		}
		h := must[Nats](t)(Entropy(p))
		if !near(float64(h), math.Log(float64(n)), 1e-14) {
			t.Errorf("uniform over %d: H = %v", n, h)
		}
		if c := must[float64](t)(EffectiveChoices(p)); !near(c, float64(n), 1e-12) {
			t.Errorf("uniform over %d: %v effective choices", n, c)
		}
	}
}

func TestSpecialCases(t *testing.T) {
	ok := must[Nats](t)
	certain, fair, other := []float64{1, 0}, []float64{0.5, 0.5}, []float64{0, 1}
	inf := Nats(math.Inf(1))
	tiny := math.SmallestNonzeroFloat64
	for _, c := range []struct {
		name      string
		got, want Nats
	}{
		{"H(certain)", ok(Entropy(certain)), 0},
		{"H(certain, fair)", ok(CrossEntropy(certain, fair)), math.Ln2},
		{"H(fair, certain)", ok(CrossEntropy(fair, certain)), inf},
		{"KL(certain‖fair)", ok(KL(certain, fair)), math.Ln2},
		{"KL(fair‖certain)", ok(KL(fair, certain)), inf},
		{"JSD(disjoint)", ok(JSD(certain, other)), math.Ln2},
		{"EntropyLog(certain)", ok(EntropyLog(logs(certain))), 0},
		{"CrossEntropyLog(fair, certain)", ok(CrossEntropyLog(logs(fair), logs(certain))), inf},
		{"CrossEntropyLog(certain, certain)", ok(CrossEntropyLog(logs(certain), logs(certain))), 0},
		{"KLLog(fair‖certain)", ok(KLLog(logs(fair), logs(certain))), inf},
		{"JSDLog(disjoint)", ok(JSDLog(logs(certain), logs(other))), math.Ln2},
		{"KL from a subnormal", ok(KL([]float64{1, tiny}, fair)), math.Ln2},
		{"KL to a subnormal", ok(KL(fair, []float64{1, tiny})), Nats(math.Log(0.5) - 0.5*math.Log(tiny))},
		{"JSD with a subnormal", ok(JSD([]float64{1, tiny}, certain)), 0},
		{"KLLog from an underflow", ok(KLLog([]float64{0, -1e4}, logs(fair))), math.Ln2},
		{"CrossEntropyLog to an underflow", ok(CrossEntropyLog(logs(fair), []float64{0, -1e4})), 5000},
	} {
		if !near(float64(c.got), float64(c.want), 1e-15) {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
	if h := ok(Entropy(certain)); math.Signbit(float64(h)) {
		t.Error("the entropy of certainty is −0")
	}
}

// bigLog is the natural logarithm of a positive x to about 200 bits: with
// x = m·2^e, log x = 2·artanh((m−1)/(m+1)) + e·log 2.
func bigLog(x *big.Float) *big.Float {
	const precision = 256
	artanh := func(s *big.Float) *big.Float {
		total := new(big.Float).SetPrec(precision)
		term := new(big.Float).SetPrec(precision).Set(s)
		square := new(big.Float).SetPrec(precision).Mul(s, s)
		for k := int64(1); k < 400; k += 2 {
			part := new(big.Float).SetPrec(precision).Quo(term, new(big.Float).SetInt64(k))
			total.Add(total, part)
			term.Mul(term, square)
		}
		return total.Add(total, total)
	}
	m := new(big.Float).SetPrec(precision)
	e := x.MantExp(m)
	one := new(big.Float).SetPrec(precision).SetInt64(1)
	s := new(big.Float).SetPrec(precision).Quo(
		new(big.Float).SetPrec(precision).Sub(m, one),
		new(big.Float).SetPrec(precision).Add(m, one))
	third := new(big.Float).SetPrec(precision).Quo(one, new(big.Float).SetInt64(3))
	log2 := artanh(third) // (2−1)/(2+1)
	log2.Mul(log2, new(big.Float).SetInt64(int64(e)))
	return log2.Add(log2, artanh(s))
}

// bigSum is Σ f over outcomes, f being a product or quotient of big numbers.
func bigKL(p, q []float64) float64 {
	total := new(big.Float).SetPrec(256)
	for i, x := range p {
		bq, bp := new(big.Float).SetPrec(256).SetFloat64(q[i]), new(big.Float).SetPrec(256).SetFloat64(x)
		total.Add(total, bq).Sub(total, bp)
		if x > 0 {
			ratio := new(big.Float).SetPrec(256).Quo(bp, bq)
			total.Add(total, ratio.Mul(bp, bigLog(ratio)))
		}
	}
	f, _ := total.Float64()
	return f
}

func bigCross(p, q []float64) float64 {
	total := new(big.Float).SetPrec(256)
	for i, x := range p {
		if x > 0 {
			l := bigLog(new(big.Float).SetPrec(256).SetFloat64(q[i]))
			total.Sub(total, l.Mul(l, new(big.Float).SetPrec(256).SetFloat64(x)))
		}
	}
	f, _ := total.Float64()
	return f
}

func TestAgainstBigFloat(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	ok := must[Nats](t)
	for range 20 {
		n := 1 + r.IntN(40)
		p, q := random(r, n, true), random(r, n, false)
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"Entropy", float64(ok(Entropy(p))), bigCross(p, p)},
			{"CrossEntropy", float64(ok(CrossEntropy(p, q))), bigCross(p, q)},
			{"KL", float64(ok(KL(p, q))), bigKL(p, q)},
		} {
			if !near(c.got, c.want, 4e-15) && !(math.Abs(c.got-c.want) <= 1e-16) {
				t.Errorf("%s = %v, big.Float %v", c.name, c.got, c.want)
			}
		}
	}
}

// TestCloseDistributions holds KL and JSD to relative accuracy where
// Σ p log(p/q) has none left: the closer the two, the smaller the result.
func TestCloseDistributions(t *testing.T) {
	ok := must[Nats](t)
	for e := 1; e <= 15; e++ {
		d := math.Pow(10, -float64(e))
		p, q := []float64{0.5, 0.5}, []float64{0.5 + d/2, 0.5 - d/2}
		want := bigKL(p, q)
		if kl := ok(KL(p, q)); !near(float64(kl), want, 1e-14) {
			t.Errorf("distance %g: KL = %v, want %v", d, float64(kl), want)
		}
		// log q itself is rounded, which moves δ by up to 2⁻⁵³.
		if kl := ok(KLLog(logs(p), logs(q))); !(kl >= 0) || !(math.Abs(float64(kl)-want) <= d*4e-16+1e-31) {
			t.Errorf("distance %g: KLLog = %v, want %v", d, float64(kl), want)
		}
		// JSD is close to KL/4 here: both are quadratic in d.
		if j := ok(JSD(p, q)); !near(float64(j), want/4, d+1e-13) {
			t.Errorf("distance %g: JSD = %v, want about %v", d, float64(j), want/4)
		}
	}
}

func TestErrors(t *testing.T) {
	good := []float64{0.5, 0.5}
	nan, inf := math.NaN(), math.Inf(1)
	call := map[string]func() error{
		"p[1] negative": func() error { _, err := Entropy([]float64{1.5, -0.5}); return err },
		"p[0] NaN":      func() error { _, err := Entropy([]float64{nan, 1}); return err },
		"q[1] +Inf":     func() error { _, err := CrossEntropy(good, []float64{0.5, inf}); return err },
		"log p[0] NaN":  func() error { _, err := EntropyLog([]float64{nan, 0}); return err },
		"log q[1] > 0":  func() error { _, err := KLLog(logs(good), []float64{-1, 0.1}); return err },
	}
	want := map[string]ValueError{
		"p[1] negative": {"p", 1, -0.5, false},
		"p[0] NaN":      {"p", 0, nan, false},
		"q[1] +Inf":     {"q", 1, inf, false},
		"log p[0] NaN":  {"p", 0, nan, true},
		"log q[1] > 0":  {"q", 1, 0.1, true},
	}
	for name, f := range call {
		var e *ValueError
		w := want[name]
		if err := f(); !errors.As(err, &e) || e.Vector != w.Vector || e.Index != w.Index || e.Log != w.Log ||
			math.Float64bits(e.Value) != math.Float64bits(w.Value) {
			t.Errorf("%s: error %v", name, err)
		} else if e.Error() == "" {
			t.Errorf("%s: no message", name)
		}
	}

	sums := map[string]func() error{
		"empty":     func() error { _, err := Entropy(nil); return err },
		"empty log": func() error { _, err := EntropyLog(nil); return err },
		"sum 0.9":   func() error { _, err := EffectiveChoices([]float64{0.5, 0.4}); return err },
		"sum 1+2e-6": func() error {
			_, err := JSD(good, []float64{0.5, 0.5 + 2*SumTolerance})
			return err
		},
		"all masked": func() error { _, err := JSDLog(logs(good), []float64{-inf, -inf}); return err },
	}
	for name, f := range sums {
		var e *SumError
		if err := f(); !errors.As(err, &e) || e.Error() == "" {
			t.Errorf("%s: error %v, want a SumError", name, err)
		}
	}
	var e *LengthError
	if _, err := KL(good, []float64{1}); !errors.As(err, &e) || e.P != 2 || e.Q != 1 || e.Error() == "" {
		t.Errorf("lengths 2 and 1: error %v", err)
	}
	if _, err := Entropy([]float64{0.5, 0.5 + SumTolerance/2}); err != nil {
		t.Errorf("within the tolerance: %v", err)
	}
}
