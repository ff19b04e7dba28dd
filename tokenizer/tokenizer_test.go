package tokenizer

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

func one(doc []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) { yield(doc) }
}

func TestSmoke(t *testing.T) {
	data, err := os.ReadFile("../../shared/data/texts/darwin.txt")
	if err != nil {
		t.Skip(err)
	}
	tok, err := Train(one(data), Options{Vocab: 4096})
	if err != nil {
		t.Fatal(err)
	}
	ids := tok.Encode(nil, data)
	if !bytes.Equal(tok.Decode(nil, ids), data) {
		t.Fatal("round trip")
	}
	t.Log(len(ids), tok.Vocab())
	j := tok.AppendJSON(nil)
	again, err := Parse(j)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Encode(nil, data), ids) || !bytes.Equal(again.AppendJSON(nil), j) {
		t.Fatal("parse")
	}
}
