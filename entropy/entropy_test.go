package entropy

import (
	"math"
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
func must[T any](t testing.TB) func(T, error) T {
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
		if self := ok(CrossEntropy(p, p)); self != h {
			t.Fatalf("H(p,p) = %v, H(p) = %v", self, h)
		}
		checkJSD(t, p, q, r.Float64())
		checkLogs(t, p, q)
	}
}

// checkJSD holds the Jensen–Shannon divergence to its symmetry, its bounds and
// its second form.
func checkJSD(t *testing.T, p, q []float64, beta float64) {
	t.Helper()
	ok := must[Nats](t)
	a, b := ok(JSD(p, q)), ok(JSD(q, p))
	if a != b || !(a >= 0 && a <= math.Ln2*(1+1e-15)) {
		t.Fatalf("JSD = %v and %v", a, b)
	}
	if l, m := ok(JSDLog(logs(p), logs(q))), ok(JSDLog(logs(q), logs(p))); l != m {
		t.Fatalf("JSDLog = %v and %v", l, m)
	}
	d, most := ok(JSDBeta(p, q, beta)), BinaryEntropy(beta)
	if !(d >= 0 && d <= most*(1+1e-15)) {
		t.Fatalf("JSD with β = %v is %v, more than h(β) = %v", beta, d, most)
	}
	m := make([]float64, len(p))
	for i := range m {
		m[i] = beta*p[i] + (1-beta)*q[i]
	}
	gap := ok(Entropy(m)) - Nats(beta)*ok(Entropy(p)) - Nats(1-beta)*ok(Entropy(q))
	if !(math.Abs(float64(d-gap)) <= 1e-13) {
		t.Fatalf("JSD with β = %v is %v, H(m) − βH(p) − (1−β)H(q) = %v", beta, d, gap)
	}
}

// checkLogs holds each function of log-probabilities to its twin, and every
// divergence of a distribution from itself to exactly 0.
func checkLogs(t *testing.T, p, q []float64) {
	t.Helper()
	ok := must[Nats](t)
	lp, lq := logs(p), logs(q)
	for _, c := range []struct {
		name      string
		got, want Nats
	}{
		{"EntropyLog", ok(EntropyLog(lp)), ok(Entropy(p))},
		{"CrossEntropyLog", ok(CrossEntropyLog(lp, lq)), ok(CrossEntropy(p, q))},
		{"CrossEntropyAtLog", ok(CrossEntropyAtLog(0, lq)), ok(CrossEntropyAt(0, q))},
		{"KLLog", ok(KLLog(lp, lq)), ok(KL(p, q))},
		{"JSDLog", ok(JSDLog(lp, lq)), ok(JSD(p, q))},
		{"JSDBetaLog", ok(JSDBetaLog(lp, lq, 0.1)), ok(JSDBeta(p, q, 0.1))},
	} {
		if !(math.Abs(float64(c.got-c.want)) <= 1e-12*(1+float64(c.want))) {
			t.Fatalf("%s = %v, from probabilities %v", c.name, c.got, c.want)
		}
	}
	for name, d := range map[string]Nats{
		"KL": ok(KL(p, p)), "KLLog": ok(KLLog(lp, lp)), "JSD": ok(JSD(p, p)), "JSDLog": ok(JSDLog(lp, lp)),
		"JSDBeta": ok(JSDBeta(p, p, 0.3)), "JSDBetaLog": ok(JSDBetaLog(lp, lp, 0.3)),
	} {
		if d != 0 {
			t.Fatalf("%s(p, p) = %v", name, d)
		}
	}
}

// TestMerging: outcomes taken together tell less (the data-processing
// inequality), and by the grouping rule exactly the entropy inside the groups.
func TestMerging(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	ok := must[Nats](t)
	for range 100 {
		n := 2 + r.IntN(50)
		p, q := random(r, n, true), random(r, n, false)
		groups := 1 + r.IntN(n)
		joint := make([][]float64, groups)
		mp, mq := make([]float64, groups), make([]float64, groups)
		for g := range joint {
			joint[g] = make([]float64, n)
		}
		for i := range p {
			g := r.IntN(groups)
			mp[g], mq[g] = mp[g]+p[i], mq[g]+q[i]
			joint[g][i] = p[i]
		}
		const slack = 1e-13
		if whole, merged := ok(KL(p, q)), ok(KL(mp, mq)); !(merged <= whole+slack) {
			t.Fatalf("KL grows from %v to %v", whole, merged)
		}
		if whole, merged := ok(JSD(p, q)), ok(JSD(mp, mq)); !(merged <= whole+slack) {
			t.Fatalf("JSD grows from %v to %v", whole, merged)
		}
		h, merged, inside := ok(Entropy(p)), ok(Entropy(mp)), ok(ConditionalEntropy(joint))
		if !(math.Abs(float64(h-merged-inside)) <= slack) {
			t.Fatalf("H = %v, of the groups %v + inside them %v", h, merged, inside)
		}
	}
}

// TestSmallBeta: JSD_β/β tends to KL, which no sum of entropies could show.
func TestSmallBeta(t *testing.T) {
	p, q := []float64{0.5, 0.25, 0.25, 0}, []float64{0.25, 0.25, 0.25, 0.25}
	ok := must[Nats](t)
	kl := float64(ok(KL(p, q)))
	for _, beta := range []float64{1e-9, 1e-30, 1e-300} {
		if got := float64(ok(JSDBeta(p, q, beta))) / beta; !near(got, kl, 2*beta+1e-15) {
			t.Errorf("β = %v: JSD/β = %v, KL = %v", beta, got, kl)
		}
		if got := float64(ok(JSDBetaLog(logs(p), logs(q), beta))) / beta; !near(got, kl, 2*beta+1e-15) {
			t.Errorf("β = %v: JSDLog/β = %v, KL = %v", beta, got, kl)
		}
	}
}

func TestUniform(t *testing.T) {
	for _, n := range []int{1, 2, 3, 1000, 131072, 1 << 20} {
		p := make([]float64, n)
		for i := range p {
			p[i] = 1 / float64(n)
		}
		h := must[Nats](t)(Entropy(p))
		if !near(float64(h), math.Log(float64(n)), 1e-15) {
			t.Errorf("uniform over %d: H = %v", n, h)
		}
		if c := must[float64](t)(EffectiveChoices(p)); !near(c, float64(n), 1e-14) {
			t.Errorf("uniform over %d: %v effective choices", n, c)
		}
		if c := Perplexity(100*h, 100); !near(c, float64(n), 1e-14) {
			t.Errorf("uniform over %d: perplexity %v", n, c)
		}
	}
}
