package xent

import (
	"fmt"
	"math"
	"testing"
)

// TestOptionsSameBits: goroutines change no bit, whatever the options, the form
// of the targets and the type of the logits. The batch is cut into more pieces than
// there are goroutines.
func TestOptionsSameBits(t *testing.T) {
	for _, c := range combinations() {
		// 71 divides no list of choices: all meet.
		if c.number%71 != 0 || few() && c.number%497 != 0 {
			continue
		}
		b := c.batch(27, 1<<13+5)
		var want outcome
		for _, workers := range []int{1, 2, 3, 8} {
			o := c.options(b)
			o.Workers = workers
			l, err := New(b.v, o)
			if err != nil {
				t.Fatal(err)
			}
			k := &checker{t: t, combination: c, b: b, l: l, scale: 0.37}
			got := k.gradient(b, c.storage)
			if workers == 1 {
				want = got
			}
			k.sameOutcome(fmt.Sprintf("%d goroutines", workers), got.result, got.rows, want)
			if at := got.grad.same(want.grad); at >= 0 {
				k.errorf("%d goroutines change element %d of the gradient", workers, at)
			}
		}
	}
}

// TestFairDie: without anything to tell classes by, every option and target that
// leaves probabilities as they are gives ln V, and the perplexity is V.
func TestFairDie(t *testing.T) {
	for _, v := range []int{1, 2, 6, 1000, 50257} {
		for s := f32; s <= f64; s++ {
			z, q := newArray(s, v), newArray(f64, v)
			for c := range v {
				z.set(c, -7)
				q.set(c, 1/float64(v))
			}
			for _, o := range []Options{{}, {Temperature: 0.7}, {SoftCap: 3}, {LabelSmoothing: 0.3}, {LabelSmoothing: 1, SoftCap: 30, Temperature: 1.3}} {
				for _, y := range []Targets{{Index: []int32{int32(v - 1)}}, {Soft: &Soft{Dense: q.matrix(1, v)}}, {Soft: &Soft{K: 1, Rest: RestUniform, Index: []int32{0}, Prob: []float32{1 / float32(v)}}}} {
					var total Total
					l, err := New(v, o)
					if err != nil {
						t.Fatal(err)
					}
					if err := l.Forward(&total, z.matrix(1, v), y, nil); err != nil {
						t.Fatal(err)
					}
					r, want := total.Result(), math.Log(float64(v))
					for name, x := range map[string]float64{"mean": r.Mean(), "entropy": r.Entropy, "ln perplexity": math.Log(r.Perplexity()), "bits": r.Bits() * math.Ln2} {
						if !(math.Abs(x-want) <= 1e-12*(1+want)) {
							t.Errorf("V=%d %v %+v: %s %v, want ln V = %v", v, s, o, name, x, want)
						}
					}
				}
			}
		}
	}
}
