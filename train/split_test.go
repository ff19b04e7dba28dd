package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent/tokenizer"
)

// proseTokenizer has been trained on prose(20000), some text.
func proseTokenizer(t *testing.T) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.Train(func(yield func([]byte) bool) { yield(prose(20000)) }, tokenizer.Options{Vocab: 400})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestSplit: the text stays the same, and as many tokens are split as should be.
func TestSplit(t *testing.T) {
	tok := proseTokenizer(t)
	s := splitter{parts: tok.Parts()}
	text := prose(20000)
	tokens := tok.Encode(nil, text)
	splittable := 0.0
	for _, id := range tokens {
		if s.parts[id][0] >= 0 {
			splittable++
		}
	}
	for _, p := range []float64{0.01, 0.2, 0.9} {
		r := rand.New(rand.NewPCG(1, 2))
		dst := s.split([]int32{7}, tokens, p, r)
		if got := tok.Decode(nil, dst[1:]); dst[0] != 7 || !slices.Equal(got, text) {
			t.Errorf("p = %v: another text", p)
		}
		once := 0.0
		for i := range tokens {
			if len(s.split(nil, tokens[i:i+1], p, r)) > 1 {
				once++
			}
		}
		if off := once - p*splittable; !(math.Abs(off) <= 5*math.Sqrt(p*(1-p)*splittable)) {
			t.Errorf("p = %v: %v of %v tokens were split", p, once, splittable)
		}
	}
}

// TestSplitLessAndLess: not in the first epoch, most in the second, and not at the end.
func TestSplitLessAndLess(t *testing.T) {
	p := plan{Steps: 100, BatchTokens: 10, BPEDropout: 0.2}
	s := p.newSplitter(tokenizer.Bytes(), 250)
	for epoch, want := range []float64{0, 0.15, 0.1, 0.05, 0, 0} {
		if got := s.p(uint64(epoch)); !(math.Abs(got-want) <= 1e-15) {
			t.Errorf("epoch %d: %v, want %v", epoch, got, want)
		}
	}
	p.BPEDropout = 0
	if p.newSplitter(tokenizer.Bytes(), 250) != nil {
		t.Error("a splitter of nothing")
	}
}

// TestSplitStream: each epoch shows the whole text, in other tokens than the one before,
// and a cursor finds the same tokens again.
func TestSplitStream(t *testing.T) {
	tok, text := proseTokenizer(t), prose(5000)
	store := corpusOf(t, text)
	fresh := func() *texts {
		s := newTexts(store, store.Texts(), tok, 64, 5)
		s.split = &splitter{tok.Parts(), func(epoch uint64) float64 { return float64(epoch) / 10 }}
		return s
	}
	s := fresh()
	want := slices.Sorted(slices.Values(text))
	lengths := make([]int, 3)
	for epoch := range lengths {
		var shown []byte
		for len(shown) < len(text) {
			ids, _, err := s.peek()
			if err != nil {
				t.Fatal(err)
			}
			ids = slices.Clone(ids)
			again := fresh()
			if err := again.seek(s.cursor()); err != nil {
				t.Fatal(err)
			}
			if same, _, err := again.peek(); err != nil || !slices.Equal(same, ids) {
				t.Fatalf("at %+v: other tokens", s.cursor())
			}
			lengths[epoch] += len(ids)
			shown = tok.Decode(shown, ids)
			s.advance()
		}
		if slices.Sort(shown); !slices.Equal(shown, want) {
			t.Fatalf("epoch %d shows another text", epoch)
		}
	}
	if !(lengths[0] < lengths[1] && lengths[1] < lengths[2]) {
		t.Errorf("epochs of %d tokens", lengths)
	}
}
