package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"xent"
	"xent/internal/exact"
	"xent/tokenizer"
)

// history is a Predictor whose distribution depends on every id of the context
// and on their order: whatever a window shows wrongly changes its numbers.
type history struct{ v int }

func (h history) Vocab() int { return h.v }

func (h history) LogProbabilities(dst []float64, context []int32) {
	state := uint64(len(context))
	for _, id := range context {
		state = (state ^ uint64(id)) * 0x9e3779b97f4a7c15
		state ^= state >> 29
	}
	total := 0.0
	for c := range dst {
		x := (state ^ uint64(c)) * 0xbf58476d1ce4e5b9
		x ^= x >> 32
		dst[c] = float64(x%4096)/512 - 4
		total += math.Exp(dst[c])
	}
	for c := range dst {
		dst[c] -= math.Log(total)
	}
}

// pairs is a tokenizer whose tokens are two bytes long, ending inside
// characters and words; the last may be one byte. Token ids are below 600.
type pairs struct {
	bos  int32
	adds bool
}

func (p pairs) EncodeOffsets(text []byte) (ids []int32, spans [][2]int) {
	for i := 0; i < len(text); i += 2 {
		end := min(i+2, len(text))
		id := int32(text[i])
		if end == i+2 {
			id += int32(text[i+1])
		}
		ids = append(ids, id)
		spans = append(spans, [2]int{i, end})
	}
	return ids, spans
}

func (p pairs) BOS() (int32, bool) { return p.bos, true }
func (p pairs) AddsBOS() bool      { return p.adds }

const pairsVocab = 600

func evaluate(t *testing.T, s Scorer, tok Tokenizer, p Protocol, o Options, docs ...Document) Result {
	t.Helper()
	r, err := Evaluate(t.Context(), s, tok, All(docs...), p, o)
	if err != nil {
		t.Fatal(err)
	}
	r.Total.Seconds = 0
	return r
}

