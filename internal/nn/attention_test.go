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
		LSE: make([]float32, n*heads),
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

// textbookGradient is its derivative, by the formulas of AttentionBackward: dq, dk, dv
// one after the other.
func textbookGradient(in, dO []float64, lengths []int, heads, kvHeads, d int) []float64 {
	n := len(dO) / (heads * d)
	q, k, v := in[:n*heads*d], in[n*heads*d:][:n*kvHeads*d], in[n*(heads+kvHeads)*d:]
	g := make([]float64, len(in))
	dq, dk, dv := g[:len(q)], g[len(q):][:len(k)], g[len(q)+len(k):]
	dot := func(a, b []float64) (s float64) {
		for c := range a {
			s += a[c] * b[c]
		}
		return s
	}
	add := func(to []float64, f float64, a []float64) {
		for c := range a {
			to[c] += f * a[c]
		}
	}
	o, from := textbook(lengths, heads, kvHeads, d)(in), 0
	for _, length := range lengths {
		for i := from; i < from+length; i++ {
			for h := range heads {
				at, total := (i*heads+h)*d, 0.0
				key := func(j int) int { return (j*kvHeads + h*kvHeads/heads) * d }
				p := make([]float64, i-from+1)
				for j := range p {
					p[j] = math.Exp(dot(q[at:at+d], k[key(from+j):][:d]))
					total += p[j]
				}
				delta := dot(dO[at:at+d], o[at:at+d])
				for j := range p {
					p, y := p[j]/total, key(from+j)
					ds := p * (dot(dO[at:at+d], v[y:y+d]) - delta)
					add(dq[at:at+d], ds, k[y:y+d])
					add(dk[y:y+d], ds, q[at:at+d])
					add(dv[y:y+d], p, dO[at:at+d])
				}
			}
		}
		from += length
	}
	return g
}

func TestAttention(t *testing.T) {
	for _, c := range []struct {
		lengths           []int
		heads, kvHeads, d int
		differences       bool // the textbook's derivative too is held to differences
	}{
		{[]int{1}, 1, 1, 2, true},
		{[]int{5, 1, 3}, 4, 2, 6, true},
		{[]int{blockRows + 3}, 2, 1, 4, true},
		{[]int{2*tileKeys + blockRows + 3, 40}, 2, 1, 4, false},
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

		g := textbookGradient(in, wide(dO), c.lengths, c.heads, c.kvHeads, c.d)
		if c.differences {
			for i, d := range pullback(f, in, wide(dO)) {
				if !(math.Abs(d-g[i]) <= 1e-8) {
					t.Fatalf("the textbook's derivative %d is %v, by differences %v", i, g[i], d)
				}
			}
		}
		back := setup(c.lengths, c.heads, c.kvHeads, c.d, random(len(qkv), 1, rng))
		e.AttentionBackward(a, tensor.Float32(dO, n, c.heads*c.d), back.Q, back.K, back.V)
		q, kv := n*c.heads*c.d, n*c.kvHeads*c.d
		near(t, "dq", flat(back.Q), g[:q], 5e-6)
		near(t, "dk", flat(back.K), g[q:q+kv], 5e-6)
		near(t, "dv", flat(back.V), g[q+kv:], 5e-6)
	}
}

