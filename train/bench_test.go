package train

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"xent/lm"
)

// BenchmarkStep is a whole step, optimiser and all, of 16 sequences at 13.8 M
// parameters: what `xent bench` calls train_step.
func BenchmarkStep(b *testing.B) {
	s := lm.Spec{Vocab: 8192, Context: 256, Width: 384, Layers: 6, Heads: 6, KVHeads: 6, HeadDim: 64, Hidden: 1024, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
	const sequences = 16
	var batch lm.Batch
	r := rand.New(rand.NewPCG(5, 6))
	for i := range sequences * s.Context {
		batch.Tokens = append(batch.Tokens, r.Int32N(int32(s.Vocab)))
		batch.Targets = append(batch.Targets, r.Int32N(int32(s.Vocab)))
		if (i+1)%s.Context == 0 {
			batch.Ends = append(batch.Ends, i+1)
		}
	}
	for _, p := range []lm.Precision{lm.Float32, lm.BFloat16} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("impl=%v/workers=%d", p, workers), func(b *testing.B) {
				t, err := NewStepper(s, len(batch.Tokens), workers, p)
				if err != nil {
					b.Fatal(err)
				}
				defer t.Close()
				if _, err := t.Step(batch, 1e-4); err != nil { // touches all memory
					b.Fatal(err)
				}
				for b.Loop() {
					if _, err := t.Step(batch, 1e-4); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(batch.Tokens)*b.N)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
	}
}
