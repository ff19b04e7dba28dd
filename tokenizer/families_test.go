package tokenizer

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// shared returns a file that is not part of the repository, or skips.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("../../shared/data/" + name)
	if err != nil {
		t.Skip("needs ../shared:", err)
	}
	return data
}

// change applies a change to a JSON object's text.
func change(t *testing.T, data []byte, f func(object)) []byte {
	t.Helper()
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	f(o)
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// llama.cpp's expected ids for GPT-2. The tokenizer.json at hand adds runs of
// white space as tokens of their own (as CodeGen's does), which GPT-2 has not.
func TestGPT2(t *testing.T) {
	file := shared(t, "tokenizers/gpt2/tokenizer.json")
	inp := string(shared(t, "tokenizers/llamacpp-vocab/ggml-vocab-gpt-2.gguf.inp"))
	out := strings.Split(string(shared(t, "tokenizers/llamacpp-vocab/ggml-vocab-gpt-2.gguf.out")), "\n")
	whole := mustParse(t, file)
	gpt2 := mustParse(t, change(t, file, func(o object) { o["added_tokens"] = o["added_tokens"].([]any)[:1] }))
	if whole.Vocab() != 50295 || gpt2.Vocab() != 50257 || !gpt2.Special(50256) || gpt2.AddsBOS() {
		t.Errorf("V = %d and %d", whole.Vocab(), gpt2.Vocab())
	}
	texts := strings.Split(inp, "\n__ggml_vocab_test__\n")
	for i, text := range texts {
		want := []int32{}
		for _, field := range strings.Fields(out[i]) {
			id, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, int32(id))
		}
		if got := gpt2.Encode([]int32{}, []byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
		checkText(t, gpt2, []byte(text))
		checkText(t, whole, []byte(text))
	}
	// By Hugging Face's library (npm @anush008/tokenizers 0.6.0) on the whole file.
	if got, want := fmt.Sprint(whole.Encode(nil, []byte("if x:\n        y  = 1\t\t# z"))), "[361 2124 25 198 50280 88 50286 28 352 50294 2 1976]"; got != want {
		t.Errorf("with added white space: %v, want %v", got, want)
	}
}

func TestOtherFamilies(t *testing.T) {
	neox := shared(t, "tokenizers/gpt-neox/20B_tokenizer.json")
	if _, err := Parse(neox); err == nil || !strings.Contains(err.Error(), `normalizer "NFC"`) {
		t.Errorf("GPT-NeoX: %v", err)
	}
	if _, err := Parse(shared(t, "tokenizers/llama2/tokenizer.json")); err == nil || !strings.Contains(err.Error(), `normalizer "Sequence"`) {
		t.Errorf("Llama 2: %v", err)
	}
	// Nor does it know the bytes that valid UTF-8 never has.
	noNFC := change(t, neox, func(o object) { o["normalizer"] = nil })
	if _, err := Parse(noNFC); err == nil || !strings.Contains(err.Error(), "no token for the byte 0xc0") {
		t.Errorf("GPT-NeoX without NFC: %v", err)
	}
}
