package nn

import (
	"math"

	"xent/internal/gemm"
	"xent/internal/kernel"
	"xent/internal/par"
	"xent/internal/tensor"
	"xent/internal/vec"
)

// Attention is causal attention with grouped keys and values (Vaswani et al.
// 2017, arXiv:1706.03762; Ainslie et al. 2023, arXiv:2305.13245): Heads query
// heads of Dim columns, of which each Heads/KVHeads in a row share one head of
// keys and values.
//
//	Q, O N×(Heads·Dim), K, V M×(KVHeads·Dim); LSE Heads×N
//	s_ij  = q_i·k_j for the keys j of i's sequence up to i's position
//	LSE_i = log Σ_j exp(s_ij)
//	o_i   = Σ_j exp(s_ij − LSE_i)·v_j
//
// Q carries the factor 1/√Dim already. O and LSE are results of Attention
// and arguments of AttentionBackward. Keys and values must be finite: a hidden
// one adds 0 times itself.
type Attention struct {
	Heads, KVHeads, Dim int
	Layout              *Layout
	Q, K, V, O          tensor.Matrix
	LSE                 []float32 // row i of head h at h·N + i
}

// head views rows [lo, lo+n) of head h of m.
func (a *Attention) head(m *tensor.Matrix, h, lo, n int) tensor.Matrix {
	return tensor.Strided(m.Data()[lo*m.RowStride+h*a.Dim:], n, a.Dim, m.RowStride)
}

// Attention: Q, K, V → O, LSE.
//
// Scores exist for a tile of keys at a time, by the online softmax (Milakov and
// Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135): with the
// maximum m over the keys so far, l = Σ exp(s−m) and o = Σ exp(s−m)·v are multiplied by
// exp(m−m') where a tile raises m to m', and o is divided by l in the end.
func (e *Engine) Attention(a Attention) {
	a.check()
	n := len(a.Layout.tiles) * a.Heads
	e.reserve(min(e.workers, n), (a.Dim+blockRows)*tileKeys+2*tileKeys+blockRows)
	e.attend = attend{a, e.scratch}
	par.Run(e.workers, n, 1, &e.attend)
}

func (a *Attention) check() {
	same(a.O, a.Q.Rows, a.Heads*a.Dim)
	same(a.Q, a.Q.Rows, a.Heads*a.Dim)
	same(a.K, a.K.Rows, a.KVHeads*a.Dim)
	same(a.V, a.K.Rows, a.KVHeads*a.Dim)
}

type attend struct {
	Attention
	scratch [][]float32
}

// Do handles heads of tiles, the last tiles first, which have the most keys.
func (t *attend) Do(worker, lo, hi int) {
	tiles := t.Layout.tiles
	for i := lo; i < hi; i++ {
		s := online{attend: t, tile: tiles[len(tiles)-1-i/t.Heads], h: i % t.Heads}
		room := t.scratch[worker]
		s.turned, room = room[:t.Dim*tileKeys], room[t.Dim*tileKeys:]
		s.scores, room = room[:blockRows*tileKeys], room[blockRows*tileKeys:]
		s.top, s.sum, s.fade = room[:tileKeys], room[tileKeys:2*tileKeys], room[2*tileKeys:][:blockRows]
		s.run()
	}
}

// online is the attention of one head of a tile of queries.
type online struct {
	*attend
	tile
	h              int
	turned, scores []float32 // a tile of keys, transposed, and what is computed with it
	top, sum       []float32 // of each query's scores so far
	fade           []float32 // of a block of queries: exp(m−m')
}

func (t *online) run() {
	kv := t.h / (t.Heads / t.KVHeads)
	last := t.past + t.rows
	for key := 0; key < last; key += tileKeys {
		n := min(tileKeys, last-key)
		keys := t.head(&t.K, kv, t.key+key, n)
		turned := keys.T()
		if t.rows > blockRows { // several blocks read it
			turned = tensor.Float32(t.turned, t.Dim, n)
			gemm.Transpose(turned, keys)
		}
		values := t.head(&t.V, kv, t.key+key, n)
		for lo := max(0, key-t.past) / blockRows * blockRows; lo < t.rows; lo += blockRows {
			t.block(lo, min(lo+blockRows, t.rows), key, turned, values)
		}
	}
	o := rowsOf(t.head(&t.O, t.h, t.row, t.rows))
	lse := t.LSE[t.h*t.Q.Rows+t.row:][:t.rows]
	for i, l := range t.sum[:t.rows] {
		vec.Scale(o.at(i), 1/l)
		lse[i] = float32(float64(t.top[i]) + kernel.Log64(float64(l)))
	}
}

// block takes a tile of keys into rows [lo, hi).
func (t *online) block(lo, hi, key int, turned, values tensor.Matrix) {
	n := t.seen(hi-1, key, values.Rows)
	wide := whole(n, turned.Cols)
	s := tensor.Float32(t.scores, hi-lo, wide)
	gemm.Mul(1, s, t.head(&t.Q, t.h, t.row+lo, hi-lo), turned.T().Slice(0, wide).T())
	o, scores := t.head(&t.O, t.h, t.row+lo, hi-lo), rowsOf(s)
	for i := lo; i < hi; i++ {
		hide(scores.at(i-lo), t.seen(i, key, values.Rows))
	}
	if key > 0 {
		t.raise(scores, rowsOf(o), lo, hi, key, n)
	}
	for i := lo; i < hi; i++ {
		p := scores.at(i - lo)
		p = p[:whole(t.seen(i, key, n), len(p))]
		if key == 0 {
			t.top[i], t.sum[i] = kernel.Max(p), 0
		}
		kernel.Exps(p, p, t.top[i])
		t.sum[i] += vec.Sum(p)
	}
	if key == 0 {
		gemm.Mul(1, o, s.Columns(0, n), values.Slice(0, n))
	} else {
		gemm.MulAdd(1, o, s.Columns(0, n), values.Slice(0, n))
	}
}

// seen is how many of n keys from key on row i sees.
func (t *online) seen(i, key, n int) int { return min(max(0, t.past+i+1-key), n) }

// whole rounds n up to whole tiles of the products and vectors of the loops, of which
// there are most.
func whole(n, most int) int { return min((n+31)&^31, most) }

// hide gives the keys that a row does not see a probability of 0: those up to whole
// vectors by way of their scores, so that the loops meet no other lengths.
func hide(scores []float32, seen int) {
	end := whole(seen, len(scores))
	for j := range scores[seen:end] {
		scores[seen+j] = negInf
	}
	clear(scores[end:])
}

var negInf = float32(math.Inf(-1))

// raise lifts the maxima of a block of rows to those of more scores, and lets what was
// gathered below them fade.
func (t *online) raise(scores, o rows, lo, hi, key, n int) {
	fade := t.fade[:hi-lo]
	for i := range fade {
		top := t.top[lo+i]
		t.top[lo+i] = max(top, kernel.Max(scores.at(i)[:t.seen(lo+i, key, n)]))
		fade[i] = top - t.top[lo+i]
	}
	kernel.Exps(fade, fade, 0)
	for i, f := range fade {
		if f != 1 {
			t.sum[lo+i] *= f
			vec.Scale(o.at(i), f)
		}
	}
}
