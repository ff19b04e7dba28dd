package model

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"xent/tokenizer"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// due is what reading n bytes of JSON may allocate: the worst is a list of values
// of a wrong type, for each of which encoding/json makes an error.
func due(n int) uint64 { return 1<<20 + 80*uint64(n) }

// checkError holds an error to what a person can read.
func checkError(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 1000 || strings.Contains(" "+err.Error(), " json: ") || strings.Contains(err.Error(), "Go ")) {
		t.Errorf("not a short line in the file's terms: %q", err)
	}
}

// hostileJSON are texts that make much of a few bytes, or are wrong at length,
// in the fields that config.json and tokenizer_config.json have.
func hostileJSON(field string) map[string]string {
	return map[string]string{
		"empty":           "",
		"null":            "null",
		"lists":           strings.Repeat("[", 100),
		"deep lists":      `{"` + field + `":` + strings.Repeat("[", 100_000),
		"deep objects":    strings.Repeat(`{"`+field+`":`, 10_000),
		"closed lists":    `{"` + field + `":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + "}",
		"a long number":   `{"` + field + `":` + strings.Repeat("1", 100_000) + "}",
		"a large number":  `{"` + field + `":1e999999}`,
		"a long string":   `{"` + field + `":"` + strings.Repeat("a", 100_000) + `"}`,
		"lines":           `{"` + field + `":"` + strings.Repeat(`\n`, 50) + `"}`,
		"a list":          `{"` + field + `":[` + strings.Repeat(`"",`, 30_000) + `""]}`,
		"a list of lists": `{"` + field + `":[` + strings.Repeat("[],", 30_000) + "[]]}",
		"an object":       `{"` + field + `":{"content":["\n"]}}`,
		"repeated":        `{` + strings.Repeat(`"`+field+`":[null],`, 5_000) + `"a":1}`,
		"many fields":     `{` + strings.Repeat(`"a":[],`, 10_000) + `"a":1}`,
		"a long field":    `{"` + strings.Repeat("a", 100_000) + `":1}`,
		"halves":          `{"` + field + `":"` + strings.Repeat(`\ud800`, 20) + `"}`,
		"no UTF-8":        "{\"" + field + "\":\"\xff\n\"}",
	}
}

// TestConfigMemory: config.json takes memory for its bytes.
func TestConfigMemory(t *testing.T) {
	for _, field := range []string{"architectures", "model_type", "hidden_act", "vocab_size", "rms_norm_eps", "tie_word_embeddings", "bos_token_id", "eos_token_id", "rope_parameters", "rope_scaling"} {
		for name, text := range hostileJSON(field) {
			var err error
			if n := allocated(func() { _, _, err = parseConfig([]byte(text)) }); n > due(len(text)) {
				t.Errorf("%s: %s: %d bytes (%v): %d allocated", field, name, len(text), err, n)
			}
			if err == nil {
				t.Errorf("%s: %s: accepted", field, name)
			}
			checkError(t, err)
		}
	}
}

// TestSettingsMemory: tokenizer_config.json takes memory for its bytes.
func TestSettingsMemory(t *testing.T) {
	tok := tokenizer.Bytes()
	for _, field := range []string{"bos_token", "eos_token", "add_bos_token"} {
		for name, text := range hostileJSON(field) {
			for _, b := range []string{text, strings.Replace(text, "{", `{"add_bos_token":true,`, 1)} {
				var err, errEOS error
				n := allocated(func() {
					_, err = declareBOS(tok, []byte(b), &config{})
					_, errEOS = endOfText(tok, []byte(b), &config{})
				})
				if n > 2*due(len(b)) {
					t.Errorf("%s: %s: %d bytes (%v): %d allocated", field, name, len(b), err, n)
				}
				checkError(t, err)
				checkError(t, errEOS)
			}
		}
	}
}

// TestJSONErrors: an error has a field, or a line and a byte.
func TestJSONErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "broken JSON in line 1, at byte 0 of 0: unexpected end of JSON input",
		"{\n\"vocab_size\": x}":                 "broken JSON in line 2, at byte 17 of 18: invalid character 'x' looking for beginning of value",
		"{}\n\n{}":                              "broken JSON in line 3, at byte 5 of 6: invalid character '{' after top-level value",
		"[]":                                    "not a JSON object",
		`"text"`:                                "not a JSON object",
		`{"vocab_size":"9"}`:                    "vocab_size: unexpected string",
		`{"vocab_size":9.5}`:                    "vocab_size: unexpected number 9.5",
		`{"vocab_size":9223372036854775808}`:    "vocab_size: unexpected number 9223372036854775808",
		`{"architectures":[1]}`:                 "architectures: unexpected number",
		`{"rope_parameters":{"rope_theta":[]}}`: "rope_parameters.rope_theta: unexpected array",
	} {
		if _, _, err := parseConfig([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"{\n]":                           "broken JSON in line 2, at byte 3 of 3: invalid character ']' looking for beginning of object key string",
		"[]":                             "not a JSON object",
		`{"add_bos_token":"yes"}`:        "add_bos_token: unexpected string",
		`{"bos_token":7}`:                "bos_token: neither a string nor an object with content",
		`{"bos_token":{"content":true}}`: "bos_token: neither a string nor an object with content",
		`{"add_bos_token":true,"bos_token":"a\nb"}`: `bos_token: tokenizer.json has no token "a\nb"`,
	} {
		if _, err := declareBOS(tokenizer.Bytes(), []byte(text), &config{}); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

// TestOpenMemory: what config.json announces costs no memory that the weights do
// not fill.
func TestOpenMemory(t *testing.T) {
	dir := saved(t, testArena(true, 1))
	anonymous(t, dir)
	path := filepath.Join(dir, configFile)
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	normal := allocated(func() { score(t, dir) })
	fields := []string{"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "max_position_embeddings"}
	for _, field := range fields {
		for _, value := range []int64{1, 1 << 20, 1<<31 - 2, 1<<31 - 1, 1 << 31, 1<<62 + 1, 1<<63 - 1} {
			edit(t, path, func([]byte) []byte { return original })
			set(field, value)(t, dir)
			var err error
			if n := allocated(func() { err = score(t, dir) }); n > normal+1<<20 {
				t.Errorf("%s %d (%v): %d allocated, %d with its own", field, value, err, n, normal)
			}
			checkError(t, err)
			if legal := field == "max_position_embeddings" && value > 1 && value < 1<<31; legal != (err == nil) {
				t.Errorf("%s %d: error %v", field, value, err)
			}
		}
	}
}

// score opens the model in dir, if it can be opened, and scores a text.
func score(t *testing.T, dir string) error {
	m, err := Open(dir)
	if err != nil {
		return fmt.Errorf("%s", strings.ReplaceAll(err.Error(), dir, ""))
	}
	m.SetWorkers(1)
	_, _, err = m.Surprisal(context.Background(), []byte("a text"))
	return err
}

// TestOpenIndexMemory: an index of many tensors in one small file costs its own
// bytes.
func TestOpenIndexMemory(t *testing.T) {
	dir := saved(t, testArena(true, 1))
	var index strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&index, `,"model.layers.%d.mlp.up_proj.weight":"a"`, i)
	}
	if err := os.Rename(filepath.Join(dir, weightsFile), filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	text := `{"weight_map":{` + index.String()[1:] + `}}`
	if err := os.WriteFile(filepath.Join(dir, indexFile), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	set("num_hidden_layers", 300)(t, dir)
	var err error
	if n := allocated(func() { err = score(t, dir) }); n > 2<<20+due(len(text)) || err == nil {
		t.Errorf("an index of %d bytes (%v): %d allocated", len(text), err, n)
	}
	checkError(t, err)
}
