package lm

import "xent/internal/tensor"

// Several linear maps of the same input are one product where their weights lie one
// below the other, as an Arena's do, and their results side by side: less memory goes
// by, and goroutines wait for each other once. Every element has the same chain.

// linear computes c_i = x·w_iᵀ for weights stored out × in.
func (r *Runner) linear(x tensor.Matrix, c, w []tensor.Matrix) {
	all, ok := beside(c)
	weights, also := below(w)
	if ok && also {
		r.mul(all, x, weights)
		return
	}
	for i := range c {
		r.mul(c[i], x, w[i])
	}
}

// linearBackward computes dx = Σ_i dc_i·w_i.
func (r *Runner) linearBackward(dx tensor.Matrix, dc, w []tensor.Matrix) {
	all, ok := beside(dc)
	weights, also := below(w)
	if ok && also {
		r.precision.Mul(r.workers, dx, all, weights)
		return
	}
	r.precision.Mul(r.workers, dx, dc[0], w[0])
	for i := range dc[1:] {
		r.precision.MulAdd(r.workers, dx, dc[1+i], w[1+i])
	}
}

// gradients adds those of the weights, dw_i += dc_iᵀ·x.
func (r *Runner) gradients(dw, dc []tensor.Matrix, x tensor.Matrix) {
	all, ok := beside(dc)
	weights, also := below(dw)
	if ok && also {
		r.gradient(weights, all, x)
		return
	}
	for i := range dw {
		r.gradient(dw[i], dc[i], x)
	}
}

// beside is the matrix whose columns are those of all, if they lie so.
func beside(all []tensor.Matrix) (m tensor.Matrix, ok bool) {
	first := all[0]
	x, cols := first.Data(), first.Cols
	x = x[:cap(x)]
	for _, m := range all[1:] {
		if m.Rows != first.Rows || m.RowStride != first.RowStride || cols >= len(x) || &m.Data()[0] != &x[cols] {
			return m, false
		}
		cols += m.Cols
	}
	if cols > first.RowStride || (first.Rows-1)*first.RowStride+cols > len(x) {
		return m, false
	}
	return tensor.Strided(x, first.Rows, cols, first.RowStride), true
}

// below is the matrix whose rows are those of all, float32, if they lie so.
func below(all []tensor.Matrix) (m tensor.Matrix, ok bool) {
	var x []float32
	rows := 0
	for _, m := range all {
		if m.DType != tensor.F32 || !m.RowMajor() || m.RowStride != m.Cols || m.Cols != all[0].Cols {
			return m, false
		}
		y := m.Data()
		switch n := len(x) + len(y); {
		case rows == 0:
			x = y
		case n > cap(x) || &x[:n][len(x)] != &y[0]:
			return m, false
		default:
			x = x[:n]
		}
		rows += m.Rows
	}
	return tensor.Float32(x, rows, all[0].Cols), true
}
