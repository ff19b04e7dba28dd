package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"xent/lm"
)

const architecture = "LlamaForCausalLM"

// A config is config.json as far as it says what is computed. Pointers tell an
// absent field, or null, from zero.
type config struct {
	Architectures []string `json:"architectures"`
	ModelType     string   `json:"model_type"`
	HiddenAct     *string  `json:"hidden_act"`

	VocabSize  *int     `json:"vocab_size"`
	Positions  *int     `json:"max_position_embeddings"`
	HiddenSize *int     `json:"hidden_size"`
	Layers     *int     `json:"num_hidden_layers"`
	Heads      *int     `json:"num_attention_heads"`
	KVHeads    *int     `json:"num_key_value_heads"`
	HeadDim    *int     `json:"head_dim"`
	Feed       *int     `json:"intermediate_size"`
	NormEps    *float64 `json:"rms_norm_eps"`
	RopeTheta  *float64 `json:"rope_theta"`
	Tied       *bool    `json:"tie_word_embeddings"`
	BOS        *int32   `json:"bos_token_id"`

	EOS            json.RawMessage `json:"eos_token_id"`    // a number or a list of them
	RopeParameters *rope           `json:"rope_parameters"` // where transformers 5 keeps rope_theta
	RopeScaling    json.RawMessage `json:"rope_scaling"`
	Quantization   json.RawMessage `json:"quantization_config"`
	Rotary         *float64        `json:"partial_rotary_factor"`
	AttentionBias  *bool           `json:"attention_bias"`
	FeedBias       *bool           `json:"mlp_bias"`
}

type rope struct {
	Type   *string  `json:"rope_type"`
	Theta  *float64 `json:"rope_theta"`
	Rotary *float64 `json:"partial_rotary_factor"`
}

// parseConfig reads config.json. Fields that are absent have the defaults of
// transformers' LlamaConfig.
func parseConfig(b []byte) (*config, lm.Spec, error) {
	var c config
	if err := decodeJSON(b, &c); err != nil {
		return nil, lm.Spec{}, err
	}
	if err := c.implemented(); err != nil {
		return nil, lm.Spec{}, err
	}
	s, err := c.spec()
	if err != nil {
		return nil, lm.Spec{}, err
	}
	return &c, s, nil
}

// implemented refuses what package lm does not compute.
func (c *config) implemented() error {
	switch {
	case len(c.Architectures) > 0 && (len(c.Architectures) > 1 || c.Architectures[0] != architecture):
		return fmt.Errorf("architectures: %.100s; only %q can be used", fmt.Sprintf("%q", c.Architectures), architecture)
	case len(c.Architectures) == 0 && c.ModelType != "llama":
		return fmt.Errorf("no architectures, and model_type is %.60q; only llama can be used", c.ModelType)
	case value(c.HiddenAct, "silu") != "silu":
		return fmt.Errorf("hidden_act: %.60q; only silu can be used", *c.HiddenAct)
	case isSet(c.RopeScaling):
		return errors.New("rope_scaling: scaled rotary positions cannot be used")
	case c.RopeParameters != nil && value(c.RopeParameters.Type, "default") != "default":
		return fmt.Errorf("rope_parameters: rope_type %.60q; only default can be used", *c.RopeParameters.Type)
	case value(c.Rotary, 1) != 1, c.RopeParameters != nil && value(c.RopeParameters.Rotary, 1) != 1:
		return errors.New("partial_rotary_factor: only 1 can be used")
	case isSet(c.Quantization):
		return errors.New("quantization_config: quantised weights cannot be used")
	case value(c.AttentionBias, false):
		return errors.New("attention_bias: projections with a bias cannot be used")
	case value(c.FeedBias, false):
		return errors.New("mlp_bias: projections with a bias cannot be used")
	}
	return nil
}

