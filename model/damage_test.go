package model

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xent/internal/safetensors"
	"xent/internal/tensor"
	"xent/lm"
)

// edit changes one file's bytes.
func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o666); err != nil {
		t.Fatal(err)
	}
}

func replace(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return []byte(strings.Replace(string(b), old, new, 1)) }
}

// set gives config.json's field a value.
func set(field string, v any) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, configFile)
		var c map[string]any
		readJSON(t, path, &c)
		c[field] = v
		writeJSON(t, path, c)
	}
}

// retensor writes the weights again with changed tensors and no checksum.
func retensor(change func([]tensor.Tensor) []tensor.Tensor) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, weightsFile)
		f, err := safetensors.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		writeTensors(t, path, change(f.Tensors), nil)
	}
}

func inFile(name string, change func([]byte) []byte) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) { edit(t, filepath.Join(dir, name), change) }
}

func remove(name string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// shards replaces the weights with an index that names files.
func shards(files map[string]string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		remove(weightsFile)(t, dir)
		writeJSON(t, filepath.Join(dir, indexFile), map[string]any{"weight_map": files})
	}
}

// TestWrongFolders breaks a good folder in one place at a time: Open must name
// the file and the place in one line.
func TestWrongFolders(t *testing.T) {
	cases := []struct {
		name  string
		wreck func(t *testing.T, dir string)
		file  string
		want  string
	}{
		{"no config", remove(configFile), configFile, "a model is a folder with"},
		{"config cut", inFile(configFile, func(b []byte) []byte { return b[:len(b)/2] }), configFile, "broken JSON in line"},
		{"config a list", inFile(configFile, func([]byte) []byte { return []byte("[]") }), configFile, "not a JSON object"},
		{"size a string", set("hidden_size", "24"), configFile, "hidden_size: unexpected string"},
		{"size missing", set("hidden_size", nil), configFile, "hidden_size: missing"},
		{"size negative", set("num_hidden_layers", -1), configFile, "num_hidden_layers: -1"},
		{"heads do not divide", set("num_key_value_heads", 3), configFile, "num_key_value_heads: 3"},
		{"odd head", set("head_dim", 5), configFile, "head_dim: 5 is odd"},
		{"other architecture", set("architectures", []string{"GPT2LMHeadModel"}), configFile, "GPT2LMHeadModel"},
		{"other type", set("architectures", nil), configFile, ""},
		{"other activation", set("hidden_act", "gelu"), configFile, "hidden_act"},
		{"scaled positions", set("rope_scaling", map[string]any{"factor": 8}), configFile, "rope_scaling"},
		{"scaled positions, new form", set("rope_parameters", map[string]any{"rope_type": "llama3"}), configFile, "rope_parameters"},
		{"biases", set("attention_bias", true), configFile, "attention_bias"},
		{"feed biases", set("mlp_bias", true), configFile, "mlp_bias"},
		{"partial rotary", set("partial_rotary_factor", 0.5), configFile, "partial_rotary_factor"},
		{"quantised", set("quantization_config", map[string]any{"bits": 4}), configFile, "quantization_config"},
		{"too many layers", set("num_hidden_layers", 1_000_000_000), weightsFile, "too few for the 1000000000 layers"},
		{"a layer too few", set("num_hidden_layers", 1), weightsFile, "model.layers.1."},
		{"another width", set("intermediate_size", 48), weightsFile, "mlp.gate_proj.weight has shape [40 24], config.json asks for [48 24]"},
		{"untied without head", set("tie_word_embeddings", false), weightsFile, "no tensor lm_head.weight"},
		{"vocabulary too small", set("vocab_size", 200), tokenizerFile, "257 tokens, but vocab_size in config.json is 200"},
		{"vocabulary too large", set("vocab_size", 300), weightsFile, "model.embed_tokens.weight has shape [260 24]"},

		{"no weights", remove(weightsFile), weightsFile, "and no model.safetensors.index.json"},
		{"weights cut", inFile(weightsFile, func(b []byte) []byte { return b[:len(b)-100] }), weightsFile, "truncated"},
		{"weights of nothing", inFile(weightsFile, func([]byte) []byte { return nil }), weightsFile, "0 bytes"},
		{"a bit flipped", inFile(weightsFile, func(b []byte) []byte { b[len(b)-7] ^= 4; return b }), weightsFile, "checksum"},
		{"names swapped", inFile(weightsFile, func(b []byte) []byte {
			b = replace("gate_proj", "xx_swap_x")(b)
			b = replace("up_proj", "xx_proj")(b)
			return replace("xx_swap_x", "gate_proj")(b)
		}), weightsFile, "checksum"},
		{"a foreign file", inFile(weightsFile, func([]byte) []byte { return []byte("PK\x03\x04 something else") }), weightsFile, "not a safetensors file"},
		{"tensor missing", retensor(func(x []tensor.Tensor) []tensor.Tensor { x[3].Name = "other"; return x }), weightsFile, "no tensor model.layers.0.self_attn.k_proj.weight"},
		{"tensor too many", retensor(func(x []tensor.Tensor) []tensor.Tensor {
			return append(x, tensor.Tensor{Name: "model.layers.0.self_attn.q_proj.bias", DType: tensor.F32, Shape: []int{1}, Data: make([]byte, 4)})
		}), weightsFile, "q_proj.bias has no place"},
		{"tensor of float64", retensor(func(x []tensor.Tensor) []tensor.Tensor {
			x[0] = tensor.Tensor{Name: x[0].Name, DType: tensor.F64, Shape: x[0].Shape, Data: make([]byte, 2*len(x[0].Data))}
			return x
		}), weightsFile, "model.embed_tokens.weight has type F64"},
		{"tensor of integers", inFile(weightsFile, func(b []byte) []byte { return replace(`"F32"`, `"I32"`)(b) }), weightsFile, "checksum"},

		{"no tokenizer", remove(tokenizerFile), tokenizerFile, ""},
		{"tokenizer cut", inFile(tokenizerFile, func(b []byte) []byte { return b[:len(b)/2] }), tokenizerFile, "broken JSON in line "},
		{"settings cut", inFile(settingsFile, func(b []byte) []byte { return b[:len(b)/2] }), settingsFile, "broken JSON"},
		{"unknown BOS", inFile(settingsFile, replace("<|bos|>", "<s>")), settingsFile, `no token "<s>"`},
		{"BOS a number", inFile(settingsFile, replace(`"<|bos|>"`, "7")), settingsFile, "bos_token: neither"},
		{"EOS a list", inFile(settingsFile, replace("{", `{"eos_token": [],`)), settingsFile, "eos_token: neither"},

		{"shard missing", shards(map[string]string{"model.norm.weight": "gone.safetensors"}), "gone.safetensors", "which model.safetensors.index.json names"},
		{"shard elsewhere", shards(map[string]string{"model.norm.weight": "../x.safetensors"}), indexFile, "not a file of this folder"},
		{"empty index", shards(nil), indexFile, "no weight_map"},
	}
	arena := testArena(true, 1)
	for _, c := range cases {
		dir := saved(t, arena)
		c.wreck(t, dir)
		if c.name == "other type" {
			set("model_type", "mistral")(t, dir)
		}
		_, err := Open(dir)
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, c.file)) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %s and %q", c.name, err, c.file, c.want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a missing folder: %v", err)
	}
	file := filepath.Join(saved(t, arena), weightsFile)
	_, err := Open(file)
	_, err2 := OpenTokenizer(file)
	for _, err := range []error{err, err2} {
		if want := file + " is a file; a model is a folder with config.json, model.safetensors and tokenizer.json"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestHarmless checks what other programs write and nobody needs.
func TestHarmless(t *testing.T) {
	arena := testArena(true, 1)
	want := losses(t, inMemory(t, arena))
	for name, change := range map[string]func(t *testing.T, dir string){
		"no settings":      remove(settingsFile),
		"unknown fields":   set("_name_or_path", "somewhere"),
		"new rotary field": set("rope_parameters", map[string]any{"rope_type": "default", "rope_theta": 10000}),
		"eos list":         set("eos_token_id", []int{1, 2}),
		"head repeated": retensor(func(x []tensor.Tensor) []tensor.Tensor {
			return append(x, tensor.Tensor{Name: "lm_head.weight", DType: tensor.F32, Shape: x[0].Shape, Data: x[0].Data},
				tensor.Tensor{Name: "model.layers.0.self_attn.rotary_emb.inv_freq", DType: tensor.F32, Shape: []int{1}, Data: make([]byte, 4)})
		}),
	} {
		dir := saved(t, arena)
		change(t, dir)
		compareOpened(t, dir, name, want)
	}
}

// TestConfigDefaults reads what transformers of two generations write, where
// absent fields have LlamaConfig's defaults.
func TestConfigDefaults(t *testing.T) {
	const shape = `{"architectures":["LlamaForCausalLM"],"vocab_size":9,"hidden_size":8,"num_hidden_layers":3,"num_attention_heads":2,"intermediate_size":5`
	plain := lm.Spec{Vocab: 9, Context: 2048, Width: 8, Layers: 3, Heads: 2, KVHeads: 2, HeadDim: 4, Hidden: 5, RopeTheta: 10000, NormEps: 1e-6}
	full := lm.Spec{Vocab: 9, Context: 64, Width: 8, Layers: 3, Heads: 2, KVHeads: 1, HeadDim: 6, Hidden: 5, Tied: true, RopeTheta: 5e5, NormEps: 1e-5}
	const rest = `,"max_position_embeddings":64,"num_key_value_heads":1,"head_dim":6,"tie_word_embeddings":true,"rms_norm_eps":1e-05`
	for text, want := range map[string]lm.Spec{
		shape + `,"head_dim":null,"rope_scaling":null}`:                                  plain,
		shape + rest + `,"rope_theta":500000.0}`:                                         full,
		shape + rest + `,"rope_parameters":{"rope_type":"default","rope_theta":500000}}`: full,
	} {
		if _, got, err := parseConfig([]byte(text)); err != nil || got != want {
			t.Errorf("%s\nis %+v (%v)\nwant %+v", text, got, err, want)
		}
	}
}
