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
		{"Surprisal(-0.1)", float64(Surprisal(-0.1)), nan},
		{"Surprisal(1.1)", float64(Surprisal(1.1)), nan},
		{"Surprisal(NaN)", float64(Surprisal(nan)), nan},
		{"Probability(0)", Probability(0), 1},
		{"Probability(+Inf)", Probability(Nats(inf)), 0},
		{"Probability(-1)", Probability(-1), nan},
		{"Probability(Surprisal(0.3))", Probability(Surprisal(0.3)), 0.3},
		{"Bits.Nats", float64(Bits(3).Nats()), 3 * math.Ln2},
		{"CodeLength(1)", float64(CodeLength(1)), 0},
		{"CodeLength(1/8)", float64(CodeLength(0.125)), 3},
		{"CodeLength(0.12)", float64(CodeLength(0.12)), 4},
		{"CodeLength(0)", float64(CodeLength(0)), inf},
		{"CodeLength(2)", float64(CodeLength(2)), nan},
		{"MessageLength(0)", float64(MessageLength(0)), 1},
		{"MessageLength(2.5 bits)", float64(MessageLength(Bits(2.5).Nats())), 4},
		{"MessageLength(-1)", float64(MessageLength(-1)), nan},
		{"MessageLength(+Inf)", float64(MessageLength(Nats(inf))), inf},
		{"Perplexity", Perplexity(Nats(10*math.Log(50)), 10), 50},
		{"Perplexity of nothing", Perplexity(0, 0), nan},
		{"Perplexity overflow", Perplexity(8000, 10), inf},
		{"BitsPerByte", BitsPerByte(Bits(12).Nats(), 6), 2},
		{"BitsPerByte of nothing", BitsPerByte(0, 0), nan},
		{"BitsPerCharacter", BitsPerCharacter(Bits(12).Nats(), 4), 3},
		{"BitsPerWord", BitsPerWord(Bits(12).Nats(), 2), 6},
	} {
		if math.IsNaN(c.want) != math.IsNaN(c.got) || !math.IsNaN(c.want) && !near(c.got, c.want, 1e-14) {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
	if math.Signbit(float64(Surprisal(1))) || math.Signbit(float64(CodeLength(1))) {
		t.Error("the surprisal of certainty is −0")
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
