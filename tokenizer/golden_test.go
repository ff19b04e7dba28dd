package tokenizer

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/tokenizer.json; run testdata/hf.mjs afterwards")

// hf holds what Hugging Face's library says; testdata/hf.mjs made it.
type hf struct {
	Texts             [][]int32   `json:"texts"`
	Corpus            []int32     `json:"corpus"`
	WithSpecialTokens []int32     `json:"with_special_tokens"`
	Decoded           bool        `json:"decoded"`
	Merges            [][2]string `json:"merges"`
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	if err := json.Unmarshal(readTestdata(t, name), v); err != nil {
		t.Fatal(name, err)
	}
}

// corpusLines are documents as Hugging Face's trainer reads a file.
func corpusLines(t testing.TB) [][]byte {
	return bytes.SplitAfter(readTestdata(t, "corpus.txt"), []byte("\n"))
}

func goldenTokenizer(t testing.TB) *Tokenizer { return mustTrain(t, corpusLines(t), 400) }

// The file is the same on every platform and in every version.
func TestGoldenFile(t *testing.T) {
	got := goldenTokenizer(t).AppendJSON(nil)
	if *update {
		if err := os.WriteFile("testdata/tokenizer.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, readTestdata(t, "tokenizer.json")) {
		t.Error("the trained tokenizer.json is not the recorded one")
	}
}

func TestGoldenIDs(t *testing.T) {
	var want hf
	readJSON(t, "hf.json", &want)
	var texts []string
	readJSON(t, "texts.json", &texts)
	tok := goldenTokenizer(t)
	if len(texts) != len(want.Texts) {
		t.Fatalf("%d texts, %d results: run hf.mjs", len(texts), len(want.Texts))
	}
	for i, text := range texts {
		if got := tok.Encode(nil, []byte(text)); !slices.Equal(got, want.Texts[i]) {
			t.Errorf("%q: %v, Hugging Face has %v", text, got, want.Texts[i])
		}
		checkText(t, tok, []byte(text))
	}
	if !slices.Equal(tok.Encode(nil, readTestdata(t, "corpus.txt")), want.Corpus) {
		t.Error("the corpus has other ids in Hugging Face's library")
	}
	if !want.Decoded {
		t.Error("Hugging Face's library does not decode the corpus")
	}
	bos, _ := tok.BOS()
	if got := tok.Encode([]int32{bos}, []byte("The lamp")); !slices.Equal(got, want.WithSpecialTokens) {
		t.Errorf("with BOS %v, Hugging Face has %v", got, want.WithSpecialTokens)
	}
}

// Training gives the merges of Hugging Face's trainer, ties included.
func TestGoldenMerges(t *testing.T) {
	var want hf
	readJSON(t, "hf.json", &want)
	tok := mustTrain(t, corpusLines(t), 257+len(want.Merges))
	names := tok.names()
	if len(tok.merges) < 200 {
		t.Fatalf("only %d merges", len(tok.merges))
	}
	for i, m := range tok.merges {
		if got := [2]string{names[m.left], names[m.right]}; got != want.Merges[i] {
			t.Fatalf("merge %d is %q, Hugging Face's %q", i, got, want.Merges[i])
		}
	}
}
