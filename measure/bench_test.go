package measure

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"xent"
	"xent/tokenizer"
)

// constant is a Scorer that costs nothing, so that the rest can be timed.
type constant struct{}

func (constant) Vocab() int   { return 257 }
func (constant) Context() int { return 2048 }
func (constant) Score(_ context.Context, _ [][]int32, _ []int, rows *xent.Rows) error {
	for i := range rows.NLL {
		rows.NLL[i], rows.Entropy[i], rows.Rank[i] = 1, 1, 1
	}
	return nil
}

// BenchmarkEvaluate is what an evaluation costs beside the model: tokenizing,
// windows, sums and denominators.
func BenchmarkEvaluate(b *testing.B) {
	bos, tok := int32(256), tokenizer.Bytes()
	for _, n := range []int{100, 1 << 20} {
		b.Run(fmt.Sprintf("tokenizer=bytes/n=%d", n), func(b *testing.B) {
			d := Document{"text", bytes.Repeat([]byte("some words\n"), n/11+1)[:n]}
			b.SetBytes(int64(n))
			for b.Loop() {
				if _, err := Evaluate(b.Context(), constant{}, tok, All(d), Default(2048, &bos), Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
