package entropy

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogSumExp(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{nil, -inf},
		{[]float64{-inf}, -inf},
		{[]float64{-inf, -inf}, -inf},
		{[]float64{3}, 3},
		{[]float64{3, -inf}, 3},
		{[]float64{1, inf}, inf},
		{[]float64{inf, inf, -inf}, inf},
		{[]float64{nan, inf}, nan},
		{[]float64{inf, nan}, nan},
		{[]float64{1, 2, 3}, 3.4076059644443803},
		{[]float64{1000, 1000}, 1000 + math.Ln2},
		{[]float64{-1000, -1000}, -1000 + math.Ln2},
		{[]float64{math.MaxFloat64, -math.MaxFloat64}, math.MaxFloat64},
		{[]float64{0, -50}, math.Exp(-50)}, // not 0: 1 + exp(−50) is never formed
	} {
		if got := LogSumExp(c.x); !near(got, c.want, 1e-15) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("LogSumExp(%v) = %v, want %v", c.x, got, c.want)
		}
	}
}

func TestLogSoftmax(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	ok := must[[]float64](t)
	for range 20 {
		z := make([]float64, 1+r.IntN(30))
		total := number(0)
		for i := range z {
			z[i] = math.Ldexp(math.Round(r.NormFloat64()*1e4), -10) // exact with the offset below
			total = plus(total, bigExp(z[i]))
		}
		shifted := make([]float64, len(z))
		for i := range z {
			shifted[i] = z[i] + 1e8
		}
		logp, same := ok(LogSoftmax(z)), ok(LogSoftmax(shifted))
		for i, got := range logp {
			want, _ := minus(number(z[i]), bigLog(total)).Float64()
			if !(math.Abs(got-want) <= 1e-15*(1+math.Abs(want))) {
				t.Fatalf("LogSoftmax(%v)[%d] = %v, want %v", z, i, got, want)
			}
			if same[i] != got {
				t.Fatalf("a common offset of 1e8 changes %v to %v", got, same[i])
			}
		}
		if s := LogSumExp(logp); !(math.Abs(s) <= 1e-14) {
			t.Fatalf("LogSumExp of a LogSoftmax = %v", s)
		}
	}
	masked := ok(LogSoftmax([]float64{0, math.Inf(-1), 0}))
	if masked[0] != -math.Ln2 || !math.IsInf(masked[1], -1) {
		t.Errorf("with a masked outcome: %v", masked)
	}
}

// TestLogSoftmaxTop: the log-probability of an outcome that is all but certain
// keeps its digits, although exp of it rounds to 1.
func TestLogSoftmaxTop(t *testing.T) {
	logp := must[[]float64](t)(LogSoftmax([]float64{0, -60}))
	want, _ := bigLog(plus(number(1), bigExp(-60))).Float64()
	if !near(-logp[0], want, 1e-15) {
		t.Errorf("log p = %v, want %v", logp[0], -want)
	}
}
