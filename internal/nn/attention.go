package nn

import (
	"xent/internal/gemm"
	"xent/internal/kernel"
	"xent/internal/par"
	"xent/internal/tensor"
	"xent/internal/vec"
)

// blockRows is how many query rows of one head attention handles at once. Its
// scratch is that times the sequence's length, and the scores of a block
// beyond its last row are never computed.
const blockRows = 48

// A Layout says where the sequences of a batch lie. The zero Layout is empty;
// Reset keeps the memory.
type Layout struct {
	sequences []sequence
	blocks    []block
	scores    int // of the largest block: its rows times the keys up to its end
}

// A sequence owns the blocks [lo, hi) and the keys [key, key+keys).
type sequence struct{ lo, hi, key, keys int }

// A block is rows query rows from row on; the first stands behind past others
// of its sequence, whose keys start at key.
type block struct{ row, rows, past, key int }

// Reset forgets all sequences.
func (l *Layout) Reset() {
	l.sequences, l.blocks, l.scores = l.sequences[:0], l.blocks[:0], 0
}

// Add appends a sequence: rows query rows from row on, at positions past,
// past+1, …; its past+rows keys and values start at row key of theirs.
func (l *Layout) Add(row, rows, past, key int) {
	s := sequence{lo: len(l.blocks), key: key, keys: past + rows}
	for lo := 0; lo < rows; lo += blockRows {
		b := block{row + lo, min(blockRows, rows-lo), past + lo, key}
		l.blocks = append(l.blocks, b)
		l.scores = max(l.scores, b.rows*(b.past+b.rows))
	}
	s.hi = len(l.blocks)
	l.sequences = append(l.sequences, s)
}

// Attention is causal attention with grouped keys and values (Vaswani et al.
// 2017, arXiv:1706.03762; Ainslie et al. 2023, arXiv:2305.13245): Heads query
// heads of Dim columns, of which each Heads/KVHeads in a row share one head of
// keys and values.
//
//	Q, O N×(Heads·Dim), K, V M×(KVHeads·Dim); Max, Inv N×Heads
//	s_ij = q_i·k_j for the keys j of i's sequence up to i's position
//	Max_i = max_j s_ij   Inv_i = 1/Σ_j exp(s_ij − Max_i)
//	p_ij = exp(s_ij − Max_i)·Inv_i   o_i = Σ_j p_ij·v_j
//
// Q carries the factor 1/√Dim already. O, Max and Inv are results of Attention
// and arguments of AttentionBackward. Keys and values must be finite: a hidden
// one adds p = 0 times itself.
type Attention struct {
	Heads, KVHeads, Dim int
	Layout              *Layout
	Q, K, V, O          tensor.Matrix
	Max, Inv            []float32
}

// head views rows [lo, lo+n) of head h of m.
func (a *Attention) head(m *tensor.Matrix, h, lo, n int) tensor.Matrix {
	return tensor.Strided(m.Data()[lo*m.RowStride+h*a.Dim:], n, a.Dim, m.RowStride)
}

// Attention: Q, K, V → O, Max, Inv.
func (e *Engine) Attention(a Attention) {
	a.check()
	n := len(a.Layout.blocks) * a.Heads
	e.reserve(min(e.workers, n), a.Layout.scores)
	e.attend = attend{a, e.scratch}
	par.Run(e.workers, n, 1, &e.attend)
}

func (a *Attention) check() {
	same(a.O, a.Q.Rows, a.Heads*a.Dim)
	same(a.Q, a.Q.Rows, a.Heads*a.Dim)
	same(a.K, a.K.Rows, a.KVHeads*a.Dim)
	same(a.V, a.K.Rows, a.KVHeads*a.Dim)
}

// reserve gives each worker n floats of scratch, and more when it has to grow,
// since step by step decoding asks for a little more each time.
func (e *Engine) reserve(workers, n int) {
	for w := range e.scratch[:workers] {
		if len(e.scratch[w]) < n {
			e.scratch[w] = make([]float32, max(n, 2*len(e.scratch[w])))
		}
	}
}

type attend struct {
	Attention
	scratch [][]float32
}

func (t *attend) Do(worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		t.block(t.Layout.blocks[i/t.Heads], i%t.Heads, t.scratch[worker])
	}
}

func (t *attend) block(b block, h int, scratch []float32) {
	keys, kv := b.past+b.rows, h/(t.Heads/t.KVHeads)
	s := tensor.Float32(scratch, b.rows, keys)
	o := t.head(&t.O, h, b.row, b.rows)
	gemm.Mul(1, s, t.head(&t.Q, h, b.row, b.rows), t.head(&t.K, kv, b.key, keys).T())
	scores := rowsOf(s)
	for i := range b.rows {
		row := scores.at(i)
		seen := row[:b.past+i+1]
		m := kernel.Max(seen)
		kernel.Exps(seen, seen, m)
		at := (b.row+i)*t.Heads + h
		t.Max[at], t.Inv[at] = m, 1/vec.Sum(seen)
		clear(row[len(seen):])
	}
	gemm.Mul(1, o, s, t.head(&t.V, kv, b.key, keys))
	out := rowsOf(o)
	for i := range b.rows {
		vec.Scale(out.at(i), t.Inv[(b.row+i)*t.Heads+h])
	}
}
