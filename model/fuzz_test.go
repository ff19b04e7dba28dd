package model

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"xent/tokenizer"
)

// addHostile gives a target the small ones of hostileJSON.
func addHostile(add func([]byte), fields ...string) {
	for _, field := range fields {
		for _, text := range hostileJSON(field) {
			if len(text) < 1000 {
				add([]byte(text))
			}
		}
	}
}

// FuzzConfig holds config.json to what parseConfig promises: a shape that is
// possible, which is written and read again as it was, in bounded memory.
func FuzzConfig(f *testing.F) {
	b, err := configJSON(testSpec(true), 256, true)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"architectures":["LlamaForCausalLM"],"hidden_size":8,"rope_parameters":{"rope_theta":1e6}}`))
	f.Add([]byte(`{"model_type":"llama","vocab_size":9,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":4}`))
	f.Add([]byte(`{"model_type":"llama","vocab_size":2147483647,"hidden_size":2147483647,"num_hidden_layers":2147483647,"num_attention_heads":1,"intermediate_size":1}`))
	f.Add([]byte(`{"model_type":"llama","vocab_size":9,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":4,` +
		`"head_dim":6,"num_key_value_heads":1,"tie_word_embeddings":true,"rms_norm_eps":0,"rope_theta":1e-300,"bos_token_id":-1,"eos_token_id":[1,2]}`))
	addHostile(func(b []byte) { f.Add(b) }, "vocab_size", "rope_parameters", "eos_token_id")
	f.Fuzz(func(t *testing.T, b []byte) {
		c, s, err := parseConfig(b)
		if n := allocated(func() { parseConfig(b) }); n > due(len(b)) {
			t.Errorf("%d bytes: %d allocated", len(b), n)
		}
		if err != nil {
			checkError(t, err)
			return
		}
		if err := s.Validate(); err != nil {
			t.Errorf("accepted %+v: %v", s, err)
		}
		again, err := configJSON(s, value(c.BOS, 0), c.BOS != nil)
		if err != nil {
			t.Fatal(err)
		}
		c2, s2, err := parseConfig(again)
		if err != nil || s2 != s || value(c2.BOS, -1) != value(c.BOS, -1) || (c2.BOS == nil) != (c.BOS == nil) {
			t.Errorf("%+v came back as %+v (%v)", s, s2, err)
		}
	})
}

// FuzzSettings holds tokenizer_config.json, under tokenizers and config.json's
// that declare more or less themselves, to tokens that exist: it changes nothing
// but the declaration, in bounded memory.
func FuzzSettings(f *testing.F) {
	adds := tokenizer.Bytes()
	none, err := adds.WithBOS(-1, false)
	if err != nil {
		f.Fatal(err)
	}
	known, err := adds.WithBOS(256, false)
	if err != nil {
		f.Fatal(err)
	}
	toks := []*tokenizer.Tokenizer{adds, none, known}
	for _, text := range []string{
		`{"bos_token":{"content":"<|bos|>"},"add_bos_token":true}`, `{"bos_token":null}`, `{"eos_token":"a","bos_token":"b","add_bos_token":false}`,
		`{"add_bos_token":true}`, `{"add_bos_token":true,"bos_token":"none"}`, `{"eos_token":"<|bos|>"}`,
	} {
		f.Add([]byte(text), int32(256), []byte("257"))
	}
	f.Add([]byte(`{}`), int32(257), []byte("[256]"))
	f.Add([]byte(`{"add_bos_token":true}`), int32(-1), []byte("-1"))
	addHostile(func(b []byte) { f.Add(b, int32(1), []byte("null")) }, "bos_token", "add_bos_token")
	f.Fuzz(func(t *testing.T, b []byte, bos int32, eos []byte) {
		c := &config{BOS: &bos, EOS: eos}
		for _, tok := range toks {
			var got *tokenizer.Tokenizer
			var end *int32
			var err, errEnd error
			n := allocated(func() {
				got, err = declareBOS(tok, b, c)
				end, errEnd = endOfText(tok, b, c)
			})
			if n > 2*due(len(b)+len(eos)) {
				t.Errorf("%d bytes: %d allocated", len(b), n)
			}
			checkError(t, err)
			checkError(t, errEnd)
			if end != nil && (*end < 0 || int(*end) >= tok.Vocab()) {
				t.Errorf("EOS %d", *end)
			}
			if err == nil {
				checkDeclared(t, got, tok, b)
			}
		}
	})
}

// checkDeclared checks that got is tok but for its BOS, which exists if it is
// added, as the settings b say where they do.
func checkDeclared(t *testing.T, got, tok *tokenizer.Tokenizer, b []byte) {
	id, ok := got.BOS()
	if got.AddsBOS() && !ok || id < 0 || int(id) >= got.Vocab() {
		t.Errorf("adds BOS %d %v", id, ok)
	}
	if got.Vocab() != tok.Vocab() || !slices.Equal(got.Encode(nil, b), tok.Encode(nil, b)) {
		t.Error("the tokens changed")
	}
	var s struct {
		Add *bool `json:"add_bos_token"`
	}
	if err := decodeJSON(b, &s); err != nil || s.Add != nil && *s.Add != got.AddsBOS() || s.Add == nil && got.AddsBOS() != tok.AddsBOS() {
		t.Errorf("adds BOS: %v, the settings say %s (%v)", got.AddsBOS(), strings.ToValidUTF8(string(bytes.TrimSpace(b)), "?"), err)
	}
}
