package model

import (
	"os"
	"path/filepath"
	"testing"

	"xent/lm"
	"xent/tokenizer"
)

// TestBOSPolicy covers the sources of the declaration in their order.
func TestBOSPolicy(t *testing.T) {
	adding := tokenizer.Bytes()
	silent, err := adding.WithBOS(-1, false)
	if err != nil {
		t.Fatal(err)
	}
	id := int32(65)
	cases := []struct {
		name     string
		tok      *tokenizer.Tokenizer
		settings string
		config   config
		id       int32
		known    bool
		adds     bool
		fails    bool
	}{
		{name: "post-processor alone", tok: adding, settings: `{}`, id: 256, known: true, adds: true},
		{name: "post-processor before the name", tok: adding, settings: `{"bos_token":"A"}`, id: 256, known: true, adds: true},
		{name: "settings switch off", tok: adding, settings: `{"add_bos_token":false}`, id: 256, known: true},
		{name: "settings switch on", tok: silent, settings: `{"add_bos_token":true,"bos_token":"<|bos|>"}`, id: 256, known: true, adds: true},
		{name: "token as an object", tok: silent, settings: `{"add_bos_token":true,"bos_token":{"content":"A","lstrip":false}}`, id: 65, known: true, adds: true},
		{name: "named only", tok: silent, settings: `{"bos_token":"A"}`, id: 65, known: true},
		{name: "named, unknown, not added", tok: silent, settings: `{"bos_token":"<s>"}`},
		{name: "config's id alone", tok: silent, settings: `{"bos_token":null}`, config: config{BOS: &id}, id: 65, known: true},
		{name: "config's id, settings on", tok: silent, settings: `{"add_bos_token":true}`, config: config{BOS: &id}, id: 65, known: true, adds: true},
		{name: "nothing to add", tok: silent, settings: `{"add_bos_token":true}`, fails: true},
		{name: "nothing at all", tok: silent, settings: `{}`},
	}
	for _, c := range cases {
		got, err := declareBOS(c.tok, []byte(c.settings), &c.config)
		if err != nil || c.fails {
			if (err != nil) != c.fails {
				t.Errorf("%s: error %v", c.name, err)
			}
			continue
		}
		if id, known := got.BOS(); known != c.known || known && id != c.id || got.AddsBOS() != c.adds {
			t.Errorf("%s: BOS %d (known %v, added %v), want %d (%v, %v)", c.name, id, known, got.AddsBOS(), c.id, c.known, c.adds)
		}
	}
}

// TestForeignTokenizer opens a model with GPT-2's files, which name a BOS and
// do not add it.
func TestForeignTokenizer(t *testing.T) {
	source := filepath.Join("..", "..", "shared", "data", "tokenizers", "gpt2")
	if _, err := os.Stat(source); err != nil {
		t.Skip("no GPT-2 tokenizer:", err)
	}
	s := lm.Spec{Vocab: 50304, Context: 8, Width: 4, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 4, Hidden: 4, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
	a := lm.NewArena(s)
	a.Init(1)
	dir := filepath.Join(t.TempDir(), "foreign")
	if err := Save(dir, a, tokenizer.Bytes()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{tokenizerFile, settingsFile} {
		b, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tok, err := OpenTokenizer(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteWeights(dir, a, tok, nil); err != nil {
		t.Fatal(err)
	}
	m, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := m.BOS(); ok {
		t.Errorf("the model adds BOS %d", id)
	}
	t.Logf("%d tokens, BOS known: %v", m.Tokenizer().Vocab(), func() bool { _, ok := m.Tokenizer().BOS(); return ok }())
}

// TestEndOfText covers the sources of EOS in their order.
func TestEndOfText(t *testing.T) {
	none := int32(-1)
	for _, c := range []struct {
		name, settings, config string
		want                   int32
	}{
		{"settings before config", `{"eos_token":"A"}`, "66", 65},
		{"token as an object", `{"eos_token":{"content":"A"}}`, "", 65},
		{"unknown name, config's id", `{"eos_token":"</s>"}`, "66", 66},
		{"config's id alone", `{}`, "66", 66},
		{"several", `{}`, "[66,67]", none},
		{"outside", `{}`, "257", none},
		{"negative", `{}`, "-1", none},
		{"null", `{"eos_token":null}`, "null", none},
		{"nothing", `{}`, "", none},
	} {
		got, err := endOfText(tokenizer.Bytes(), []byte(c.settings), &config{EOS: []byte(c.config)})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got == nil {
			got = &none
		}
		if *got != c.want {
			t.Errorf("%s: %d, want %d", c.name, *got, c.want)
		}
	}
}

// TestOpenTokenizer reads the tokenizer of a model, of a model that Open
// refuses, and of a folder without one.
func TestOpenTokenizer(t *testing.T) {
	s := lm.Spec{Vocab: 257, Context: 8, Width: 4, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 4, Hidden: 4, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
	dir := filepath.Join(t.TempDir(), "m")
	if err := Save(dir, lm.NewArena(s), tokenizer.Bytes()); err != nil {
		t.Fatal(err)
	}
	m, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := m.EOS(); !ok || id != 256 { // documents are separated by BOS alone
		t.Errorf("EOS %d, %v", id, ok)
	}
	if err := os.Remove(filepath.Join(dir, weightsFile)); err != nil {
		t.Fatal(err)
	}
	check := func(what string) {
		t.Helper()
		tok, err := OpenTokenizer(dir)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if id, ok := tok.BOS(); tok.Vocab() != 257 || !ok || id != 256 || !tok.AddsBOS() {
			t.Errorf("%s: %d tokens, BOS %d (%v, added %v)", what, tok.Vocab(), id, ok, tok.AddsBOS())
		}
	}
	check("without weights")
	config := filepath.Join(dir, configFile)
	if err := os.WriteFile(config, []byte(`{"architectures":["GPT2LMHeadModel"],"eos_token_id":[1,2]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	check("another architecture")
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	check("without config.json")
	if err := os.Remove(filepath.Join(dir, tokenizerFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenTokenizer(dir); err == nil {
		t.Error("no tokenizer, no error")
	}
}
