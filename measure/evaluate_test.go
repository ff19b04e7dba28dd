package measure

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

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
