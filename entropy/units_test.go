package entropy

import (
	"math"
	"testing"
)

func TestScalars(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"Surprisal(1)", float64(Surprisal(1)), 0},
		{"Surprisal(0)", float64(Surprisal(0)), inf},
		{"Surprisal(1/2) in bits", float64(Surprisal(0.5).Bits()), 1},
		{"Surprisal(1e-300)", float64(Surprisal(1e-300)), 300 * math.Ln10},
		{"Surprisal(-0.1)", float64(Surprisal(-0.1)), nan},
		{"Surprisal(1.1)", float64(Surprisal(1.1)), nan},
		{"Surprisal(NaN)", float64(Surprisal(nan)), nan},
		{"Probability(0)", Probability(0), 1},
		{"Probability(+Inf)", Probability(Nats(inf)), 0},
		{"Probability(746)", Probability(746), 0},
		{"Probability(-1)", Probability(-1), nan},
		{"Probability(NaN)", Probability(Nats(nan)), nan},
		{"Probability(Surprisal(0.3))", Probability(Surprisal(0.3)), 0.3},
		{"Bits.Nats", float64(Bits(3).Nats()), 3 * math.Ln2},
		{"Nats.Bits", float64(Nats(3 * math.Ln2).Bits()), 3},
		{"+Inf.Bits", float64(Nats(inf).Bits()), inf},
		{"MessageLength(0)", float64(MessageLength(0)), 1},
		{"MessageLength(2.5 bits)", float64(MessageLength(Bits(2.5).Nats())), 4},
		{"MessageLength(-1)", float64(MessageLength(-1)), nan},
		{"MessageLength(NaN)", float64(MessageLength(Nats(nan))), nan},
		{"MessageLength(+Inf)", float64(MessageLength(Nats(inf))), inf},
		{"Perplexity", Perplexity(Nats(10*math.Log(50)), 10), 50},
		{"Perplexity of certainty", Perplexity(0, 10), 1},
		{"Perplexity of nothing", Perplexity(0, 0), nan},
		{"Perplexity of fewer", Perplexity(1, -1), nan},
		{"Perplexity of NaN", Perplexity(Nats(nan), 1), nan},
		{"Perplexity overflow", Perplexity(8000, 10), inf},
		{"Perplexity of 700 nats", Perplexity(700, 1), math.Exp(700)},
		{"BitsPerByte", BitsPerByte(Bits(12).Nats(), 6), 2},
		{"BitsPerByte of nothing", BitsPerByte(0, 0), nan},
		{"BitsPerByte of +Inf", BitsPerByte(Nats(inf), 5), inf},
		{"BitsPerCharacter", BitsPerCharacter(Bits(12).Nats(), 4), 3},
		{"BitsPerCharacter of nothing", BitsPerCharacter(1, 0), nan},
		{"BitsPerWord", BitsPerWord(Bits(12).Nats(), 2), 6},
		{"BitsPerWord of nothing", BitsPerWord(1, 0), nan},
		{"word perplexity", math.Exp2(BitsPerWord(Nats(20), 7)), Perplexity(20, 7)},
	} {
		if math.IsNaN(c.want) != math.IsNaN(c.got) || !math.IsNaN(c.want) && !near(c.got, c.want, 2e-15) {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
	if math.Signbit(float64(Surprisal(1))) || math.Signbit(float64(CodeLength(1))) {
		t.Error("the surprisal of certainty is −0")
	}
}

// TestCodeLength is exact: a code word one bit short breaks Kraft's inequality,
// also where the logarithm of p rounds to a whole number.
func TestCodeLength(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct{ p, want float64 }{
		{1, 0}, {0.5, 1}, {0.125, 3}, {0.12, 4}, {0.9, 1}, {0, inf},
		{math.Nextafter(0.125, 0), 4}, {math.Nextafter(0.125, 1), 3}, {math.Nextafter(1, 0), 1},
		{math.SmallestNonzeroFloat64, 1074}, {0x1p-1022, 1022},
		{2, nan}, {-1, nan}, {nan, nan},
	} {
		if got := float64(CodeLength(c.p)); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("CodeLength(%v) = %v, want %v", c.p, got, c.want)
		}
	}
}

func TestStrings(t *testing.T) {
	if s := Nats(2 * math.Ln2).String(); s != "1.386294 nats" {
		t.Errorf("%q", s)
	}
	if s := Nats(2 * math.Ln2).Bits().String(); s != "2 bits" {
		t.Errorf("%q", s)
	}
}
