package lm

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
)

// A Spec is the shape of a model.
type Spec struct {
	Vocab     int     `json:"vocab"`      // V, tokens
	Context   int     `json:"context"`    // tokens of the longest sequence
	Width     int     `json:"width"`      // C, columns of the residual stream
	Layers    int     `json:"layers"`     // L
	Heads     int     `json:"heads"`      // query heads
	KVHeads   int     `json:"kv_heads"`   // heads of keys and values; divides Heads
	HeadDim   int     `json:"head_dim"`   // columns of a head, even; Heads·HeadDim need not be Width
	Hidden    int     `json:"hidden"`     // F, columns inside the gated unit
	Tied      bool    `json:"tied"`       // the head is the embedding
	RopeTheta float64 `json:"rope_theta"` // base of the rotary angles, 10000 in Llama
	NormEps   float64 `json:"norm_eps"`   // ε inside RMSNorm's root, 1e-5 in Llama
}

// A SpecError says which field of a Spec cannot be.
type SpecError struct {
	Field string // such as "HeadDim"
	Why   string // such as "33 is odd"
}

func (e *SpecError) Error() string { return "lm: model spec: " + e.Field + ": " + e.Why }

// Validate returns a *SpecError when the Spec describes no model: sizes must be
// positive, KVHeads divide Heads, HeadDim be even, and all parameters together
// be addressable.
func (s Spec) Validate() error {
	for _, f := range []struct {
		name string
		size int
	}{
		{"Vocab", s.Vocab}, {"Context", s.Context}, {"Width", s.Width}, {"Layers", s.Layers},
		{"Heads", s.Heads}, {"KVHeads", s.KVHeads}, {"HeadDim", s.HeadDim}, {"Hidden", s.Hidden},
	} {
		if f.size <= 0 {
			return &SpecError{f.name, fmt.Sprintf("%d is not positive", f.size)}
		}
		if f.size > math.MaxInt32 {
			return &SpecError{f.name, fmt.Sprintf("%d is above %d", f.size, math.MaxInt32)}
		}
	}
	switch {
	case s.Heads%s.KVHeads != 0:
		return &SpecError{"KVHeads", fmt.Sprintf("%d does not divide the %d heads", s.KVHeads, s.Heads)}
	case s.HeadDim%2 != 0:
		return &SpecError{"HeadDim", fmt.Sprintf("%d is odd; rotary positions turn pairs of columns", s.HeadDim)}
	case !(s.RopeTheta > 0) || math.IsInf(s.RopeTheta, 1):
		return &SpecError{"RopeTheta", fmt.Sprintf("%v is not positive and finite", s.RopeTheta)}
	case !(s.NormEps >= 0) || math.IsInf(s.NormEps, 1):
		return &SpecError{"NormEps", fmt.Sprintf("%v is not a finite number from 0 on", s.NormEps)}
	case s.Parameters() == math.MaxInt:
		return &SpecError{"Width", "the parameters are more than memory can hold"}
	}
	return nil
}

// Parameters returns the number of parameters, a tied head counted once, or
// math.MaxInt when their bytes in float32 overflow an int.
func (s Spec) Parameters() int {
	var n saturating
	n.add(s.Vocab, s.Width, 1)
	if !s.Tied {
		n.add(s.Vocab, s.Width, 1)
	}
	n.add(s.Width, 1, 1)
	for _, t := range s.layerTensors(0) {
		n.add(t.Rows, t.Cols, s.Layers)
	}
	if n.overflow || n.sum > math.MaxInt/4 {
		return math.MaxInt
	}
	return int(n.sum)
}

// saturating adds products of sizes and remembers an overflow.
type saturating struct {
	sum      uint64
	overflow bool
}

func (n *saturating) add(a, b, c int) {
	h1, ab := bits.Mul64(uint64(a), uint64(b))
	h2, abc := bits.Mul64(ab, uint64(c))
	sum, carry := bits.Add64(n.sum, abc, 0)
	n.sum = sum
	n.overflow = n.overflow || h1 != 0 || h2 != 0 || carry != 0
}

// A Role is what a tensor does, as far as whoever initialises or optimises it
// must know.
type Role uint8

// The roles.
const (
	Table    Role = iota // the embedding, and the head when tied
	Matrix               // a linear map
	Residual             // a linear map whose result is added to the residual stream
	Scale                // the factors of an RMSNorm
	Head                 // the untied head
)

// A TensorSpec names one parameter tensor. Norm factors are one row.
type TensorSpec struct {
	Name       string
	Rows, Cols int
	Role       Role
	Offset     int // of its first element in an Arena
}

// Tensors lists the parameter tensors in the order in which an Arena holds
// them. Queries, keys and values are neighbours, and so are gate and up.
func (s Spec) Tensors() []TensorSpec {
	list := []TensorSpec{{Name: embeddingName, Rows: s.Vocab, Cols: s.Width, Role: Table}}
	for l := range s.Layers {
		list = append(list, s.layerTensors(l)...)
	}
	list = append(list, TensorSpec{Name: normName, Rows: 1, Cols: s.Width, Role: Scale})
	if !s.Tied {
		list = append(list, TensorSpec{Name: headName, Rows: s.Vocab, Cols: s.Width, Role: Head})
	}
	at := 0
	for i := range list {
		list[i].Offset = at
		at += list[i].Rows * list[i].Cols
	}
	return list
}

const (
	embeddingName = "model.embed_tokens.weight"
	normName      = "model.norm.weight"
	headName      = "lm_head.weight"
)

// layerTensors lists the tensors of layer l, in the order of Layer's fields.
func (s Spec) layerTensors(l int) []TensorSpec {
	prefix := "model.layers." + strconv.Itoa(l) + "."
	q, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
	return []TensorSpec{
		{Name: prefix + "input_layernorm.weight", Rows: 1, Cols: s.Width, Role: Scale},
		{Name: prefix + "self_attn.q_proj.weight", Rows: q, Cols: s.Width, Role: Matrix},
		{Name: prefix + "self_attn.k_proj.weight", Rows: kv, Cols: s.Width, Role: Matrix},
		{Name: prefix + "self_attn.v_proj.weight", Rows: kv, Cols: s.Width, Role: Matrix},
		{Name: prefix + "self_attn.o_proj.weight", Rows: s.Width, Cols: q, Role: Residual},
		{Name: prefix + "post_attention_layernorm.weight", Rows: 1, Cols: s.Width, Role: Scale},
		{Name: prefix + "mlp.gate_proj.weight", Rows: s.Hidden, Cols: s.Width, Role: Matrix},
		{Name: prefix + "mlp.up_proj.weight", Rows: s.Hidden, Cols: s.Width, Role: Matrix},
		{Name: prefix + "mlp.down_proj.weight", Rows: s.Width, Cols: s.Hidden, Role: Residual},
	}
}
