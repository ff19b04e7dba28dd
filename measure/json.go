package measure

import (
	"encoding/json"
	"math"
	"strconv"
)

// MarshalJSON writes the total as a flat object: the members of a Summary,
// then "documents", "tokens_processed", "seconds" and rates per second.
func (t Total) MarshalJSON() ([]byte, error) {
	var o object
	o.summary(t.Summary)
	o.integer("documents", t.Documents)
	o.integer("tokens_processed", t.TokensProcessed)
	o.number("seconds", t.Seconds, "")
	o.number("tokens_processed_per_second", float64(t.TokensProcessed)/t.Seconds, "no_time_passed")
	o.number("tokens_scored_per_second", float64(t.Tokens)/t.Seconds, "no_time_passed")
	return o.close()
}

// MarshalJSON writes "document", then the members of a Summary.
func (d DocumentResult) MarshalJSON() ([]byte, error) {
	var o object
	o.text("document", d.Document)
	o.summary(d.Summary)
	return o.close()
}

// MarshalJSON writes the counts and numbers under stable names. A number that
// is not finite is null, and the member "nonfinite" says why:
//
//	nothing_scored     no token was scored
//	no_words           the scored text holds no end of a word; for characters
//	                   and bytes no_characters and no_bytes
//	zero_probability   the model gave a token probability 0: infinite surprisal
//	undefined          the model gave a token no probability (NaN), or no
//	                   rank or entropy where that is what is null
//	overflow           a finite surprisal whose perplexity is too large
func (s Summary) MarshalJSON() ([]byte, error) {
	var o object
	o.summary(s)
	return o.close()
}

// MarshalJSON writes one line of a record per token. Nats, rank and entropy of
// a missing token are null, with the reason "missing". Text that is not valid
// UTF-8, such as a part of a character, is shown with U+FFFD; the byte range is
// exact.
func (t Token) MarshalJSON() ([]byte, error) {
	reason, unknown := surprisalReason(t.Nats), "undefined"
	if t.Missing {
		reason, unknown = "missing", "missing"
	}
	var o object
	o.text("document", t.Document)
	o.integer("position", t.Position)
	o.integer("byte_start", t.ByteStart)
	o.integer("byte_end", t.ByteEnd)
	o.integer("id", int(t.ID))
	o.text("text", t.Text)
	o.number("nats", t.Nats, reason)
	if t.Rank > 0 {
		o.integer("rank", int(t.Rank))
	} else {
		o.number("rank", math.NaN(), unknown)
	}
	o.number("entropy", t.Entropy, unknown)
	return o.close()
}

func (o *object) summary(s Summary) {
	o.integer("tokens", s.Tokens)
	o.integer("missing_tokens", s.MissingTokens)
	o.integer("bytes", s.Bytes)
	o.integer("bytes_missing", s.BytesMissing)
	o.integer("bytes_total", s.BytesTotal)
	o.integer("characters", s.Characters)
	o.integer("words", s.Words)

	reason := surprisalReason(float64(s.Nats))
	unknown := "undefined"
	if s.Tokens == 0 {
		reason, unknown = "nothing_scored", "nothing_scored"
	}
	per := func(count int, none string) string {
		if count == 0 && s.Tokens > 0 {
			return none
		}
		return reason
	}
	o.number("nats", float64(s.Nats), reason)
	o.number("bits", float64(s.Bits), reason)
	o.number("nats_per_token", float64(s.NatsPerToken), reason)
	o.number("perplexity", s.Perplexity, reason)
	o.number("bits_per_byte", s.BitsPerByte, per(s.Bytes, "no_bytes"))
	o.number("bits_per_character", s.BitsPerCharacter, per(s.Characters, "no_characters"))
	o.number("word_perplexity", s.WordPerplexity, per(s.Words, "no_words"))
	o.number("accuracy_top1", s.AccuracyTop1, unknown)
	o.number("accuracy_top5", s.AccuracyTop5, unknown)
	o.number("entropy_per_token", float64(s.EntropyPerToken), unknown)
}

// surprisalReason says why something that follows from a surprisal, or a total
// of them, is not finite.
func surprisalReason(nats float64) string {
	switch {
	case math.IsNaN(nats):
		return "undefined"
	case math.IsInf(nats, 0):
		return "zero_probability"
	}
	return "overflow"
}

// An object writes a JSON object member by member, in order. It exists for the
// rule on numbers that JSON cannot hold.
type object struct {
	buf       []byte
	nonfinite []byte // members of the object of reasons
	err       error
}

func (o *object) name(name string) {
	separator := byte(',')
	if len(o.buf) == 0 {
		separator = '{'
	}
	o.buf = append(o.buf, separator)
	o.buf = strconv.AppendQuote(o.buf, name)
	o.buf = append(o.buf, ':')
}

func (o *object) integer(name string, x int) {
	o.name(name)
	o.buf = strconv.AppendInt(o.buf, int64(x), 10)
}

func (o *object) text(name, x string) {
	o.name(name)
	b, err := json.Marshal(x)
	if err != nil {
		o.err = err
	}
	o.buf = append(o.buf, b...)
}

// number writes x, or null with a reason.
func (o *object) number(name string, x float64, reason string) {
	o.name(name)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		o.buf = append(o.buf, "null"...)
		if len(o.nonfinite) > 0 {
			o.nonfinite = append(o.nonfinite, ',')
		}
		o.nonfinite = strconv.AppendQuote(o.nonfinite, name)
		o.nonfinite = append(o.nonfinite, ':')
		o.nonfinite = strconv.AppendQuote(o.nonfinite, reason)
		return
	}
	b, err := json.Marshal(x)
	if err != nil {
		o.err = err
	}
	o.buf = append(o.buf, b...)
}

func (o *object) close() ([]byte, error) {
	if len(o.nonfinite) > 0 {
		o.name("nonfinite")
		o.buf = append(o.buf, '{')
		o.buf = append(o.buf, o.nonfinite...)
		o.buf = append(o.buf, '}')
	}
	return append(o.buf, '}'), o.err
}
