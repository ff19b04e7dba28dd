package entropy

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

func TestSpecialCases(t *testing.T) {
	ok := must[Nats](t)
	certain, fair, other, single := []float64{1, 0}, []float64{0.5, 0.5}, []float64{0, 1}, []float64{1}
	inf := Nats(math.Inf(1))
	tiny := math.SmallestNonzeroFloat64
	for _, c := range []struct {
		name      string
		got, want Nats
	}{
		{"H(certain)", ok(Entropy(certain)), 0},
		{"H(single)", ok(Entropy(single)), 0},
		{"H(single, single)", ok(CrossEntropy(single, single)), 0},
		{"KL(single‖single)", ok(KL(single, single)), 0},
		{"JSD(single, single)", ok(JSD(single, single)), 0},
		{"H(certain, fair)", ok(CrossEntropy(certain, fair)), math.Ln2},
		{"H(fair, certain)", ok(CrossEntropy(fair, certain)), inf},
		{"H at the certain", ok(CrossEntropyAt(0, certain)), 0},
		{"H at the impossible", ok(CrossEntropyAt(1, certain)), inf},
		{"H at one of two", ok(CrossEntropyAt(1, fair)), math.Ln2},
		{"KL(certain‖fair)", ok(KL(certain, fair)), math.Ln2},
		{"KL(fair‖certain)", ok(KL(fair, certain)), inf},
		{"JSD(disjoint)", ok(JSD(certain, other)), math.Ln2},
		{"JSD(disjoint), β = 0.1", ok(JSDBeta(certain, other, 0.1)), BinaryEntropy(0.1)},
		{"JSD(disjoint), β = 1e-300", ok(JSDBeta(certain, other, 1e-300)), BinaryEntropy(1e-300)},
		{"EntropyLog(certain)", ok(EntropyLog(logs(certain))), 0},
		{"EntropyLog(single)", ok(EntropyLog(logs(single))), 0},
		{"CrossEntropyLog(fair, certain)", ok(CrossEntropyLog(logs(fair), logs(certain))), inf},
		{"CrossEntropyLog(certain, certain)", ok(CrossEntropyLog(logs(certain), logs(certain))), 0},
		{"CrossEntropyAtLog(0, certain)", ok(CrossEntropyAtLog(0, logs(certain))), 0},
		{"CrossEntropyAtLog(1, certain)", ok(CrossEntropyAtLog(1, logs(certain))), inf},
		{"KLLog(fair‖certain)", ok(KLLog(logs(fair), logs(certain))), inf},
		{"JSDLog(disjoint)", ok(JSDLog(logs(certain), logs(other))), math.Ln2},
		{"JSDLog(disjoint), β = 0.1", ok(JSDBetaLog(logs(certain), logs(other), 0.1)), BinaryEntropy(0.1)},
		{"JSDLog(disjoint), β = 1e-300", ok(JSDBetaLog(logs(certain), logs(other), 1e-300)), BinaryEntropy(1e-300)},

		{"KL from a subnormal", ok(KL([]float64{1, tiny}, fair)), math.Ln2},
		{"KL to a subnormal", ok(KL(fair, []float64{1, tiny})), Nats(math.Log(0.5) - 0.5*math.Log(tiny))},
		{"JSD with a subnormal", ok(JSD([]float64{1, tiny}, certain)), 0},
		{"H with 1e-300", ok(Entropy([]float64{1, 1e-300})), Nats(-1e-300 * math.Log(1e-300))},
		{"KL with 1e-300", ok(KL([]float64{1, 2e-300}, []float64{1, 1e-300})), 1e-300 * (2*math.Ln2 - 1)},
		{"KLLog from an underflow", ok(KLLog([]float64{0, -1e4}, logs(fair))), math.Ln2},
		{"KLLog between underflows", ok(KLLog([]float64{0, -1e4}, []float64{0, -2e4})), 0},
		{"KLLog to an underflow", ok(KLLog(logs(fair), []float64{0, -1e4})), 5000 - math.Ln2},
		{"CrossEntropyLog to an underflow", ok(CrossEntropyLog(logs(fair), []float64{0, -1e4})), 5000},
		{"CrossEntropyLog between underflows", ok(CrossEntropyLog([]float64{0, -750}, []float64{0, -1e300})),
			Nats(math.Exp(-375) * 1e300 * math.Exp(-375))},
		{"CrossEntropyAtLog to an underflow", ok(CrossEntropyAtLog(1, []float64{0, -1e4})), 1e4},
		{"CrossEntropyLog of an underflow to 0", ok(CrossEntropyLog([]float64{0, -1e4}, logs(certain))), inf},
		{"KLLog of an underflow to 0", ok(KLLog([]float64{0, -1e4}, logs(certain))), inf},
		{"JSDLog with an underflow and two zeros", ok(JSDLog([]float64{0, -1e4, -math.Inf(1)}, logs([]float64{1, 0, 0}))), 0},
		{"JSDLog with an underflow", ok(JSDLog([]float64{0, -1e4}, []float64{-1e4, 0})), math.Ln2},
	} {
		if !near(float64(c.got), float64(c.want), 1e-15) {
			t.Errorf("%s = %v, want %v", c.name, float64(c.got), float64(c.want))
		}
		if c.got == 0 && math.Signbit(float64(c.got)) {
			t.Errorf("%s = −0", c.name)
		}
	}
}

