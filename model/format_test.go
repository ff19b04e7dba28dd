package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"xent"
	"xent/internal/safetensors"
	"xent/internal/tensor"
	"xent/lm"
)

// TestFormat reads a saved folder with nothing but the specifications of JSON
// and safetensors, and compares with the names and shapes that transformers'
// LlamaForCausalLM gives its parameters.
func TestFormat(t *testing.T) {
	a := testArena(true, 1)
	dir := saved(t, a)
	want := map[string][]int{"model.embed_tokens.weight": {260, 24}, "model.norm.weight": {24}}
	for l := range 2 {
		for name, shape := range map[string][]int{
			"self_attn.q_proj": {24, 24}, "self_attn.k_proj": {12, 24}, "self_attn.v_proj": {12, 24}, "self_attn.o_proj": {24, 24},
			"mlp.gate_proj": {40, 24}, "mlp.up_proj": {40, 24}, "mlp.down_proj": {24, 40}, "input_layernorm": {24}, "post_attention_layernorm": {24},
		} {
			want[fmt.Sprintf("model.layers.%d.%s.weight", l, name)] = shape
		}
	}
	checkTensors(t, filepath.Join(dir, "model.safetensors"), want, a)

	untied := testArena(false, 1)
	want["lm_head.weight"] = []int{260, 24}
	checkTensors(t, filepath.Join(saved(t, untied), "model.safetensors"), want, untied)

	var config map[string]any
	readJSON(t, filepath.Join(dir, "config.json"), &config)
	for field, value := range map[string]any{
		"model_type": "llama", "hidden_size": 24.0, "intermediate_size": 40.0, "num_hidden_layers": 2.0, "num_attention_heads": 4.0,
		"num_key_value_heads": 2.0, "head_dim": 6.0, "vocab_size": 260.0, "max_position_embeddings": 16.0, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
		"tie_word_embeddings": true, "bos_token_id": 256.0, "eos_token_id": 256.0, "hidden_act": "silu", "attention_bias": false, "mlp_bias": false,
	} {
		if config[field] != value {
			t.Errorf("config.json: %s is %v, want %v", field, config[field], value)
		}
	}
	if list, _ := config["architectures"].([]any); len(list) != 1 || list[0] != "LlamaForCausalLM" {
		t.Errorf("config.json: architectures is %v", config["architectures"])
	}
	var settings map[string]any
	readJSON(t, filepath.Join(dir, "tokenizer_config.json"), &settings)
	if settings["bos_token"] != "<|bos|>" || settings["add_bos_token"] != true || settings["tokenizer_class"] != "PreTrainedTokenizerFast" {
		t.Errorf("tokenizer_config.json: %v", settings)
	}
}

func readJSON(t *testing.T, path string, to any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func checkTensors(t *testing.T, path string, want map[string][]int, a *lm.Arena) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(b)
	var header map[string]struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
		Format  string `json:"format"` // in __metadata__
	}
	if err := json.Unmarshal(b[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	if header["__metadata__"].Format != "pt" {
		t.Error("the metadata does not say format pt, which transformers asks for")
	}
	delete(header, "__metadata__")
	data := b[8+n:]
	covered := 0
	for name, e := range header {
		if !slices.Equal(e.Shape, want[name]) || e.DType != "F32" {
			t.Errorf("%s: %s %v, want F32 %v", name, e.DType, e.Shape, want[name])
			continue
		}
		covered += e.Offsets[1] - e.Offsets[0]
		for i, x := range a.Tensor(name).Data() {
			if got := math.Float32frombits(binary.LittleEndian.Uint32(data[e.Offsets[0]+4*i:])); got != x {
				t.Errorf("%s[%d] = %v, want %v", name, i, got, x)
				break
			}
		}
	}
	if len(header) != len(want) || covered != len(data) {
		t.Errorf("%d tensors of %d, %d bytes of %d", len(header), len(want), covered, len(data))
	}
}

// half rounds to a 16-bit type by cutting bits off, and returns what the value
// became.
func half(d tensor.DType, x float32) (uint16, float32) {
	if d == tensor.BF16 {
		h := uint16(math.Float32bits(x) >> 16)
		return h, math.Float32frombits(uint32(h) << 16)
	}
	var h uint16
	if b := math.Float32bits(x); b>>23&255 > 112 && b>>23&255 < 143 { // normal in binary16
		h = uint16(b>>16&0x8000) | uint16((b>>23&255-112)<<10) | uint16(b>>13&1023)
	}
	return h, tensor.HalfToFloat32(h)
}

// TestStoredTypes opens models of half types, in one file and in shards, and
// compares with float32 models of the same values.
func TestStoredTypes(t *testing.T) {
	for _, d := range []tensor.DType{tensor.BF16, tensor.F16} {
		a := testArena(false, 3)
		dir := saved(t, a)
		var tensors []tensor.Tensor
		for _, s := range a.Spec().Tensors() {
			x := a.Tensor(s.Name).Data()
			data := make([]byte, 0, 2*len(x))
			for i := range x {
				var h uint16
				h, x[i] = half(d, x[i])
				data = binary.LittleEndian.AppendUint16(data, h)
			}
			tensors = append(tensors, tensor.Tensor{Name: s.Name, DType: d, Shape: shapeOf(s), Data: data})
		}
		want := losses(t, inMemory(t, a))
		writeTensors(t, filepath.Join(dir, weightsFile), tensors, nil)
		compareOpened(t, dir, d.String(), want)

		if err := os.Remove(filepath.Join(dir, weightsFile)); err != nil {
			t.Fatal(err)
		}
		index := map[string]map[string]string{"weight_map": {}}
		for part, cut := range [][]tensor.Tensor{tensors[:5], tensors[5:]} {
			name := fmt.Sprintf("model-%05d-of-00002.safetensors", part+1)
			writeTensors(t, filepath.Join(dir, name), cut, nil)
			for _, x := range cut {
				index["weight_map"][x.Name] = name
			}
		}
		writeJSON(t, filepath.Join(dir, indexFile), index)
		compareOpened(t, dir, d.String()+" shards", want)
	}
}

func compareOpened(t *testing.T, dir, what string, want *xent.Rows) {
	t.Helper()
	m, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !sameRows(losses(t, m), want) {
		t.Errorf("%s: other bits than float32 of the same values", what)
	}
}

func writeTensors(t *testing.T, path string, tensors []tensor.Tensor, metadata map[string]string) {
	t.Helper()
	var b bytes.Buffer
	if err := safetensors.Write(&b, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}
