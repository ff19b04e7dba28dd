// Package nn holds the operations of a decoder-only transformer between its
// matrix products: RMS normalisation, rotary positions, the gated linear unit,
// causal attention, the rows of the embedding, and for each its derivative
// (x and xBackward).
//
// Matrices are float32, row-major, one row a token. Sequences lie end to end
// without padding; only attention and the rotary positions know where one ends.
//
// Every output element is a function of its mathematical index alone: work is
// cut over goroutines so that no sum is, sums along a row use lanes by column
// index and one fixed tree, and sums over rows (gradients of weights)
// are one chain in row order that starts from the buffer's value. So neither
// the number of goroutines, nor the cut of a batch between sequences, nor the
// block of rows that attention handles at once changes a bit.
package nn

import (
	"xent/internal/par"
	"xent/internal/tensor"
)

// An Engine runs operations on a few goroutines. It owns the tasks and the
// scratch memory, so that in steady state a call allocates nothing; therefore
// it runs one operation at a time. Shapes are the caller's duty: a mismatch
// panics.
type Engine struct {
	workers int
	scratch [][]float32 // of each worker
	delta   []float32   // of attention's derivative

	norm         norm
	normBackward normBackward
	normWeight   normWeight
	rotate       rotate
	glu          glu
	gluBackward  gluBackward
	attend       attend
	attendBack   attendBackward
	deltas       deltas
	gather       gather
	scatter      scatter
	zero         zero
}

// New returns an engine that uses at most workers goroutines, GOMAXPROCS when
// workers is not positive.
func New(workers int) *Engine {
	n := par.Workers(workers)
	return &Engine{workers: n, scratch: make([][]float32, n)}
}

// Elements that a goroutine handles at a time: enough to be worth starting it,
// for simple arithmetic and for exponentials.
const (
	light = 16384
	heavy = 8192
)

// split runs t over the rows of matrices of the given width.
func (e *Engine) split(rows, width, elements int, t par.Task) {
	par.Run(e.workers, rows, max(1, elements/max(1, width)), t)
}

// reserve gives each worker n floats of scratch.
func (e *Engine) reserve(workers, n int) {
	for w := range e.scratch[:workers] {
		if len(e.scratch[w]) < n {
			e.scratch[w] = make([]float32, n)
		}
	}
}

// Zero clears x.
func (e *Engine) Zero(x tensor.Matrix) {
	e.zero = zero{rowsOf(x)}
	e.split(x.Rows, x.Cols, light, &e.zero)
}

type zero struct{ x rows }

func (t *zero) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		clear(t.x.at(i))
	}
}

// rows is a row-major float32 matrix opened for loops over its rows.
type rows struct {
	data         []float32
	cols, stride int
}

func rowsOf(m tensor.Matrix) rows {
	if !m.RowMajor() {
		panic("nn: a transposed matrix")
	}
	return rows{m.Data(), m.Cols, m.RowStride}
}

// at returns row i.
func (r *rows) at(i int) []float32 { return r.data[i*r.stride:][:r.cols] }

// same panics unless m is rows × cols.
func same(m tensor.Matrix, rows, cols int) {
	if m.Rows != rows || m.Cols != cols {
		panic("nn: matrices of different shapes")
	}
}
