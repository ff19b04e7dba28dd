package lm

import (
	"fmt"
	"testing"

	"xent"
	"xent/internal/gemm"
)

// stepSpec is the size that `xent train` begins with.
var stepSpec = Spec{Vocab: 1024, Context: 128, Width: 160, Layers: 4, Heads: 5, KVHeads: 5, HeadDim: 32, Hidden: 432, Tied: true, RopeTheta: 10000, NormEps: 1e-5}

// BenchmarkStep is loss and gradient of 512 tokens.
func BenchmarkStep(b *testing.B) {
	a := NewArena(stepSpec)
	a.Init(1)
	batch := testBatch(stepSpec.Vocab, 128, 128, 128, 128)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("impl=%s/n=%d/workers=%d", gemm.Backend(), len(batch.Tokens), workers), func(b *testing.B) {
			r, g := newRunner(b, a.Weights(), len(batch.Tokens), workers), NewGradients(stepSpec)
			var total xent.Total
			for b.Loop() {
				if err := r.Gradient(&total, batch, 1.0/512, g); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(batch.Tokens)*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkExtend decodes one token at a time in the middle of the context.
func BenchmarkExtend(b *testing.B) {
	a := NewArena(stepSpec)
	a.Init(1)
	r := newRunner(b, a.Weights(), 64, 0)
	c, logits, tokens := r.NewCache(0), make([]float32, stepSpec.Vocab), testBatch(stepSpec.Vocab, 64).Tokens
	if err := r.Extend(c, tokens, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Truncate(63)
		if err := r.Extend(c, tokens[63:], logits); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}