// spec translates the shape.
func (c *config) spec() (lm.Spec, error) {
	for _, f := range []struct {
		name  string
		value *int
	}{
		{"vocab_size", c.VocabSize}, {"hidden_size", c.HiddenSize}, {"num_hidden_layers", c.Layers},
		{"num_attention_heads", c.Heads}, {"intermediate_size", c.Feed},
	} {
		switch {
		case f.value == nil:
			return lm.Spec{}, fmt.Errorf("%s: missing", f.name)
		case *f.value <= 0:
			return lm.Spec{}, fmt.Errorf("%s: %d is not positive", f.name, *f.value)
		}
	}
	if c.HeadDim == nil && *c.HiddenSize%*c.Heads != 0 {
		return lm.Spec{}, fmt.Errorf("head_dim: missing, and num_attention_heads %d does not divide hidden_size %d", *c.Heads, *c.HiddenSize)
	}
	theta := value(c.RopeTheta, 10000)
	if c.RopeParameters != nil {
		theta = value(c.RopeParameters.Theta, theta)
	}
	s := lm.Spec{
		Vocab: *c.VocabSize, Context: value(c.Positions, 2048), Width: *c.HiddenSize, Layers: *c.Layers,
		Heads: *c.Heads, KVHeads: value(c.KVHeads, *c.Heads), HeadDim: value(c.HeadDim, *c.HiddenSize / *c.Heads), Hidden: *c.Feed,
		Tied: value(c.Tied, false), RopeTheta: theta, NormEps: value(c.NormEps, 1e-6),
	}
	if err := s.Validate(); err != nil {
		var field *lm.SpecError
		if errors.As(err, &field) {
			return lm.Spec{}, fmt.Errorf("%s: %s", configField[field.Field], field.Why)
		}
		return lm.Spec{}, err
	}
	return s, nil
}

// configField gives config.json's name of a field of lm.Spec.
var configField = map[string]string{
	"Vocab": "vocab_size", "Context": "max_position_embeddings", "Width": "hidden_size", "Layers": "num_hidden_layers",
	"Heads": "num_attention_heads", "KVHeads": "num_key_value_heads", "HeadDim": "head_dim", "Hidden": "intermediate_size",
	"RopeTheta": "rope_theta", "NormEps": "rms_norm_eps",
}

// configJSON renders config.json. Documents are separated by BOS alone, so it
// is the end of a text too.
func configJSON(s lm.Spec, bos int32, hasBOS bool) ([]byte, error) {
	var special *int32
	if hasBOS {
		special = &bos
	}
	return indent(struct {
		Architectures []string `json:"architectures"`
		ModelType     string   `json:"model_type"`
		VocabSize     int      `json:"vocab_size"`
		Positions     int      `json:"max_position_embeddings"`
		HiddenSize    int      `json:"hidden_size"`
		Layers        int      `json:"num_hidden_layers"`
		Heads         int      `json:"num_attention_heads"`
		KVHeads       int      `json:"num_key_value_heads"`
		HeadDim       int      `json:"head_dim"`
		Feed          int      `json:"intermediate_size"`
		HiddenAct     string   `json:"hidden_act"`
		NormEps       float64  `json:"rms_norm_eps"`
		RopeTheta     float64  `json:"rope_theta"`
		Tied          bool     `json:"tie_word_embeddings"`
		AttentionBias bool     `json:"attention_bias"`
		FeedBias      bool     `json:"mlp_bias"`
		DType         string   `json:"torch_dtype"`
		BOS           *int32   `json:"bos_token_id"`
		EOS           *int32   `json:"eos_token_id"`
	}{
		[]string{architecture}, "llama", s.Vocab, s.Context, s.Width, s.Layers, s.Heads, s.KVHeads, s.HeadDim, s.Hidden,
		"silu", s.NormEps, s.RopeTheta, s.Tied, false, false, "float32", special, special,
	})
}

// value returns *p, or otherwise where p is nil.
func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// isSet reports whether a field is there and not null.
func isSet(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// decodeJSON is json.Unmarshal with errors that speak of the file: a field, or
// the line and the byte, since some of these files are one long line.
func decodeJSON(b []byte, to any) error {
	err := json.Unmarshal(b, to)
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("%s: unexpected %.40s", wrong.Field, wrong.Value)
	case errors.As(err, &wrong):
		return errors.New("not a JSON object")
	case errors.As(err, &syntax):
		at := min(max(int(syntax.Offset), 0), len(b))
		return fmt.Errorf("broken JSON in line %d, at byte %d of %d: %w", bytes.Count(b[:at], []byte("\n"))+1, at, len(b), err)
	}
	return err
}

// indent renders v as people like to read it.
func indent(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}
