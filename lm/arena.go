package lm

import (
	"math"
	"math/rand/v2"

	"xent/internal/tensor"
)

// An Arena holds all parameters of a model in one slice, which is what an
// optimiser walks over and a checkpoint stores.
type Arena struct {
	spec    Spec
	data    []float32
	tensors []TensorSpec
	named   map[string]tensor.Matrix
}

// NewArena returns an arena of zeros. It panics when s is not valid.
func NewArena(s Spec) *Arena { return NewArenaIn(nil, s) }

// NewArenaIn is NewArena in memory that is given.
func NewArenaIn(m Memory, s Spec) *Arena {
	if err := s.Validate(); err != nil {
		panic(err)
	}
	a := &Arena{spec: s, data: m.Floats(s.Parameters()), tensors: s.Tensors()}
	a.named = make(map[string]tensor.Matrix, len(a.tensors))
	for _, t := range a.tensors {
		a.named[t.Name] = tensor.Float32(a.data[t.Offset:], t.Rows, t.Cols)
	}
	return a
}

// Spec returns the model's shape.
func (a *Arena) Spec() Spec { return a.spec }

// Data returns all parameters, the tensors one after the other as
// Spec.Tensors lists them. Writing to it changes the model.
func (a *Arena) Data() []float32 { return a.data }

// Tensor returns the parameters of that name as a view, or an empty matrix
// when there is none.
func (a *Arena) Tensor(name string) tensor.Matrix { return a.named[name] }

// Weights returns the parameters as a Runner takes them: views, which follow
// every change of the arena.
func (a *Arena) Weights() *Weights {
	w, err := NewWeights(a.spec, func(name string) (tensor.Matrix, bool) {
		m, ok := a.named[name]
		return m, ok
	})
	if err != nil {
		panic(err) // the arena made the tensors to these shapes
	}
	return w
}

// initStd is the standard deviation of fresh weights (Radford et al. 2019,
// GPT-2, which also divides by √(residual additions) as below).
const initStd = 0.02

// Init draws the parameters from N(0, 0.02²), those of the 2L maps that add to
// the residual stream from N(0, 0.02²/(2L)), and sets norm factors to 1. An embedding
// that is not the head too is drawn from N(0, 1): what is fed into the residual stream
// then weighs against what the layers add. Equal seeds give equal parameters; each
// tensor has its own stream of numbers.
func (a *Arena) Init(seed uint64) {
	for i, t := range a.tensors {
		x := a.data[t.Offset:][:t.Rows*t.Cols]
		std := initStd
		switch {
		case t.Role == Residual:
			std /= math.Sqrt(2 * float64(a.spec.Layers))
		case t.Role == Table && !a.spec.Tied:
			std = 1
		}
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		for j := range x {
			if t.Role == Scale {
				x[j] = 1
			} else {
				x[j] = float32(std * rng.NormFloat64())
			}
		}
	}
}