// TestAttentionBits: no number of goroutines changes a bit, nor how the derivative is
// cut for them, and a sequence has the bits that it has alone.
func TestAttentionBits(t *testing.T) {
	const heads, kvHeads, d = 4, 2, 8
	lengths := []int{2*tileKeys + 5, 1, blockRows, tileKeys, 17}
	n := 3*tileKeys + blockRows + 23
	rng := rand.New(rand.NewPCG(7, 0))
	qkv, dO := random(n*(heads+2*kvHeads)*d, 1, rng), random(n*heads*d, 1, rng)
	run := func(e *Engine, lengths []int, from, n int) [][]float32 {
		width := (heads + 2*kvHeads) * d
		a := setup(lengths, heads, kvHeads, d, qkv[from*width:])
		e.Attention(a)
		b := setup(lengths, heads, kvHeads, d, random(n*width, 1, rng))
		e.AttentionBackward(a, tensor.Float32(dO[from*heads*d:], n, heads*d), b.Q, b.K, b.V)
		return [][]float32{a.O.Data(), flat(b.Q), flat(b.K), flat(b.V)}
	}
	parts := map[int]bool{}
	everyWorkers(t, func(e *Engine) [][]float32 {
		r := run(e, lengths, 0, n)
		parts[e.attendBack.part] = true
		return r
	})
	if !parts[wholeSequences] || !parts[queryTiles] {
		t.Error("the derivative was not cut both ways")
	}
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
	const heads, kvHeads, d, n = 2, 1, 4, 2*tileKeys + 9
	rng := rand.New(rand.NewPCG(8, 0))
	qkv := random(n*(heads+2*kvHeads)*d, 1, rng)
	whole := setup([]int{n}, heads, kvHeads, d, qkv)
	e := New(2)
	e.Attention(whole)
	for _, past := range []int{0, 1, 31, blockRows, tileKeys - 1, tileKeys, tileKeys + 9, n - 1} {
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

// TestAttentionMemory: scratch does not grow with the sequence.
func TestAttentionMemory(t *testing.T) {
	const heads, d = 2, 4
	e, most := New(1), 0
	for _, n := range []int{tileKeys, 2 * tileKeys, 5 * tileKeys} {
		a := setup([]int{n}, heads, heads, d, make([]float32, n*3*heads*d))
		b := setup([]int{n}, heads, heads, d, make([]float32, n*3*heads*d))
		e.Attention(a)
		e.AttentionBackward(a, a.O, b.Q, b.K, b.V)
		if most == 0 {
			most = len(e.scratch[0])
		}
		if len(e.scratch[0]) != most || len(e.delta) > heads*n {
			t.Errorf("%d floats of scratch at %d tokens, %d at %d", len(e.scratch[0]), n, most, tileKeys)
		}
	}
}

// TestAttentionExtremes: scores that exponentials alone could not hold, rising and
// falling from tile to tile.
func TestAttentionExtremes(t *testing.T) {
	const n, d = 3*tileKeys + 5, 2
	for name, size := range map[string]func(j int) float32{
		"rising":  func(j int) float32 { return float32(j) },
		"falling": func(j int) float32 { return float32(-j) },
		"one":     func(j int) float32 { return []float32{0, 500}[min(j%300, 1)] },
	} {
		qkv := make([]float32, n*3*d)
		for i := range n {
			row := qkv[i*3*d:][:3*d]
			row[0], row[d], row[2*d] = 1, size(i), float32(i%7)
		}
		a := setup([]int{n}, 1, 1, d, qkv)
		New(2).Attention(a)
		for i := 0; i < n; i += 1 + i%64 {
			total, sum := 0.0, 0.0
			top := math.Inf(-1)
			for j := range i + 1 {
				top = max(top, float64(size(j)))
			}
			for j := range i + 1 {
				p := math.Exp(float64(size(j)) - top)
				total += p
				sum += p * float64(j%7)
			}
			if got := float64(a.O.Row(i)[0]); !(math.Abs(got-sum/total) <= 1e-5) {
				t.Fatalf("%s: row %d is %v, want %v", name, i, got, sum/total)
			}
			if got := float64(a.LSE[i]); !(math.Abs(got-top-math.Log(total)) <= 1e-6*(1+math.Abs(top))) {
				t.Fatalf("%s: log-sum-exp %d is %v, want %v", name, i, got, top+math.Log(total))
			}
		}
	}
}

// BenchmarkAttention is four sequences and a long one, in heads as they are usual.
func BenchmarkAttention(b *testing.B) {
	const heads, d = 6, 64
	for _, lengths := range [][]int{{256, 256, 256, 256}, {2048}} {
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