// exactly writes x with all digits of its numbers.
func exactly(t *testing.T, x any) string {
	t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func documents() []Document {
	var docs []Document
	for name, s := range texts {
		docs = append(docs, Document{name, []byte(s)}, Document{name + ", ten times", []byte(strings.Repeat(s, 10))})
	}
	slices.SortFunc(docs, func(a, b Document) int { return strings.Compare(a.Name, b.Name) })
	return docs
}

// oneByOne computes a document's total surprisal with no window and no batch.
func oneByOne(p Predictor, tok Tokenizer, bos *int32, text []byte) (nats float64, tokens int) {
	var sum exact.Sum
	var before []int32
	if bos != nil {
		before = append(before, *bos)
	}
	logp := make([]float64, p.Vocab())
	ids, _ := tok.EncodeOffsets(text)
	for _, id := range ids {
		if len(before) > 0 {
			p.LogProbabilities(logp, before)
			sum.Add(-logp[id])
			tokens++
		}
		before = append(before, id)
	}
	return sum.Float64(), tokens
}

func TestEqualsOneTokenAtATime(t *testing.T) {
	p := history{v: pairsVocab}
	tok := pairs{bos: 599, adds: true}
	for _, bos := range []*int32{nil, new(int32(599))} {
		for _, d := range documents() {
			r := evaluate(t, FromPredictor(p, 4096), tok, Default(4096, bos), Options{}, d)
			nats, tokens := oneByOne(p, tok, bos, d.Text)
			if r.Total.Tokens != tokens {
				t.Fatalf("%s: %d tokens, want %d", d.Name, r.Total.Tokens, tokens)
			}
			if got := float64(r.Total.Nats); tokens > 0 && got != nats || tokens == 0 && !math.IsNaN(got) {
				t.Errorf("%s: %v nats, want %v", d.Name, got, nats)
			}
		}
	}
}

// TestAccounting holds every document's counts to the text: bytes to its
// length, characters and words to the standard library's, the missing first
// token to its span.
func TestAccounting(t *testing.T) {
	trained, err := tokenizer.Train(slices.Values([][]byte{[]byte("one two three one two three family")}), tokenizer.Options{Vocab: 270})
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range []Tokenizer{pairs{bos: 599, adds: true}, tokenizer.Bytes(), trained} {
		id, _ := tok.BOS()
		for _, bos := range []*int32{&id, nil} {
			p := Protocol{Context: 6, Stride: 2, BOS: bos}
			r := evaluate(t, FromPredictor(history{v: pairsVocab}, 6), tok, p, Options{}, documents()...)
			var sum Summary
			for i, d := range documents() {
				got := r.Documents[i].Summary
				checkCounts(t, d, got, tok, bos)
				sum.Tokens += got.Tokens
				sum.MissingTokens += got.MissingTokens
				sum.Bytes += got.Bytes
				sum.BytesMissing += got.BytesMissing
				sum.BytesTotal += got.BytesTotal
				sum.Characters += got.Characters
				sum.Words += got.Words
			}
			counts := r.Total.Summary
			counts = Summary{Tokens: counts.Tokens, MissingTokens: counts.MissingTokens, Bytes: counts.Bytes, BytesMissing: counts.BytesMissing,
				BytesTotal: counts.BytesTotal, Characters: counts.Characters, Words: counts.Words}
			if counts != sum || r.Total.Documents != len(documents()) {
				t.Errorf("total %+v, documents' sum %+v", counts, sum)
			}
		}
	}
}

func checkCounts(t *testing.T, d Document, got Summary, tok Tokenizer, bos *int32) {
	t.Helper()
	ids, spans := tok.EncodeOffsets(d.Text)
	missing, start := 0, 0
	if bos == nil && len(ids) > 0 {
		missing, start = 1, spans[0][1]
	}
	if got.Tokens != len(ids)-missing || got.MissingTokens != missing {
		t.Errorf("%q: %d tokens and %d missing, want %d and %d", d.Name, got.Tokens, got.MissingTokens, len(ids)-missing, missing)
	}
	want := owned(d.Text, start, len(d.Text))
	if got.Bytes != want.bytes || got.Characters != want.characters || got.Words != want.words {
		t.Errorf("%q: %d bytes, %d characters, %d words, want %+v", d.Name, got.Bytes, got.Characters, got.Words, want)
	}
	if got.Bytes+got.BytesMissing != len(d.Text) || got.BytesTotal != len(d.Text) {
		t.Errorf("%q: %d + %d of %d bytes, the text has %d", d.Name, got.Bytes, got.BytesMissing, got.BytesTotal, len(d.Text))
	}
	if bos != nil && (got.Characters != utf8.RuneCount(d.Text) || got.Words != len(bytes.Fields(d.Text))) {
		t.Errorf("%q: %d characters and %d words", d.Name, got.Characters, got.Words)
	}
}

// watcher checks what a Scorer is given before it passes it on.
type watcher struct {
	Scorer
	t        *testing.T
	protocol Protocol
	seen     [][]int32 // the scored ids, window by window
	batch    int       // bound on tokens given
}

func (w *watcher) Score(ctx context.Context, windows [][]int32, from []int, rows *xent.Rows) error {
	total, scored := 0, 0
	for i, window := range windows {
		if len(window) > w.protocol.Context || from[i] < 1 || from[i] >= len(window) {
			w.t.Errorf("a window of %d tokens, scored from %d, with context %d", len(window), from[i], w.protocol.Context)
		}
		if w.protocol.BOS != nil && window[0] != *w.protocol.BOS {
			w.t.Errorf("window starts with %d, not with BOS", window[0])
		}
		total += len(window)
		scored += len(window) - from[i]
		w.seen = append(w.seen, slices.Clone(window[from[i]:]))
	}
	if len(windows) > 1 && total > w.batch {
		w.t.Errorf("%d windows of %d tokens together, at most %d were asked for", len(windows), total, w.batch)
	}
	if len(from) != len(windows) || len(rows.NLL) != scored || len(rows.Entropy) != scored || len(rows.Rank) != scored {
		w.t.Errorf("%d windows, %d starts, %d scored tokens, %d rows", len(windows), len(from), scored, len(rows.NLL))
	}
	return w.Scorer.Score(ctx, windows, from, rows)
}

// TestNoDigitDependsOnBatches scores the same documents in batches of every
// kind, and the records token by token.
func TestNoDigitDependsOnBatches(t *testing.T) {
	tok := pairs{bos: 599, adds: true}
	for _, p := range []Protocol{{Context: 9, Stride: 4, BOS: new(int32(599))}, {Context: 8, Stride: 3}} {
		var first Result
		var firstTokens []Token
		for _, batch := range []int{1, 7, 64, 300, 100000} {
			var tokens []Token
			w := &watcher{Scorer: FromPredictor(history{v: pairsVocab}, 9), t: t, protocol: p, batch: batch}
			r := evaluate(t, w, tok, p, Options{BatchTokens: batch, Token: func(r Token) error {
				tokens = append(tokens, r)
				return nil
			}}, documents()...)
			if firstTokens == nil {
				first, firstTokens = r, tokens
				checkRecords(t, r, tokens, tok)
			}
			if a, b := exactly(t, first), exactly(t, r); a != b {
				t.Fatalf("batches of %d change the result:\n%s\n%s", batch, a, b)
			}
			if a, b := exactly(t, firstTokens), exactly(t, tokens); a != b {
				t.Fatalf("batches of %d change the tokens", batch)
			}
			var ids []int32
			for _, r := range tokens {
				if !r.Missing {
					ids = append(ids, r.ID)
				}
			}
			if !slices.Equal(ids, slices.Concat(w.seen...)) {
				t.Fatal("the scorer saw other tokens than the records show")
			}
		}
	}
}

// checkRecords rebuilds texts and totals from the records of their tokens.
func checkRecords(t *testing.T, r Result, tokens []Token, tok Tokenizer) {
	t.Helper()
	var total exact.Sum
	for i, d := range documents() {
		ids, _ := tok.EncodeOffsets(d.Text)
		var text []byte
		var nats exact.Sum
		for k, id := range ids {
			r := tokens[k]
			if r.Document != d.Name || r.Position != k || r.ID != id || r.ByteStart != len(text) || string(d.Text[r.ByteStart:r.ByteEnd]) != r.Text {
				t.Fatalf("%s, token %d: record %+v", d.Name, k, r)
			}
			text = append(text, r.Text...)
			if !r.Missing {
				nats.Add(r.Nats)
				total.Add(r.Nats)
			} else if !math.IsNaN(r.Nats) || r.Rank != 0 {
				t.Fatalf("%s, token %d is missing, but has %v nats", d.Name, k, r.Nats)
			}
		}
		tokens = tokens[len(ids):]
		if !bytes.Equal(text, d.Text) {
			t.Fatalf("%s: records spell %q", d.Name, text)
		}
		if got := r.Documents[i]; got.Document != d.Name || got.Tokens > 0 && float64(got.Nats) != nats.Float64() {
			t.Fatalf("%s: %v nats, its records have %v", d.Name, got.Nats, nats.Float64())
		}
	}
	if len(tokens) > 0 || float64(r.Total.Nats) != total.Float64() {
		t.Fatalf("%d records too many, total %v, want %v", len(tokens), r.Total.Nats, total.Float64())
	}
}

func TestTotalDoesNotDependOnOrder(t *testing.T) {
	tok, p := pairs{bos: 599, adds: true}, Protocol{Context: 9, Stride: 4, BOS: new(int32(599))}
	docs := documents()
	a := evaluate(t, FromPredictor(history{v: pairsVocab}, 9), tok, p, Options{}, docs...)
	slices.Reverse(docs)
	b := evaluate(t, FromPredictor(history{v: pairsVocab}, 9), tok, p, Options{}, docs...)
	if !reflect.DeepEqual(a.Total, b.Total) {
		t.Errorf("%+v\n%+v", a.Total, b.Total)
	}
}

// uniform gives every token the same probability.
type uniform struct{ v int }

func (u uniform) Vocab() int { return u.v }
func (u uniform) LogProbabilities(dst []float64, _ []int32) {
	for c := range dst {
		dst[c] = -math.Log(float64(u.v))
	}
}

func TestNumbers(t *testing.T) {
	tok, v := tokenizer.Bytes(), 257
	text := []byte("naïve 中文 \x00 text")
	r := evaluate(t, FromPredictor(uniform{v}, 8), tok, Protocol{Context: 8, Stride: 4, BOS: new(int32(256))}, Options{}, Document{"text", text})
	n, nats := float64(len(text)), math.Log(float64(v))
	top5 := 0.0
	for _, b := range text {
		if b < 5 { // all are equal, so the lowest ids rank first
			top5++
		}
	}
	for name, c := range map[string][2]float64{
		"tokens":          {float64(r.Total.Tokens), n},
		"nats":            {float64(r.Total.Nats), n * nats},
		"bits":            {float64(r.Total.Bits), n * nats / math.Ln2},
		"nats/token":      {float64(r.Total.NatsPerToken), nats},
		"perplexity":      {r.Total.Perplexity, float64(v)},
		"word perplexity": {r.Total.WordPerplexity, math.Exp(n * nats / 4)},
		"bits/byte":       {r.Total.BitsPerByte, nats / math.Ln2},
		"bits/character":  {r.Total.BitsPerCharacter, n * nats / math.Ln2 / float64(utf8.RuneCount(text))},
		"top 1":           {r.Total.AccuracyTop1, 1 / n},
		"top 5":           {r.Total.AccuracyTop5, top5 / n},
		"entropy/token":   {float64(r.Total.EntropyPerToken), nats},
	} {
		if !(math.Abs(c[0]-c[1]) <= 1e-12*c[1]) {
			t.Errorf("%s = %v, want %v", name, c[0], c[1])
		}
	}
	if len(r.FirstWindow) != 8 || r.FirstWindow[0] != 256 || r.FirstWindow[1] != 'n' {
		t.Errorf("first window %v", r.FirstWindow)
	}
}

func TestWarnings(t *testing.T) {
	s := FromPredictor(history{v: pairsVocab}, 8)
	docs := []Document{{"doubled", []byte("\x01\x02abc")}, {"plain", []byte("abc")}, {"empty", nil}}
	with := func(bos *int32) Protocol { return Protocol{Context: 8, Stride: 4, BOS: bos} }
	for _, c := range []struct {
		name string
		tok  pairs
		bos  *int32
		want map[string]int
	}{
		{"fine", pairs{599, true}, new(int32(599)), nil},
		{"doubled", pairs{3, true}, new(int32(3)), map[string]int{WarnDoubledBOS: 1}},
		{"missing", pairs{599, true}, nil, map[string]int{WarnMissingBOS: 3}},
		{"other", pairs{599, true}, new(int32(598)), map[string]int{WarnOtherBOS: 3}},
		{"not declared", pairs{599, false}, new(int32(598)), nil},
		{"none declared, none used", pairs{599, false}, nil, nil},
	} {
		r := evaluate(t, s, c.tok, with(c.bos), Options{}, docs...)
		got := map[string]int{}
		for _, w := range r.Warnings {
			got[w.Code] = w.Count
			if w.Message == "" {
				t.Errorf("%s: no message", w.Code)
			}
		}
		if len(got) != len(c.want) || len(got) > 0 && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: warnings %v, want %v", c.name, got, c.want)
		}
	}
}

