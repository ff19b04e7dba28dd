package nn

import (
	"xent/internal/gemm"
	"xent/internal/kernel"
	"xent/internal/par"
	"xent/internal/tensor"
	"xent/internal/vec"
)

// AttentionBackward: dO, Q, K, V, O, LSE → dQ, dK, dV, written. Sequences
// start at their own first key here: none has a past.
//
//	δ_i   = Σ_c do_ic·o_ic  (= Σ_j p_ij·dp_ij)
//	p_ij  = exp(q_i·k_j − LSE_i)
//	ds_ij = p_ij·(do_i·v_j − δ_i)
//	dq_i  = Σ_j ds_ij·k_j    dk_j = Σ_h Σ_i ds_ij·q_i    dv_j = Σ_h Σ_i p_ij·do_i
//
// h runs over the query heads that share the head of keys, in order. (Dao et al.
// 2022, arXiv:2205.14135, appendix B.) The products begin at −LSE_i and −δ_i, and
// have keys for rows, so that no row needs a factor of its own and all gradients but
// dq read them as they lie.
//
// Where sequences × heads of keys are enough for all goroutines, each of these
// computes p once. Where they are too few, tiles of keys and then tiles of queries
// are the goroutines' pieces, and p is computed for both: the chains are the same.
func (e *Engine) AttentionBackward(a Attention, dO, dQ, dK, dV tensor.Matrix) {
	a.check()
	same(dO, a.Q.Rows, a.Q.Cols)
	same(dQ, a.Q.Rows, a.Q.Cols)
	same(dK, a.K.Rows, a.K.Cols)
	same(dV, a.K.Rows, a.K.Cols)
	l := a.Layout
	e.reserve(min(e.workers, len(l.tiles)*a.Heads), 2*(a.Dim+blockRows+1)*tileKeys)
	if n := a.Heads * a.Q.Rows; len(e.delta) < n {
		e.delta = make([]float32, n)
	}
	t := &e.attendBack
	*t = attendBackward{Attention: a, dO: dO, dQ: dQ, dK: dK, dV: dV, delta: e.delta, scratch: e.scratch}
	e.deltas = deltas{t}
	e.split(a.Q.Rows, a.Q.Cols, light, &e.deltas)
	if n := len(l.sequences) * a.KVHeads; n >= 2*e.workers || l.longest() <= tileKeys {
		t.part = wholeSequences
		par.Run(e.workers, n, 1, t)
		return
	}
	t.part = keyTiles
	par.Run(e.workers, len(l.tiles)*a.KVHeads, 1, t)
	t.part = queryTiles
	par.Run(e.workers, len(l.tiles)*a.Heads, 1, t)
}

// deltas computes δ, like LSE.
type deltas struct{ *attendBackward }

// Do implements par.Task over rows.
func (t *deltas) Do(_, lo, hi int) {
	o, dO := rowsOf(t.O), rowsOf(t.dO)
	for i := lo; i < hi; i++ {
		for h := range t.Heads {
			t.delta[h*t.Q.Rows+i] = vec.Dot(dO.at(i)[h*t.Dim:(h+1)*t.Dim], o.at(i)[h*t.Dim:(h+1)*t.Dim])
		}
	}
}

// What a piece of an attendBackward is: one head of keys of a sequence, all
// gradients; one of a tile of keys, theirs; one head of a tile of queries, theirs.
const (
	wholeSequences = iota
	keyTiles
	queryTiles
)

type attendBackward struct {
	Attention
	dO, dQ, dK, dV tensor.Matrix
	delta          []float32
	scratch        [][]float32
	part           int
}

// Do implements par.Task over pieces.
func (t *attendBackward) Do(worker, lo, hi int) {
	room := t.scratch[worker]
	for i := lo; i < hi; i++ {
		switch t.part {
		case wholeSequences:
			t.sequence(t.Layout.sequences[i/t.KVHeads], i%t.KVHeads, room)
		case keyTiles:
			t.keys(t.Layout.tiles[i/t.KVHeads], i%t.KVHeads, room)
		case queryTiles:
			tiles := t.Layout.tiles // the last have the most keys
			t.queries(tiles[len(tiles)-1-i/t.Heads], i%t.Heads, room)
		}
	}
}

func (t *attendBackward) sequence(s tile, kv int, room []float32) {
	for key := 0; key < s.rows; key += tileKeys {
		t.fromKeys(s, key, kv, room, true)
	}
}

// keys computes the gradients of a tile of keys: q is also where it lies.
func (t *attendBackward) keys(q tile, kv int, room []float32) {
	s := t.of(q)
	t.fromKeys(s, q.past, kv, room, false)
}

// of is the sequence of a tile.
func (t *attendBackward) of(q tile) tile {
	for _, s := range t.Layout.sequences {
		if s.row <= q.row && q.row < s.row+s.rows {
			return s
		}
	}
	panic("nn: a tile of no sequence")
}

