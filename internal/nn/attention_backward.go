package nn

import (
	"xent/internal/gemm"
	"xent/internal/kernel"
	"xent/internal/par"
	"xent/internal/tensor"
	"xent/internal/vec"
)

// AttentionBackward: dO, Q, K, V, O, Max, Inv → dQ, dK, dV, written. Sequences
// start at their own first key here: none has a past.
//
//	δ_i   = Σ_c do_ic·o_ic  (= Σ_j p_ij·dp_ij)
//	dp_ij = do_i·v_j         ds_ij = p_ij·(dp_ij − δ_i)
//	dq_i  = Σ_j ds_ij·k_j    dk_j = Σ_h Σ_i ds_ij·q_i    dv_j = Σ_h Σ_i p_ij·do_i
//
// h runs over the query heads that share the head of keys, in order, and p is
// computed again from Q, K, Max and Inv. (Dao et al. 2022, arXiv:2205.14135,
// appendix B.)
func (e *Engine) AttentionBackward(a Attention, dO, dQ, dK, dV tensor.Matrix) {
	a.check()
	same(dO, a.Q.Rows, a.Q.Cols)
	same(dQ, a.Q.Rows, a.Q.Cols)
	same(dK, a.K.Rows, a.K.Cols)
	same(dV, a.K.Rows, a.K.Cols)
	n := len(a.Layout.sequences) * a.KVHeads
	e.reserve(min(e.workers, n), 2*a.Layout.scores)
	e.attendBack = attendBackward{a, dO, dQ, dK, dV, e.scratch}
	par.Run(e.workers, n, 1, &e.attendBack)
}

type attendBackward struct {
	Attention
	dO, dQ, dK, dV tensor.Matrix
	scratch        [][]float32
}

// Do handles heads of keys, one of one sequence at a time, since their
// gradients are sums over query rows in order.
func (t *attendBackward) Do(worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		s, kv := t.Layout.sequences[i/t.KVHeads], i%t.KVHeads
		dk, dv := rowsOf(t.head(&t.dK, kv, s.key, s.keys)), rowsOf(t.head(&t.dV, kv, s.key, s.keys))
		for j := range s.keys {
			clear(dk.at(j))
			clear(dv.at(j))
		}
		group := t.Heads / t.KVHeads
		for h := kv * group; h < (kv+1)*group; h++ {
			for _, b := range t.Layout.blocks[s.lo:s.hi] {
				t.block(b, h, kv, t.scratch[worker])
			}
		}
	}
}

func (t *attendBackward) block(b block, h, kv int, scratch []float32) {
	keys := b.past + b.rows
	p := tensor.Float32(scratch, b.rows, keys)
	ds := tensor.Float32(scratch[b.rows*keys:], b.rows, keys)
	q, dO := t.head(&t.Q, h, b.row, b.rows), t.head(&t.dO, h, b.row, b.rows)
	k, v := t.head(&t.K, kv, b.key, keys), t.head(&t.V, kv, b.key, keys)
	gemm.Mul(1, p, q, k.T())
	gemm.Mul(1, ds, dO, v.T())
	o, g, pRows, dsRows := rowsOf(t.head(&t.O, h, b.row, b.rows)), rowsOf(dO), rowsOf(p), rowsOf(ds)
	for i := range b.rows {
		at := (b.row+i)*t.Heads + h
		softmaxBackward(pRows.at(i), dsRows.at(i), b.past+i+1, t.Max[at], t.Inv[at], vec.Dot(g.at(i), o.at(i)))
	}
	gemm.Mul(1, t.head(&t.dQ, h, b.row, b.rows), ds, k)
	gemm.MulAdd(1, t.head(&t.dK, kv, b.key, keys), ds.T(), q)
	gemm.MulAdd(1, t.head(&t.dV, kv, b.key, keys), p.T(), dO)
}

// softmaxBackward turns a row of scores into p and a row of dp into ds, of
// which the first seen count; the rest become 0.
func softmaxBackward(p, ds []float32, seen int, m, inv, delta float32) {
	clear(p[seen:])
	clear(ds[seen:])
	p, ds = p[:seen], ds[:seen]
	kernel.ScaledExps(kernel.NewScale(1), p, p, m, inv)
	vec.SoftmaxGradient(ds, p, delta)
}
