package main

import (
	"cmp"

	"xent/internal/bench"
	"xent/internal/gemm"
	"xent/lm"
	"xent/train"
)

// A benchSize is how much `xent bench` does.
type benchSize struct {
	limits           int // bytes that bandwidth is measured over, source and destination together
	runs, rounds     int // of the limits: runs take turns over the numbers of threads
	repetitions      int // of all else
	rows             int // of logits
	classes          []int
	products         []benchProduct
	n, d, v          int // of the linear loss: rows, width, classes
	largeN           int // the same of the one whose logits would not fit
	largeD, largeV   int
	model            lm.Spec
	sequences        int // of a training step, each as long as the context
	linearRepetition int // of the linear loss and the training step, which take long; 0: repetitions
}

// A benchProduct is C = A·B, of m×k and k×n. A transposed B is stored as n×k, as
// weights are.
type benchProduct struct {
	m, n, k    int
	transposed bool
	precision  gemm.Precision
}

var (
	benchFull = benchSize{
		limits: 1 << 30, runs: 3, rounds: 7, repetitions: 9, rows: 1024, classes: []int{50257, 128256},
		products: []benchProduct{{1024, 1024, 1024, false, gemm.Float32}, {2048, 2048, 2048, false, gemm.Float32}, {1, 2048, 2048, true, gemm.Float32}, {16, 2048, 2048, true, gemm.Float32},
			{1024, 1024, 1024, false, gemm.BFloat16}, {2048, 2048, 2048, false, gemm.BFloat16}},
		n: 2048, d: 768, v: 50257, linearRepetition: 5, largeN: 8192, largeD: 2304, largeV: 256000,
		model: lm.Spec{Vocab: 8192, Context: 256, Width: 384, Layers: 6, Heads: 6, KVHeads: 6, HeadDim: 64, Hidden: 1024, Tied: true,
			RopeTheta: 10000, NormEps: 1e-5}, sequences: 16,
	}
	benchQuick = benchSize{
		limits: 256 << 20, runs: 2, rounds: 5, repetitions: 5, rows: 256, classes: []int{50257, 128256},
		products: []benchProduct{{256, 256, 256, false, gemm.Float32}, {1024, 1024, 1024, false, gemm.Float32}, {1, 1024, 1024, true, gemm.Float32}, {16, 1024, 1024, true, gemm.Float32},
			{1024, 1024, 1024, false, gemm.BFloat16}},
		n: 256, d: 256, v: 32000, largeN: 1024, largeD: 512, largeV: 64000,
		model: lm.Spec{Vocab: 2048, Context: 128, Width: 192, Layers: 3, Heads: 3, KVHeads: 3, HeadDim: 64, Hidden: 512, Tied: true,
			RopeTheta: 10000, NormEps: 1e-5}, sequences: 8,
	}
)

// shared is how much memory is taken once, for all but the training step.
func (z *benchSize) shared(b *benchCall) int64 {
	most := int64(2 * bench.Rounded(z.limits/2))
	if b.wants("loss", "loss_gradient") {
		for _, v := range z.classes {
			most = max(most, 2*rounded(4*int64(z.rows)*int64(v)))
		}
	}
	if b.wants("matmul") {
		for _, p := range z.products {
			most = max(most, p.bytes())
		}
	}
	if b.wants("linear_loss") {
		most = max(most, benchHeadBytes(z.n, z.d, z.v)+rounded(4*int64(z.n)*int64(z.v)))
	}
	return most
}

// bytes is how much memory all of it takes at most.
func (z *benchSize) bytes(b *benchCall) int64 {
	most := z.shared(b) + 16<<20 // the program, and what products pack
	if b.wants("linear_loss") {
		most += workspace
	}
	if b.large {
		most = max(most, benchHeadBytes(z.largeN, z.largeD, z.largeV)+workspace+16<<20)
	}
	if b.wants("train_step") {
		most = max(most, train.StepperBytes(z.model, z.tokens())+workspace+16<<20)
	}
	return most
}

// rounded is bench.Rounded beyond an int.
func rounded(n int64) int64 { return (n + 4095) &^ 4095 }

// bytes is what the three matrices take.
func (p benchProduct) bytes() int64 {
	m, n, k := int64(p.m), int64(p.n), int64(p.k)
	return rounded(4*m*k) + rounded(4*k*n) + rounded(4*m*n)
}

// flop is how many operations the product takes.
func (p benchProduct) flop() float64 { return 2 * float64(p.m) * float64(p.n) * float64(p.k) }

// tokens are those of a training step.
func (z *benchSize) tokens() int { return z.sequences * z.model.Context }

// slow is how often long things are repeated.
func (z *benchSize) slow() int { return cmp.Or(z.linearRepetition, z.repetitions) }

// stepFLOP is how many operations a training step needs, in the matrices of the
// layers and in all else: forward once and backward twice, two for each weight of a
// matrix and token, and 2·T·C a layer for scores and values, which causal attention
// needs half of.
func stepFLOP(s lm.Spec, tokens int) (layers, rest float64) {
	for _, t := range s.Tensors() {
		n := float64(t.Rows) * float64(t.Cols)
		switch t.Role {
		case lm.Matrix, lm.Residual:
			layers += n
		case lm.Head:
			rest += n
		case lm.Table:
			if s.Tied { // a table that is no head is only looked up
				rest += n
			}
		}
	}
	rest += float64(s.Layers) * float64(s.Context) * float64(s.Heads) * float64(s.HeadDim)
	return 6 * layers * float64(tokens), 6 * rest * float64(tokens)
}
