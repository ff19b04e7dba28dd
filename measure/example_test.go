package measure_test

import (
	"context"
	"fmt"

	"xent/internal/baseline"
	"xent/measure"
	"xent/tokenizer"
)

// A table of byte pairs is a model too. Its tokenizer says that texts start
// with BOS, so the protocol puts it before every window.
func ExampleEvaluate() {
	tok := tokenizer.Bytes()
	bos, _ := tok.BOS()
	counts := baseline.NewCounts(tok.Vocab(), bos)
	if err := counts.Add(tok.Encode(nil, []byte("she sells sea shells by the sea shore"))); err != nil {
		fmt.Println(err)
		return
	}
	scorer := measure.FromPredictor(counts.Bigram(), 64)
	documents := measure.All(measure.Document{Name: "a", Text: []byte("she sees")}, measure.Document{Name: "b", Text: []byte("déjà vu")})

	r, err := measure.Evaluate(context.Background(), scorer, tok, documents, measure.Default(64, &bos), measure.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range r.Documents {
		fmt.Printf("%s: %d tokens, %d characters, %d words, %.2f bits/byte\n", d.Document, d.Tokens, d.Characters, d.Words, d.BitsPerByte)
	}
	fmt.Printf("total: %.2f bits/byte, %.2f bits/character\n", r.Total.BitsPerByte, r.Total.BitsPerCharacter)
	// Output:
	// a: 8 tokens, 8 characters, 2 words, 2.84 bits/byte
	// b: 9 tokens, 7 characters, 2 words, 8.17 bits/byte
	// total: 5.66 bits/byte, 6.41 bits/character
}