func TestProgress(t *testing.T) {
	var events []Event
	docs := documents()
	r := evaluate(t, FromPredictor(history{v: pairsVocab}, 8), pairs{}, Protocol{Context: 8, Stride: 4, BOS: new(int32(599))},
		Options{BatchTokens: 50, Progress: func(e Event) { events = append(events, e) }}, docs...)
	for i := 1; i < len(events); i++ {
		if a, b := events[i-1], events[i]; b.Tokens <= a.Tokens || b.Bytes <= a.Bytes || b.TokensProcessed <= a.TokensProcessed || b.Documents < a.Documents {
			t.Fatalf("event %d: %+v after %+v", i, b, a)
		}
	}
	last := events[len(events)-1]
	if last.Tokens != r.Total.Tokens || last.Bytes != r.Total.BytesTotal || last.TokensProcessed != r.Total.TokensProcessed ||
		!(math.Abs(last.BitsPerByte-r.Total.BitsPerByte) <= 1e-9) {
		t.Errorf("last event %+v, total %+v", last, r.Total)
	}
}

// TestUncoveredBytes: what a tokenizer leaves out is missing, not scored.
func TestUncoveredBytes(t *testing.T) {
	s, p := FromPredictor(history{v: pairsVocab}, 8), Protocol{Context: 8, Stride: 4, BOS: new(int32(599))}
	tok := lying{ids: []int32{1, 2}, spans: [][2]int{{1, 2}, {2, 4}}} // drops the first byte and the last two
	r := evaluate(t, s, tok, p, Options{}, Document{"text", []byte("ab cd\n")})
	if r.Total.Bytes != 4 || r.Total.BytesMissing != 2 || r.Total.Tokens != 2 || r.Total.Words != 1 {
		t.Errorf("%+v", r.Total)
	}
	none := evaluate(t, s, lying{}, p, Options{}, Document{"text", []byte("ab")})
	if none.Total.Bytes != 0 || none.Total.BytesMissing != 2 || !math.IsNaN(float64(none.Total.Nats)) {
		t.Errorf("%+v", none.Total)
	}
}
