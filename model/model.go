package model

import (
	"fmt"
	"sync"

	"xent/lm"
	"xent/tokenizer"
)

// A Model is a language model ready to use. Its methods may be called from
// several goroutines; those that compute take turns.
type Model struct {
	name    string
	weights *lm.Weights
	tok     *tokenizer.Tokenizer
	eos     *int32
	// metadata is what model.safetensors says about itself.
	metadata map[string]string

	mu      sync.Mutex // guards what follows
	workers int
	runner  *lm.Runner
	room    int // tokens the runner takes at once
	scratch scratch
}

// New joins weights and a tokenizer that are in memory, such as those of a
// model in training: changes of the weights between calls are seen. The name
// is for reports. The tokenizer must not have more tokens than the model.
func New(name string, w *lm.Weights, t *tokenizer.Tokenizer) (*Model, error) {
	if t.Vocab() > w.Spec.Vocab {
		return nil, fmt.Errorf("the tokenizer has %d tokens, the model only %d", t.Vocab(), w.Spec.Vocab)
	}
	return &Model{name: name, weights: w, tok: t}, nil
}

// Name returns the folder's name, or what New was given.
func (m *Model) Name() string { return m.name }

// Spec returns the model's shape.
func (m *Model) Spec() lm.Spec { return m.weights.Spec }

// Weights returns the model's parameters as views; the model reads them.
func (m *Model) Weights() *lm.Weights { return m.weights }

// Tokenizer returns the tokenizer, which declares what [Model.BOS] says.
func (m *Model) Tokenizer() *tokenizer.Tokenizer { return m.tok }

// BOS returns the token that documents of this model start with; ok is false
// when the model declares none. It is never part of what the tokenizer's
// Encode returns.
func (m *Model) BOS() (id int32, ok bool) {
	if !m.tok.AddsBOS() {
		return 0, false
	}
	return m.tok.BOS()
}

// EOS returns the token that ends a text, by the files of the model's folder;
// ok is false when they do not name exactly one. Scoring does not use it: some
// models without a BOS saw it before every text, and a caller may put it there.
func (m *Model) EOS() (id int32, ok bool) {
	if m.eos == nil {
		return 0, false
	}
	return *m.eos, true
}

// Metadata returns what the model's safetensors file says about itself, such
// as what was given to [WriteWeights]; nil for a model of New. It must not be
// changed.
func (m *Model) Metadata() map[string]string { return m.metadata }

// Vocab returns the number of classes of a prediction, which can exceed the
// tokenizer's tokens.
func (m *Model) Vocab() int { return m.weights.Spec.Vocab }

// Context returns the tokens of the longest sequence the model was made for.
func (m *Model) Context() int { return m.weights.Spec.Context }

// SetWorkers sets the number of goroutines that compute; 0, the default, means
// GOMAXPROCS. It changes no digit.
func (m *Model) SetWorkers(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.workers, m.runner, m.room = n, nil, 0
}

// batchTokens is the number of tokens computed at once, where windows are not
// longer: enough for products to run at full speed, and no more memory.
const batchTokens = 1024

// run returns a runner for n tokens at once. The caller holds mu.
func (m *Model) run(n int) (*lm.Runner, error) {
	if n = max(n, batchTokens); m.room < n {
		r, err := lm.NewRunner(m.weights, n, m.workers)
		if err != nil {
			return nil, err
		}
		m.runner, m.room = r, n
	}
	return m.runner, nil
}
