package lm

import (
	"fmt"

	"xent/internal/tensor"
)

// Weights are views of a model's parameters, in any storage type that products
// can read. A tied model's Head is its Embedding.
type Weights struct {
	Spec      Spec
	Embedding tensor.Matrix // V×C
	Norm      tensor.Matrix // 1×C
	Head      tensor.Matrix // V×C
	Layers    []Layer
}

// A Layer holds the parameters of one layer: D = HeadDim, C = Width, F = Hidden.
type Layer struct {
	AttentionNorm tensor.Matrix // 1×C
	Query         tensor.Matrix // Heads·D × C
	Key, Value    tensor.Matrix // KVHeads·D × C
	Output        tensor.Matrix // C × Heads·D
	FeedNorm      tensor.Matrix // 1×C
	Gate, Up      tensor.Matrix // F×C
	Down          tensor.Matrix // C×F
}

// fields lists pointers to the layer's matrices in the order of layerTensors.
func (l *Layer) fields() [9]*tensor.Matrix {
	return [...]*tensor.Matrix{&l.AttentionNorm, &l.Query, &l.Key, &l.Value, &l.Output, &l.FeedNorm, &l.Gate, &l.Up, &l.Down}
}

// NewWeights collects the tensors of s through get, which returns the matrix
// of a name as Spec.Tensors lists it. A missing tensor and a wrong shape are
// errors that name it. Float64 is refused: products read float32 and halves.
func NewWeights(s Spec, get func(name string) (tensor.Matrix, bool)) (*Weights, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	w := &Weights{Spec: s, Layers: make([]Layer, s.Layers)}
	places := w.places()
	for i, t := range s.Tensors() {
		m, ok := get(t.Name)
		switch {
		case !ok && t.Role == Head:
			return nil, fmt.Errorf("lm: no tensor %s, and the embedding is not tied to the head", t.Name)
		case !ok:
			return nil, fmt.Errorf("lm: no tensor %s", t.Name)
		}
		*places[i] = m
	}
	if s.Tied {
		w.Head = w.Embedding
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	return w, nil
}

// places lists pointers to the matrices in the order of Spec.Tensors, and the
// head last even when it is tied.
func (w *Weights) places() []*tensor.Matrix {
	list := []*tensor.Matrix{&w.Embedding}
	for l := range w.Layers {
		f := w.Layers[l].fields()
		list = append(list, f[:]...)
	}
	return append(list, &w.Norm, &w.Head)
}

// check returns an error unless every matrix has its shape and a type that
// products read.
func (w *Weights) check() error {
	if err := w.Spec.Validate(); err != nil {
		return err
	}
	if len(w.Layers) != w.Spec.Layers {
		return fmt.Errorf("lm: weights of %d layers for a model of %d", len(w.Layers), w.Spec.Layers)
	}
	tensors := w.Spec.Tensors()
	if w.Spec.Tied {
		tensors = append(tensors, TensorSpec{Name: headName, Rows: w.Spec.Vocab, Cols: w.Spec.Width})
	}
	places := w.places()
	for i, t := range tensors {
		switch m := places[i]; {
		case m.Rows != t.Rows || m.Cols != t.Cols:
			return fmt.Errorf("lm: tensor %s is %d×%d, the model's shape asks for %d×%d", t.Name, m.Rows, m.Cols, t.Rows, t.Cols)
		case m.DType == tensor.F64:
			return fmt.Errorf("lm: tensor %s is float64; convert it to float32", t.Name)
		}
	}
	return nil
}
