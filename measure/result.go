package measure

import (
	"math"

	"xent/entropy"
	"xent/internal/exact"
)

// A Summary is what was measured on some text: counts, and what follows from
// them. All counts but the missing and total ones are of scored tokens and the
// text they cover. With nothing scored every measured number is NaN.
type Summary struct {
	Tokens        int // scored
	MissingTokens int // not scored, for want of BOS
	Bytes         int // of the text, covered by scored tokens
	BytesMissing  int // the rest of BytesTotal
	BytesTotal    int // of the whole text
	Characters    int
	Words         int

	Nats             entropy.Nats // total surprisal
	Bits             entropy.Bits // the same
	NatsPerToken     entropy.Nats
	Perplexity       float64 // exp(Nats / Tokens)
	WordPerplexity   float64 // exp(Nats / Words); NaN without words
	BitsPerByte      float64
	BitsPerCharacter float64
	AccuracyTop1     float64      // share of tokens the model held most probable; NaN if no rank is known
	AccuracyTop5     float64      // share of tokens among its five most probable; likewise
	EntropyPerToken  entropy.Nats // mean entropy of the predicted distributions
}

// A Total is the Summary of all documents together, and what it took.
type Total struct {
	Summary
	Documents       int
	TokensProcessed int     // length of all windows: scored tokens, their contexts and BOS
	Seconds         float64 // wall time, tokenizing and reading included
}

// A DocumentResult is the Summary of one document.
type DocumentResult struct {
	Document string // its name
	Summary
}

// A Result is all that Evaluate found. It marshals to the members "total",
// "documents", "first_window" and "warnings" of a JSON object; it has no
// MarshalJSON, so that a larger report can embed it.
type Result struct {
	Total     Total            `json:"total"`
	Documents []DocumentResult `json:"documents"` // in the order they came
	// FirstWindow is the exact list of ids of the first window that was scored.
	FirstWindow []int32   `json:"first_window"`
	Warnings    []Warning `json:"warnings"`
}

// A Warning says what may make a result other than what was meant.
type Warning struct {
	Code    string `json:"code"`    // one of the Warn constants
	Message string `json:"message"` // one sentence for people
	Count   int    `json:"count"`   // documents or tokens concerned
}

// Codes of warnings.
const (
	// WarnDoubledBOS: text starts with the BOS that the protocol puts before it,
	// in Count documents.
	WarnDoubledBOS = "doubled_bos"
	// WarnMissingBOS: the tokenizer says texts start with BOS, the protocol has
	// none. Count documents.
	WarnMissingBOS = "missing_bos"
	// WarnOtherBOS: the protocol's BOS is not the tokenizer's. Count documents.
	WarnOtherBOS = "other_bos"
	// WarnNotFinite: Count scored tokens have an infinite or undefined surprisal.
	WarnNotFinite = "not_finite"
)

// A tally adds up scored tokens. Its sums are exact: tallies of parts merge to
// the tally of the whole.
type tally struct {
	tokens, missing, total int // total: bytes of the whole text
	covered, uncovered     extent
	ranked, top1, top5     int // ranked: tokens whose rank is known
	notFinite              int
	nats, entropy          exact.Sum
}

// add counts a scored token.
func (t *tally) add(nats, h float64, rank int32) {
	t.tokens++
	t.nats.Add(nats)
	t.entropy.Add(h)
	if math.IsNaN(nats) || math.IsInf(nats, 0) {
		t.notFinite++
	}
	if math.IsNaN(nats) || rank < 1 { // a NaN row ranks nothing
		return
	}
	t.ranked++
	if rank == 1 {
		t.top1++
	}
	if rank <= 5 {
		t.top5++
	}
}

func (t *tally) merge(u *tally) {
	t.tokens += u.tokens
	t.missing += u.missing
	t.total += u.total
	t.covered.add(u.covered)
	t.uncovered.add(u.uncovered)
	t.ranked += u.ranked
	t.top1 += u.top1
	t.top5 += u.top5
	t.notFinite += u.notFinite
	t.nats.Merge(&u.nats)
	t.entropy.Merge(&u.entropy)
}

func (t *tally) summary() Summary {
	nats := entropy.Nats(t.nats.Float64())
	n := float64(t.tokens)
	if t.tokens == 0 {
		nats = entropy.Nats(math.NaN()) // nothing scored is not a score of 0
	}
	top1, top5 := float64(t.top1)/n, float64(t.top5)/n
	if t.ranked == 0 { // a scorer that knows no ranks is not always wrong
		top1, top5 = math.NaN(), math.NaN()
	}
	return Summary{
		Tokens: t.tokens, MissingTokens: t.missing,
		Bytes: t.covered.bytes, BytesMissing: t.uncovered.bytes, BytesTotal: t.total,
		Characters: t.covered.characters, Words: t.covered.words,
		Nats: nats, Bits: nats.Bits(), NatsPerToken: nats / entropy.Nats(n),
		Perplexity:       entropy.Perplexity(nats, t.tokens),
		WordPerplexity:   entropy.Perplexity(nats, t.covered.words),
		BitsPerByte:      entropy.BitsPerByte(nats, t.covered.bytes),
		BitsPerCharacter: entropy.BitsPerCharacter(nats, t.covered.characters),
		AccuracyTop1:     top1,
		AccuracyTop5:     top5,
		EntropyPerToken:  entropy.Nats(t.entropy.Float64() / n),
	}
}
