package measure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"xent/entropy"
	"xent/internal/baseline"
	"xent/tokenizer"
)

// TestBigram scores a real model whose probabilities are known otherwise: a
// bigram sees one token back, so under every protocol that always shows one
// the result is, to the last digit, what package baseline computes without
// windows.
func TestBigram(t *testing.T) {
	train := []byte(strings.Repeat("the cat sat on the mat; the dog sat by the door. a cat and a dog!\n", 20))
	heldout := []byte("a dog sat on the cat; the mat and the door sat by a mat.\nZebra \xff\n" + strings.Repeat("the dog ", 100))
	tok, err := tokenizer.Train(slices.Values([][]byte{train}), tokenizer.Options{Vocab: 290})
	if err != nil {
		t.Fatal(err)
	}
	bos, _ := tok.BOS()
	counts := baseline.NewCounts(tok.Vocab(), bos)
	if err := counts.Add(tok.Encode(nil, train)); err != nil {
		t.Fatal(err)
	}
	model := counts.Bigram()
	want, err := baseline.Bits(model, bos, slices.Values([][]int32{tok.Encode(nil, heldout)}))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Protocol{Default(3000, &bos), {Context: 3, Stride: 1, BOS: &bos}, {Context: 17, Stride: 15, BOS: &bos}} {
		r := evaluate(t, FromPredictor(model, 3000), tok, p, Options{}, Document{"held out", heldout})
		if r.Total.Bits != entropy.Bits(want) {
			t.Errorf("%+v: %v, baseline %v", p, r.Total.Bits, entropy.Bits(want))
		}
		if got := r.Total.BitsPerByte; !(math.Abs(got-want/float64(len(heldout))) <= 1e-14*got) {
			t.Errorf("%+v: %v bits/byte", p, got)
		}
	}
	// Stride C−1 shows the first token of a window nothing but BOS.
	r := evaluate(t, FromPredictor(model, 8), tok, Protocol{Context: 8, Stride: 7, BOS: &bos}, Options{}, Document{"held out", heldout})
	if !(float64(r.Total.Bits) > want) {
		t.Errorf("windows that show no context: %v, with context %v", r.Total.Bits, want)
	}
}
