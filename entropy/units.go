package entropy

import (
	"fmt"
	"math"
)

// Nats is an amount of information in natural units: the surprisal of an
// outcome of probability 1/e.
type Nats float64

// Bits is an amount of information in binary units: the surprisal of a fair
// coin.
type Bits float64

// Bits converts: n / ln 2.
func (n Nats) Bits() Bits { return Bits(n / math.Ln2) }

// Nats converts: b · ln 2.
func (b Bits) Nats() Nats { return Nats(b * math.Ln2) }

// String gives seven significant digits and the unit, as in "1.386294 nats".
func (n Nats) String() string { return fmt.Sprintf("%.7g nats", float64(n)) }

// String gives seven significant digits and the unit, as in "2 bits".
func (b Bits) String() string { return fmt.Sprintf("%.7g bits", float64(b)) }

// Surprisal is the information in seeing an outcome of probability p:
//
//	s = −log p
//
// Domain: 0 ≤ p ≤ 1, anything else gives NaN. Surprisal(1) is 0 and
// Surprisal(0) is +∞. Surprisals of independent outcomes add. Source: Shannon
// 1948, section 6; Cover & Thomas, section 2.1.
func Surprisal(p float64) Nats {
	if !(p >= 0 && p <= 1) {
		return Nats(math.NaN())
	}
	return Nats(0 - math.Log(p)) // not −log p: the surprisal of certainty is 0, not −0
}

// Probability is the inverse of [Surprisal]:
//
//	p = exp(−s)
//
// Domain: s ≥ 0, anything else gives NaN. Probability(+∞) is 0.
func Probability(s Nats) float64 {
	if !(s >= 0) {
		return math.NaN()
	}
	return math.Exp(-float64(s))
}

// CodeLength is the length of the code word that the Shannon code gives to an
// outcome of probability p:
//
//	ℓ = ⌈−log₂ p⌉
//
// These lengths satisfy Kraft's inequality Σ 2^−ℓ ≤ 1, so a prefix code with
// them exists, and its mean length is below H(p) + 1 bits. The ideal length,
// not rounded up, is Surprisal(p).Bits(). Domain: 0 ≤ p ≤ 1, anything else
// gives NaN; CodeLength(1) is 0 and CodeLength(0) is +∞. Source: Cover &
// Thomas, section 5.4.
func CodeLength(p float64) Bits {
	if !(p >= 0 && p <= 1) {
		return Bits(math.NaN())
	}
	return Bits(math.Ceil(0 - math.Log2(p)))
}

// MessageLength is the length that an arithmetic coder of unlimited precision
// needs at most for a whole message of information total:
//
//	ℓ = ⌈total / ln 2⌉ + 1
//
// The two bits at most above the information are paid once for the message,
// not once for each symbol: this is why a model's total surprisal in bits is a
// file size. Domain: total ≥ 0, anything else gives NaN; +∞ gives +∞. Source:
// Cover & Thomas, sections 5.9 and 13.3.
func MessageLength(total Nats) Bits {
	if !(total >= 0) {
		return Bits(math.NaN())
	}
	return Bits(math.Ceil(float64(total.Bits())) + 1)
}

// Perplexity is the number of equally likely outcomes that would be as
// surprising as the average of count outcomes with total surprisal total:
//
//	PPL = exp(total / count)
//
// With count tokens it is the usual perplexity of a language model, which
// depends on its tokenizer; with count words it is the word perplexity. A
// model that knows nothing of V tokens has perplexity V, a perfect one 1.
// Zero or fewer outcomes give NaN; a mean above about 709.78 nats gives +∞.
// Source: Jelinek, Mercer, Bahl and Baker, Perplexity: a measure of the
// difficulty of speech recognition tasks, 1977.
func Perplexity(total Nats, count int) float64 {
	return math.Exp(per(float64(total), count))
}

// BitsPerByte is the rate of a total over the bytes of the text it covers:
//
//	total / (ln 2 · bytes)
//
// Divided by 8 it is the compressed size over the original size. Zero or fewer
// bytes give NaN. Bytes are those of the text itself, whatever a tokenizer
// makes of them.
func BitsPerByte(total Nats, bytes int) float64 {
	return per(float64(total.Bits()), bytes)
}

// BitsPerCharacter is the rate of a total over the characters of the text it
// covers, as utf8.RuneCount counts them:
//
//	total / (ln 2 · characters)
//
// It equals [BitsPerByte] for ASCII and is higher for other scripts. Zero or
// fewer characters give NaN.
func BitsPerCharacter(total Nats, characters int) float64 {
	return per(float64(total.Bits()), characters)
}

// BitsPerWord is the rate of a total over the words of the text it covers:
//
//	total / (ln 2 · words)
//
// Two to this power is the word perplexity. What a word is, the caller
// decides and should say. Zero or fewer words give NaN.
func BitsPerWord(total Nats, words int) float64 {
	return per(float64(total.Bits()), words)
}

// per is total over count, where no outcome has no mean.
func per(total float64, count int) float64 {
	if count <= 0 {
		return math.NaN()
	}
	return total / float64(count)
}
