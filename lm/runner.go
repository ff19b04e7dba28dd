package lm

import (
	"fmt"

	"xent"
	"xent/internal/gemm"
	"xent/internal/nn"
	"xent/internal/tensor"
)

// A Runner computes a model's loss, its gradients and its next-token logits.
// It owns the memory for them, sized once, so that in steady state a call
// allocates nothing; therefore it does one thing at a time, and several
// Runners may share Weights. It reads the Weights at every call: changing them
// in between, as training does, is fine.
type Runner struct {
	w         *Weights
	maxTokens int
	workers   int
	precision Precision
	memory    Memory
	loss      *xent.Loss
	nn        *nn.Engine
	rotary    *nn.Rotary
	layout    nn.Layout
	positions []int32 // of each token in its sequence

	layers  []activations // one that every layer uses, or for gradients one each
	current activations   // of the layer at work, cut to the tokens at hand
	last    tensor.Matrix // N×C, the residual stream after all layers
	rms     []float32     // N, of the last norm
	hidden  tensor.Matrix // N×C, its result, which the head reads
	branch  tensor.Matrix // N×C, what a layer adds to the residual stream
	factors []float32     // C, of the norm at work
	back    backward
}

// NewRunner returns a Runner for batches of at most maxTokens tokens on at most
// workers goroutines (GOMAXPROCS when not positive), which change no bit.
// The memory that only gradients need is allocated by the first Gradient.
func NewRunner(w *Weights, maxTokens, workers int) (*Runner, error) {
	return NewRunnerWith(w, maxTokens, Options{Workers: workers})
}

// Options are a Runner's. The zero value is NewRunner's with all processors.
type Options struct {
	Workers   int       // goroutines, GOMAXPROCS when not positive; they change no bit
	Precision Precision // of the layers' products
	Memory    Memory    // where activations lie; caches and the loss's workspace are Go's
}

// A Precision is what the layers' products round their factors to: activations, their
// gradients and the matrices of the layers. Sums, weights, norms, attention and the
// head with its loss are float32 whatever it is.
type Precision = gemm.Precision

// The precisions. With BFloat16 the gradients of several calls have the bits of one
// only where all but the last have an even number of tokens: products take two rows at
// a time.
const (
	Float32  = gemm.Float32
	BFloat16 = gemm.BFloat16
)

// ParsePrecision is the inverse of a Precision's String: "fp32" or "bf16".
func ParsePrecision(name string) (p Precision, ok bool) {
	for _, p := range []Precision{Float32, BFloat16} {
		if p.String() == name {
			return p, true
		}
	}
	return 0, false
}

// NewRunnerWith is NewRunner with options.
func NewRunnerWith(w *Weights, maxTokens int, o Options) (*Runner, error) {
	s := w.Spec
	if err := w.check(); err != nil {
		return nil, err
	}
	if maxTokens <= 0 {
		return nil, fmt.Errorf("lm: a runner of at most %d tokens", maxTokens)
	}
	loss, err := xent.New(s.Vocab, xent.Options{Workers: max(0, o.Workers)})
	if err != nil {
		return nil, err
	}
	m := o.Memory
	r := &Runner{
		w: w, maxTokens: maxTokens, workers: o.Workers, precision: o.Precision, memory: m, loss: loss,
		nn: nn.New(o.Workers), rotary: nn.NewRotary(s.HeadDim, s.RopeTheta),
		positions: make([]int32, maxTokens),
		layers:    []activations{m.activations(s, maxTokens)},
		last:      m.matrix(maxTokens, s.Width),
		rms:       m.Floats(maxTokens),
		hidden:    m.matrix(maxTokens, s.Width),
		branch:    m.matrix(maxTokens, s.Width),
		factors:   m.Floats(s.Width),
	}
	r.rotary.Grow(min(maxTokens, s.Context))
	return r, nil
}

// Loss adds the loss of the batch to t: row i is the negative log-probability
// of Targets[i] after the tokens of its sequence up to i. rowWeights (nil: all
// 1) and rows (nil: none) are those of xent.Loss.LinearForward. Errors are
// *BatchError, *TokenError and xent's for targets; t is then unchanged.
func (r *Runner) Loss(t *xent.Total, b Batch, rowWeights []float32, rows *xent.Rows) error {
	if err := b.check(r.w.Spec, r.maxTokens); err != nil {
		return err
	}
	y := xent.Targets{Index: b.Targets, RowWeights: rowWeights}
	if _, err := r.loss.Weight(y); err != nil { // before the forward pass is paid for
		return err
	}
	r.place(b.Ends)
	r.forward(b.Tokens, nil, false)
	return r.loss.LinearForward(t, r.head(len(b.Tokens)), y, rows)
}

// Gradient adds the loss of the batch to t and the gradient of scale times it
// to g. For a mean over several batches pass 1/(their total weight). g must be
// of the runner's Spec and is unchanged on errors, which are those of Loss.
func (r *Runner) Gradient(t *xent.Total, b Batch, scale float64, g *Gradients) error {
	if g.w.Spec != r.w.Spec {
		return badBatch("gradients for another model than the runner's")
	}
	if err := b.check(r.w.Spec, r.maxTokens); err != nil {
		return err
	}
	y := xent.Targets{Index: b.Targets}
	if _, err := r.loss.Weight(y); err != nil {
		return err
	}
	r.growForGradients()
	r.place(b.Ends)
	n := len(b.Tokens)
	r.forward(b.Tokens, nil, true)
	dHidden := r.back.norm.Slice(0, n)
	err := r.loss.LinearGradient(t, r.head(n), y, nil, scale,
		xent.LinearGrad{Hidden: xent.FromTensor(dHidden), Classifier: xent.FromTensor(g.w.Head)})
	if err != nil {
		return err
	}
	r.backward(b.Tokens, g.w)
	return nil
}

// head is the last product, which the loss computes.
func (r *Runner) head(n int) xent.Linear {
	return xent.Linear{Hidden: xent.FromTensor(r.hidden.Slice(0, n)), Classifier: xent.FromTensor(r.w.Head)}
}

// place lays out the sequences of a batch.
func (r *Runner) place(ends []int) {
	r.layout.Reset()
	from := 0
	for _, end := range ends {
		r.layout.Add(from, end-from, 0, from)
		for i := range end - from {
			r.positions[from+i] = int32(i)
		}
		from = end
	}
}

// mul computes c = x·wᵀ for weights w stored out × in.
func (r *Runner) mul(c, x, w tensor.Matrix) { r.precision.Mul(r.workers, c, x, w.T()) }

// scale returns the factors of a norm in float32.
func (r *Runner) scale(norm tensor.Matrix) []float32 {
	norm.Gather(r.factors, 0, 0)
	return r.factors
}
