package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent/internal/tensor"
)

// textbook is causal grouped-query attention over sequences of the given
// lengths, as the definition reads: inputs q, k, v one after the other.
func textbook(lengths []int, heads, kvHeads, d int) ref {
	n := 0
	for _, l := range lengths {
		n += l
	}
	return func(in []float64) []float64 {
		q, k, v := in[:n*heads*d], in[n*heads*d:][:n*kvHeads*d], in[n*(heads+kvHeads)*d:]
		o := make([]float64, n*heads*d)
		from := 0
		for _, length := range lengths {
			for i := from; i < from+length; i++ {
				for h := range heads {
					kv := h * kvHeads / heads
					row := o[(i*heads+h)*d:][:d]
					total := 0.0
					for j := from; j <= i; j++ {
						s := 0.0
						for c := range d {
							s += q[(i*heads+h)*d+c] * k[(j*kvHeads+kv)*d+c]
						}
						p := math.Exp(s)
						total += p
						for c := range d {
							row[c] += p * v[(j*kvHeads+kv)*d+c]
						}
					}
					for c := range row {
						row[c] /= total
					}
				}
			}
			from += length
		}
		return o
	}
}

// setup makes an attention over the sequences with queries, keys and values
// side by side in one row, as the model keeps them.
func setup(lengths []int, heads, kvHeads, d int, qkv []float32) Attention {
	n, width := 0, (heads+2*kvHeads)*d
	layout := new(Layout)
	for _, l := range lengths {
		layout.Add(n, l, 0, n)
		n += l
	}
	view := func(head, heads int) tensor.Matrix { return tensor.Strided(qkv[head*d:], n, heads*d, width) }
	return Attention{
		Heads: heads, KVHeads: kvHeads, Dim: d, Layout: layout,
		Q: view(0, heads), K: view(heads, kvHeads), V: view(heads+kvHeads, kvHeads),
		O:   tensor.Float32(make([]float32, n*heads*d), n, heads*d),
		Max: make([]float32, n*heads), Inv: make([]float32, n*heads),
	}
}

// flat copies a view.
func flat(m tensor.Matrix) []float32 {
	var x []float32
	for i := range m.Rows {
		x = append(x, m.Row(i)...)
	}
	return x
}

func TestAttention(t *testing.T) {
	for _, c := range []struct {
		lengths           []int
		heads, kvHeads, d int
	}{
		{[]int{1}, 1, 1, 2},
		{[]int{5, 1, 3}, 4, 2, 6},
		{[]int{blockRows + 3}, 2, 1, 4},
	} {
		f := textbook(c.lengths, c.heads, c.kvHeads, c.d)
		n := 0
		for _, l := range c.lengths {
			n += l
		}
		rng := rand.New(rand.NewPCG(6, uint64(n)))
		qkv := random(n*(c.heads+2*c.kvHeads)*c.d, 0.7, rng)
		dO := random(n*c.heads*c.d, 1, rng)
		a := setup(c.lengths, c.heads, c.kvHeads, c.d, qkv)
		e := New(2)
		e.Attention(a)
		in := wide(flat(a.Q), flat(a.K), flat(a.V))
		near(t, "o", a.O.Data(), f(in), 2e-6)

		g := pullback(f, in, wide(dO))
		back := setup(c.lengths, c.heads, c.kvHeads, c.d, random(len(qkv), 1, rng))
		e.AttentionBackward(a, tensor.Float32(dO, n, c.heads*c.d), back.Q, back.K, back.V)
		q, kv := n*c.heads*c.d, n*c.kvHeads*c.d
		near(t, "dq", flat(back.Q), g[:q], 5e-6)
		near(t, "dk", flat(back.K), g[q:q+kv], 5e-6)
		near(t, "dv", flat(back.V), g[q+kv:], 5e-6)
	}
}

// TestAttentionBits: no number of goroutines changes a bit, and a sequence has
// the bits that it has alone.
func TestAttentionBits(t *testing.T) {
	const heads, kvHeads, d = 4, 2, 8
	lengths := []int{2*blockRows + 5, 1, blockRows, 17}
	n := 3*blockRows + 23
	rng := rand.New(rand.NewPCG(7, 0))
	qkv, dO := random(n*(heads+2*kvHeads)*d, 1, rng), random(n*heads*d, 1, rng)
	run := func(e *Engine, lengths []int, from, n int) [][]float32 {
		width := (heads + 2*kvHeads) * d
		a := setup(lengths, heads, kvHeads, d, qkv[from*width:])
		e.Attention(a)
		b := setup(lengths, heads, kvHeads, d, make([]float32, n*width))
		e.AttentionBackward(a, tensor.Float32(dO[from*heads*d:], n, heads*d), b.Q, b.K, b.V)
		return [][]float32{a.O.Data(), flat(b.Q), flat(b.K), flat(b.V)}
	}
	everyWorkers(t, func(e *Engine) [][]float32 { return run(e, lengths, 0, n) })
	whole, from := run(New(1), lengths, 0, n), 0
	for _, l := range lengths {
		for k, alone := range run(New(1), []int{l}, from, l) {
			width := len(whole[k]) / n
			if !slices.EqualFunc(alone, whole[k][from*width:(from+l)*width], sameBits) {
				t.Errorf("the sequence of %d from row %d has other bits alone (result %d)", l, from, k)
			}
		}
		from += l
	}
}

// TestAttentionPast: the last rows of a sequence behind their past have the
// bits of the whole, however it is cut.
func TestAttentionPast(t *testing.T) {
	const heads, kvHeads, d, n = 2, 1, 4, 2*blockRows + 9
	rng := rand.New(rand.NewPCG(8, 0))
	qkv := random(n*(heads+2*kvHeads)*d, 1, rng)
	whole := setup([]int{n}, heads, kvHeads, d, qkv)
	e := New(2)
	e.Attention(whole)
	for _, past := range []int{0, 1, 31, blockRows, n - 1} {
		a := setup([]int{n}, heads, kvHeads, d, qkv)
		a.Q, a.O = a.Q.Slice(past, n), a.O.Slice(past, n)
		a.Layout.Reset()
		a.Layout.Add(0, n-past, past, 0)
		e.Attention(a)
		if !slices.EqualFunc(a.O.Data(), whole.O.Slice(past, n).Data(), sameBits) {
			t.Errorf("rows from %d on have other bits behind their past", past)
		}
	}
}

// BenchmarkAttention is a layer of the size that `xent train` begins with, and
// one long sequence.
func BenchmarkAttention(b *testing.B) {
	const heads, d = 5, 32
	for _, lengths := range [][]int{{128, 128, 128, 128}, {1024}} {
		n := 0
		for _, l := range lengths {
			n += l
		}
		qkv := random(n*3*heads*d, 1, rand.New(rand.NewPCG(9, 0)))
		a, g := setup(lengths, heads, heads, d, qkv), setup(lengths, heads, heads, d, make([]float32, len(qkv)))
		dO := tensor.Float32(random(n*heads*d, 1, rand.New(rand.NewPCG(9, 1))), n, heads*d)
		e := New(1)
		b.Run(fmt.Sprintf("impl=forward/n=%d", lengths[0]), func(b *testing.B) {
			for b.Loop() {
				e.Attention(a)
			}
		})
		b.Run(fmt.Sprintf("impl=backward/n=%d", lengths[0]), func(b *testing.B) {
			for b.Loop() {
				e.AttentionBackward(a, dO, g.Q, g.K, g.V)
			}
		})
	}
}
