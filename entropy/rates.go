package entropy

import "math"

// Perplexity is the number of equally likely outcomes that would be as
// surprising as the average of count outcomes with total surprisal total:
//
//	PPL = exp(total / count)
//
// The exponential of a mean, not a mean of exponentials: perplexities of parts
// do not average to that of the whole; their totals and counts add.
//
// With count tokens it is the usual perplexity of a language model, which
// depends on its tokenizer; with count words it is the word perplexity. A
// model that knows nothing of V outcomes has perplexity V, a perfect one 1.
// Domain: count ≥ 1; zero or fewer outcomes give NaN, and so does a total that
// is NaN; a mean above about 709.78 nats gives +∞. Source: F. Jelinek,
// R. L. Mercer, L. R. Bahl and J. K. Baker, Perplexity: a measure of the
// difficulty of speech recognition tasks, 1977.
func Perplexity(total Nats, count int) float64 {
	return math.Exp(per(float64(total), count))
}

// BitsPerByte is the rate of a total over the bytes of the text it covers:
//
//	total / (ln 2 · bytes)
//
// Divided by 8 it is the compressed size over the original size. Bytes are
// those of the text itself, whatever a tokenizer makes of them, and only of
// the text whose surprisals the total holds. Zero or fewer bytes give NaN;
// a total that is +∞ or NaN stays so.
func BitsPerByte(total Nats, bytes int) float64 {
	return per(float64(total.Bits()), bytes)
}

// BitsPerCharacter is the rate of a total over the characters of the text it
// covers, as utf8.RuneCount counts them:
//
//	total / (ln 2 · characters)
//
// It equals [BitsPerByte] for ASCII and is higher for other scripts. Zero or
// fewer characters give NaN; a total that is +∞ or NaN stays so.
func BitsPerCharacter(total Nats, characters int) float64 {
	return per(float64(total.Bits()), characters)
}

// BitsPerWord is the rate of a total over the words of the text it covers:
//
//	total / (ln 2 · words)
//
// Two to this power is the word perplexity, Perplexity(total, words). What a
// word is, the caller decides and should say. Zero or fewer words give NaN;
// a total that is +∞ or NaN stays so.
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