// fromKeys goes from a tile of a sequence's keys over all heads and queries that see
// it; with toQ their gradients are computed too.
func (t *attendBackward) fromKeys(s tile, key, kv int, room []float32, toQ bool) {
	group := t.Heads / t.KVHeads
	for h := kv * group; h < (kv+1)*group; h++ {
		for query := key; query < s.rows; query += tileKeys {
			p := t.pair(s, query, key, h, room)
			p.toQ, p.toKV = toQ, true
			p.run()
		}
	}
}

// queries computes the gradient of a tile of queries.
func (t *attendBackward) queries(q tile, h int, room []float32) {
	s := t.of(q)
	for key := 0; key <= q.past; key += tileKeys {
		p := t.pair(s, q.past, key, h, room)
		p.toQ = true
		p.run()
	}
}

// A pair is a tile of queries with a tile of keys, of one head. Both begin at the same
// position where it is on the diagonal.
type pair struct {
	*attendBackward
	h, row, rows, key, keys int
	diagonal, first         bool      // first: the keys are the sequence's first
	toQ, toKV               bool      // which gradients are wanted
	bias                    []float32 // −LSE of the queries, and −δ
	turned, room            []float32
}

func (t *attendBackward) pair(s tile, query, key, h int, room []float32) pair {
	p := pair{
		attendBackward: t, h: h, row: s.row + query, rows: min(tileKeys, s.rows-query),
		key: s.key + key, keys: min(tileKeys, s.rows-key), diagonal: query == key, first: key == 0,
	}
	p.bias, room = room[:2*tileKeys], room[2*tileKeys:]
	p.turned, p.room = room[:2*t.Dim*tileKeys], room[2*t.Dim*tileKeys:]
	return p
}

func (t *pair) run() {
	q, dO := t.head(&t.Q, t.h, t.row, t.rows), t.head(&t.dO, t.h, t.row, t.rows)
	qT := tensor.Float32(t.turned, t.Dim, t.rows)
	dOT := tensor.Float32(t.turned[t.Dim*tileKeys:], t.Dim, t.rows)
	gemm.Transpose(qT, q)
	gemm.Transpose(dOT, dO)
	at := t.h*t.Q.Rows + t.row
	vec.Negate(t.bias[:t.rows], t.LSE[at:at+t.rows])
	vec.Negate(t.bias[tileKeys:][:t.rows], t.delta[at:at+t.rows])
	for lo := 0; lo < t.keys; lo += blockRows {
		t.block(lo, min(lo+blockRows, t.keys), q, dO, qT, dOT)
	}
}

// block handles keys [lo, hi) of the tile: p and ds with a row each.
func (t *pair) block(lo, hi int, q, dO, qT, dOT tensor.Matrix) {
	from := 0 // the first query that sees one of them, or a few before it for whole tiles of the products
	if t.diagonal {
		from = lo &^ 31
	}
	kv, n, width := t.h/(t.Heads/t.KVHeads), hi-lo, t.rows-from
	k, v := t.head(&t.K, kv, t.key+lo, n), t.head(&t.V, kv, t.key+lo, n)
	p, ds := tensor.Float32(t.room, n, width), tensor.Float32(t.room[blockRows*tileKeys:], n, width)
	pRows, dsRows := rowsOf(p), rowsOf(ds)
	for j := range n {
		copy(pRows.at(j), t.bias[from:t.rows])
		copy(dsRows.at(j), t.bias[tileKeys+from:])
	}
	gemm.MulAdd(1, p, k, qT.Columns(from, t.rows))
	gemm.MulAdd(1, ds, v, dOT.Columns(from, t.rows))
	for j := range n {
		hidden := 0 // from queries before the key
		if t.diagonal {
			hidden = lo + j - from
		}
		row, d := pRows.at(j), dsRows.at(j)
		seen := hidden &^ 15 // whole vectors
		kernel.Exps(row[seen:], row[seen:], 0)
		vec.Mul(d[seen:], d[seen:], row[seen:])
		clear(row[:hidden])
		clear(d[:hidden])
	}
	if t.toKV {
		multiply := gemm.MulAdd
		if t.diagonal && t.h%(t.Heads/t.KVHeads) == 0 {
			multiply = gemm.Mul
		}
		multiply(1, t.head(&t.dV, kv, t.key+lo, n), p, dO.Slice(from, t.rows))
		multiply(1, t.head(&t.dK, kv, t.key+lo, n), ds, q.Slice(from, t.rows))
	}
	if t.toQ {
		multiply := gemm.MulAdd
		if t.first && lo == 0 {
			multiply = gemm.Mul
		}
		multiply(1, t.head(&t.dQ, t.h, t.row+from, width), ds.T(), k)
	}
}