func TestErrors(t *testing.T) {
	good, nan, inf := []float64{0.5, 0.5}, math.NaN(), math.Inf(1)
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(Entropy([]float64{1.5, -0.5})), "entropy: p[1] = -0.5 is not a probability: it must be non-negative and finite"},
		{second(Entropy([]float64{nan, 1})), "entropy: p[0] = NaN is not a probability: it must be non-negative and finite"},
		{second(CrossEntropy(good, []float64{0.5, inf})), "entropy: q[1] = +Inf is not a probability: it must be non-negative and finite"},
		{second(CrossEntropyAt(0, []float64{-1, 2})), "entropy: q[0] = -1 is not a probability: it must be non-negative and finite"},
		{second(EntropyLog([]float64{nan, 0})), "entropy: p[0] = NaN is not a log-probability: it must be at most 0, −∞ included"},
		{second(KLLog(logs(good), []float64{-1, 0.1})), "entropy: q[1] = 0.1 is not a log-probability: it must be at most 0, −∞ included"},
		{second(LogSoftmax([]float64{1, inf})), "entropy: logits[1] = +Inf is not a logit: it must be finite or −∞"},
		{second(LogSoftmax([]float64{nan})), "entropy: logits[0] = NaN is not a logit: it must be finite or −∞"},
		{second(MutualInformation([][]float64{{1, 0}, {0, -1}})), "entropy: joint[1][1] = -1 is not a probability: it must be non-negative and finite"},

		{second(Entropy(nil)), "entropy: the 0 probabilities of p sum to 0, not to 1 within 1e-06: normalise them first"},
		{second(EntropyLog(nil)), "entropy: the 0 probabilities of p sum to 0, not to 1 within 1e-06: normalise them first"},
		{second(EffectiveChoices([]float64{0.5, 0.25})), "entropy: the 2 probabilities of p sum to 0.75, not to 1 within 1e-06: normalise them first"},
		{second(Entropy([]float64{math.MaxFloat64, math.MaxFloat64})), "entropy: the 2 probabilities of p sum to +Inf, not to 1 within 1e-06: normalise them first"},
		{second(JSD(good, []float64{0.5, 0.5 + 2*SumTolerance})), "entropy: the 2 probabilities of q sum to 1.000002, not to 1 within 1e-06: normalise them first"},
		{second(JSDLog(logs(good), []float64{-inf, -inf})), "entropy: the 2 probabilities of q sum to 0, not to 1 within 1e-06: normalise them first"},
		{second(LogSoftmax([]float64{-inf})), "entropy: the 1 probabilities of logits sum to 0, not to 1 within 1e-06: normalise them first"},
		{second(LogSoftmax(nil)), "entropy: the 0 probabilities of logits sum to 0, not to 1 within 1e-06: normalise them first"},
		{second(ConditionalEntropy([][]float64{{0.5, 0.25}, {0, 0}})), "entropy: the 4 probabilities of joint sum to 0.75, not to 1 within 1e-06: normalise them first"},
		{second(ConditionalEntropy(nil)), "entropy: the 0 probabilities of joint sum to 0, not to 1 within 1e-06: normalise them first"},

		{second(KL(good, []float64{1})), "entropy: p has 2 outcomes and q has 1"},
		{second(JSDLog(nil, []float64{0})), "entropy: p has 0 outcomes and q has 1"},
		{second(MutualInformation([][]float64{{0.5, 0.5}, {0}})), "entropy: joint[0] has 2 outcomes and joint[1] has 1"},
		{second(CrossEntropyAt(2, good)), "entropy: target 2 is not in [0, 2), the outcomes of q"},
		{second(CrossEntropyAtLog(-100, logs(good))), "entropy: target -100 is not in [0, 2), the outcomes of q"},
		{second(JSDBeta(good, good, 0)), "entropy: the weight β = 0 is not strictly between 0 and 1"},
		{second(JSDBeta(good, good, 1)), "entropy: the weight β = 1 is not strictly between 0 and 1"},
		{second(JSDBetaLog(logs(good), logs(good), nan)), "entropy: the weight β = NaN is not strictly between 0 and 1"},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("error %q, want %q", fmt.Sprint(c.err), c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestErrorFields: a program, not only a reader, can tell what is wrong.
func TestErrorFields(t *testing.T) {
	var value *ValueError
	if err := second(KL([]float64{1, 0}, []float64{1, -1})); !errors.As(err, &value) ||
		value.Vector != "q" || value.Index != 1 || value.Value != -1 {
		t.Errorf("%v", err)
	}
	var total *SumError
	if err := second(Entropy([]float64{3, 5})); !errors.As(err, &total) || total.Vector != "p" || total.Len != 2 || total.Sum != 8 {
		t.Errorf("%v", err)
	}
	var length *LengthError
	if err := second(KL([]float64{1, 0}, []float64{1})); !errors.As(err, &length) || length.Lens != [2]int{2, 1} {
		t.Errorf("%v", err)
	}
	var target *TargetError
	if err := second(CrossEntropyAt(5, []float64{1})); !errors.As(err, &target) || target.Target != 5 || target.Len != 1 {
		t.Errorf("%v", err)
	}
	var beta *BetaError
	if err := second(JSDBeta(nil, nil, 2)); !errors.As(err, &beta) || beta.Beta != 2 {
		t.Errorf("%v", err)
	}
}

// TestSumTolerance: what careful float32 arithmetic leaves is a distribution,
// what has lost more digits is not, and the tolerance itself is where it says.
func TestSumTolerance(t *testing.T) {
	const offset = 200 // common to all logits, so without meaning
	z := make([]float32, 1<<18)
	top, total := float32(math.Inf(-1)), 0.0
	for i := range z {
		z[i] = offset + float32(5*math.Sin(float64(i)*float64(i)))
		top = max(top, z[i])
	}
	for _, x := range z {
		total += math.Exp(float64(x - top))
	}
	s, logSum := float32(total), float32(math.Log(total))
	p, careful, careless := make([]float64, len(z)), make([]float64, len(z)), make([]float64, len(z))
	for i, x := range z {
		p[i] = float64(float32(math.Exp(float64(x-top))) / s)
		careful[i] = float64((x - top) - logSum)
		careless[i] = float64(x - (top + logSum))
	}
	if _, err := Entropy(p); err != nil {
		t.Error(err)
	}
	if _, err := EntropyLog(careful); err != nil {
		t.Error(err)
	}
	if _, err := EntropyLog(careless); err == nil {
		t.Error("z − lse in float32 is taken for a distribution")
	}
	for _, c := range []struct {
		off  float64
		want bool
	}{{0.99, true}, {-0.99, true}, {1.01, false}, {-1.01, false}} {
		v := []float64{0.5, 0.5 + c.off*SumTolerance}
		if err := second(Entropy(v)); (err == nil) != c.want {
			t.Errorf("sum off by %v tolerances: %v", c.off, err)
		}
		if err := second(EntropyLog(logs(v))); (err == nil) != c.want {
			t.Errorf("sum of exponentials off by %v tolerances: %v", c.off, err)
		}
	}
}
