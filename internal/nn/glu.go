package nn

import (
	"xent/internal/kernel"
	"xent/internal/tensor"
)

// SwiGLU: gate, up N×F → y, sigma N×F (Shazeer 2020, arXiv:2002.05202).
//
//	sigma = 1/(1 + exp(−gate))
//	y     = gate·sigma·up
//
// sigma is what the derivative needs again; keeping it costs no more memory
// than keeping y, which follows from it without an exponential.
func (e *Engine) SwiGLU(y, sigma, gate, up tensor.Matrix) {
	same(y, gate.Rows, gate.Cols)
	same(sigma, gate.Rows, gate.Cols)
	same(up, gate.Rows, gate.Cols)
	e.glu = glu{rowsOf(y), rowsOf(sigma), rowsOf(gate), rowsOf(up)}
	e.split(gate.Rows, gate.Cols, heavy, &e.glu)
}

type glu struct{ y, sigma, gate, up rows }

func (t *glu) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		g := t.gate.at(i)
		u, y, s := t.up.at(i)[:len(g)], t.y.at(i)[:len(g)], t.sigma.at(i)[:len(g)]
		for j, v := range g {
			y[j] = -v
		}
		kernel.Exps(s, y, 0)
		for j, v := range g {
			sigma := 1 / (1 + s[j])
			s[j] = sigma
			y[j] = float32(v*sigma) * u[j]
		}
	}
}

// SwiGLUBackward: dy, sigma, gate, up N×F → in their places y, dgate, dup N×F.
//
//	sigma ← y    = gate·sigma·up
//	gate  ← dgate = dy·up·sigma·(1 + gate·(1 − sigma))
//	up    ← dup   = dy·gate·sigma
//
// y comes with the bits of SwiGLU, for the gradient of the product after it.
func (e *Engine) SwiGLUBackward(sigma, gate, up, dy tensor.Matrix) {
	same(dy, gate.Rows, gate.Cols)
	same(sigma, gate.Rows, gate.Cols)
	same(up, gate.Rows, gate.Cols)
	e.gluBackward = gluBackward{rowsOf(sigma), rowsOf(gate), rowsOf(up), rowsOf(dy)}
	e.split(gate.Rows, gate.Cols, light/4, &e.gluBackward)
}

type gluBackward struct{ sigma, gate, up, dy rows }

func (t *gluBackward) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		dy := t.dy.at(i)
		g, u, s := t.gate.at(i)[:len(dy)], t.up.at(i)[:len(dy)], t.sigma.at(i)[:len(dy)]
		for j, d := range dy {
			gate, up, sigma := g[j], u[j], s[j]
			silu := gate * sigma
			s[j] = silu * up
			u[j] = d * silu
			g[j] = float32(d*up) * float32(sigma+float32(silu*(1-sigma)))
		}
	}
}
