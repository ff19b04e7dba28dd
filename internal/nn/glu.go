package nn

import (
	"xent/internal/kernel"
	"xent/internal/tensor"
	"xent/internal/vec"
)

// SwiGLU: gate, up N×F → y N×F (Shazeer 2020, arXiv:2002.05202).
//
//	y = gate·σ·up,   σ = 1/(1 + exp(−gate))
func (e *Engine) SwiGLU(y, gate, up tensor.Matrix) {
	same(y, gate.Rows, gate.Cols)
	same(up, gate.Rows, gate.Cols)
	e.glu = glu{rowsOf(y), rowsOf(gate), rowsOf(up)}
	e.split(gate.Rows, gate.Cols, heavy, &e.glu)
}

type glu struct{ y, gate, up rows }

func (t *glu) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		y, gate := t.y.at(i), t.gate.at(i)
		expNegative(y, gate)
		vec.Gate(y, gate, t.up.at(i))
	}
}

// expNegative sets y[j] = exp(−x[j]).
func expNegative(y, x []float32) {
	vec.Negate(y, x)
	kernel.Exps(y, y, 0)
}

// SwiGLUBackward: dy, gate, up N×F → in the places of the last two dgate, dup N×F.
//
//	gate ← dgate = dy·up·σ·(1 + gate·(1 − σ))
//	up   ← dup   = dy·gate·σ
//
// σ is computed again: an exponential costs less than to write σ and read it.
func (e *Engine) SwiGLUBackward(gate, up, dy tensor.Matrix) {
	same(dy, gate.Rows, gate.Cols)
	same(up, gate.Rows, gate.Cols)
	e.reserve(e.workers, gate.Cols)
	e.gluBackward = gluBackward{rowsOf(gate), rowsOf(up), rowsOf(dy), e.scratch}
	e.split(gate.Rows, gate.Cols, heavy, &e.gluBackward)
}

type gluBackward struct {
	gate, up, dy rows
	scratch      [][]float32
}

func (t *gluBackward) Do(worker, lo, hi int) {
	e := t.scratch[worker][:t.gate.cols]
	for i := lo; i < hi; i++ {
		gate := t.gate.at(i)
		expNegative(e, gate)
		vec.GateGradient(gate, t.up.at(i), e, t.dy.at(i))
	}
}
