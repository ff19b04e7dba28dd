package nn

import (
	"math"

	"xent/internal/par"
	"xent/internal/tensor"
)

// RMSNorm: x N×C, w C → y N×C, r N.
//
//	r_i  = 1/√(Σ_j x_ij²/C + ε)
//	y_ij = x_ij·r_i·w_j
//
// (Zhang and Sennrich 2019, arXiv:1910.07467, with ε inside the root as LLaMA
// has it.) r is what the derivative needs again.
func (e *Engine) RMSNorm(y tensor.Matrix, r []float32, x tensor.Matrix, w []float32, eps float64) {
	same(y, x.Rows, x.Cols)
	e.norm = norm{rowsOf(y), rowsOf(x), r[:x.Rows], w[:x.Cols], eps}
	e.split(x.Rows, x.Cols, light, &e.norm)
}

type norm struct {
	y, x rows
	r, w []float32
	eps  float64
}

func (t *norm) Do(_, lo, hi int) {
	c := float64(t.x.cols)
	for i := lo; i < hi; i++ {
		x := t.x.at(i)
		r := float32(1 / math.Sqrt(float64(dot(x, x))/c+t.eps))
		t.r[i] = r
		y, w := t.y.at(i)[:len(x)], t.w[:len(x)]
		for j, v := range x {
			y[j] = float32(v*r) * w[j]
		}
	}
}

// RMSNormBackward: dy, x N×C, r N, w C → dx N×C and dw C, both added to.
//
//	dx_ij += r_i·w_j·dy_ij − x_ij·r_i³·(Σ_k dy_ik·w_k·x_ik)/C
//	dw_j  += Σ_i dy_ij·x_ij·r_i
func (e *Engine) RMSNormBackward(dx tensor.Matrix, dw []float32, dy, x tensor.Matrix, r, w []float32) {
	same(dx, x.Rows, x.Cols)
	same(dy, x.Rows, x.Cols)
	r, w, dw = r[:x.Rows], w[:x.Cols], dw[:x.Cols]
	e.normBackward = normBackward{rowsOf(dx), rowsOf(dy), rowsOf(x), r, w}
	e.split(x.Rows, x.Cols, light, &e.normBackward)
	e.normWeight = normWeight{dw, rowsOf(dy), rowsOf(x), r}
	e.columns(x.Rows, x.Cols, &e.normWeight)
}

// columns runs t over columns: what sums over rows in order is cut that way.
func (e *Engine) columns(rows, cols int, t par.Task) {
	grain := max(16, light/max(1, rows))
	par.Run(e.workers, cols, (grain+15)/16*16, t)
}

type normBackward struct {
	dx, dy, x rows
	r, w      []float32
}

func (t *normBackward) Do(_, lo, hi int) {
	c := float64(t.x.cols)
	for i := lo; i < hi; i++ {
		x := t.x.at(i)
		dy, dx, w := t.dy.at(i)[:len(x)], t.dx.at(i)[:len(x)], t.w[:len(x)]
		r := t.r[i]
		k := float32(float64(r) * float64(r) * float64(r) * float64(dot3(dy, w, x)) / c)
		for j, v := range x {
			dx[j] += float32(r*float32(w[j]*dy[j])) - float32(v*k)
		}
	}
}

type normWeight struct {
	dw    []float32
	dy, x rows
	r     []float32
}

func (t *normWeight) Do(_, lo, hi int) {
	dw := t.dw[lo:hi]
	for i, r := range t.r {
		dy, x := t.dy.at(i)[lo:hi], t.x.at(i)[lo:hi]
		dy, x = dy[:len(dw)], x[:len(dw)]
		for j := range dw {
			dw[j] += float32(dy[j] * float32(x[j]*r))
		}
	}
}
