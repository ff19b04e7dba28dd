package nn

import (
	"math"

	"xent/internal/par"
	"xent/internal/tensor"
	"xent/internal/vec"
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
	e.norm = norm{y: rowsOf(y), x: rowsOf(x), r: r[:x.Rows], w: w[:x.Cols], eps: eps}
	e.split(x.Rows, x.Cols, light, &e.norm)
}

// AddRMSNorm: x, b N×C, w C → z = x + b, and of z as RMSNorm: y N×C, r N. z may be x
// or b.
func (e *Engine) AddRMSNorm(z, y tensor.Matrix, r []float32, x, b tensor.Matrix, w []float32, eps float64) {
	same(z, x.Rows, x.Cols)
	same(b, x.Rows, x.Cols)
	same(y, x.Rows, x.Cols)
	e.norm = norm{add: true, z: rowsOf(x), b: rowsOf(b), y: rowsOf(y), x: rowsOf(z), r: r[:x.Rows], w: w[:x.Cols], eps: eps}
	e.split(x.Rows, x.Cols, light, &e.norm)
}

type norm struct {
	add  bool // first x = z + b
	z, b rows
	y, x rows
	r, w []float32
	eps  float64
}

func (t *norm) Do(_, lo, hi int) {
	c := float64(t.x.cols)
	for i := lo; i < hi; i++ {
		x := t.x.at(i)
		if t.add {
			vec.Add(x, t.z.at(i), t.b.at(i))
		}
		r := float32(1 / math.Sqrt(float64(vec.Dot(x, x))/c+t.eps))
		t.r[i] = r
		vec.Norm(t.y.at(i), x, t.w, r)
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

// columns runs t over columns, cache lines of them: what sums over rows in order is
// cut that way, into as few pieces as keep all workers busy.
func (e *Engine) columns(rows, cols int, t par.Task) {
	grain := max(light/max(1, rows), cols/(4*e.workers))
	par.Run(e.workers, cols, max(16, grain&^15), t)
}

type normBackward struct {
	dx, dy, x rows
	r, w      []float32
}

func (t *normBackward) Do(_, lo, hi int) {
	c := float64(t.x.cols)
	for i := lo; i < hi; i++ {
		dy, x, r := t.dy.at(i), t.x.at(i), t.r[i]
		k := float32(float64(r) * float64(r) * float64(r) * float64(vec.Dot3(dy, t.w, x)) / c)
		vec.NormGradient(t.dx.at(i), dy, x, t.w, r, k)
	}
}

type normWeight struct {
	dw    []float32
	dy, x rows
	r     []float32
}

func (t *normWeight) Do(_, lo, hi int) {
	for i, r := range t.r {
		vec.AddProduct(t.dw[lo:hi], t.dy.at(i)[lo:hi], t.x.at(i)[lo:hi], r)
	}
}
