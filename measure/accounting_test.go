package measure

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"unicode/utf8"

	"xent/tokenizer"
)

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

// FuzzAccounting evaluates any text under any protocol.
func FuzzAccounting(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s), uint8(4), uint8(1), true)
		f.Add([]byte(s), uint8(0), uint8(0), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, context, stride uint8, withBOS bool) {
		p := Protocol{Context: 2 + int(context%30)}
		p.Stride = 1 + int(stride)%(p.Context-1)
		if withBOS {
			p.BOS = new(int32(599))
		}
		d := Document{"text", text}
		for _, tok := range []Tokenizer{pairs{bos: 599}, tokenizer.Bytes()} {
			r := evaluate(t, FromPredictor(uniform{pairsVocab}, p.Context), tok, p, Options{BatchTokens: 100}, d)
			checkCounts(t, d, r.Documents[0].Summary, tok, p.BOS)
			want := float64(r.Total.Tokens) * math.Log(pairsVocab)
			if r.Total.Tokens > 0 && !(math.Abs(float64(r.Total.Nats)-want) <= 1e-12*want) {
				t.Errorf("%d tokens, %v nats, want %v", r.Total.Tokens, r.Total.Nats, want)
			}
		}
	})
}
