package xent

import (
	"math"

	"xent/internal/kernel"
	"xent/internal/tensor"
)

// A slope turns a row's logits into its gradient, with respect to the caller's
// logits,
//
//	g_c = k·cap'(z_c)·(coef·p_c − w_c·t_c),   k = scale·r/T
//
// with p_c = e^d_c/s, t as values says, and cap' the soft-cap's derivative.
type slope struct {
	v      *values
	r      *rowState
	k      float64
	stream bool // the gradient lies apart from the logits, and is too large for the caches
}

// gradient writes a row's gradient to row j of grad, which may be the memory of
// logits. The first column is class lo.
func (w *reader) gradient(g *slope, grad, logits tensor.Matrix, j, lo int) {
	switch {
	case !g.r.finite():
		for c := range grad.Cols {
			grad.Set(j, c, nan)
		}
		return
	case logits.DType == tensor.F32 && grad.DType == tensor.F32:
		w.f32.gradient(w, g, grad.Row(j), logits.Row(j), lo)
	case logits.DType == tensor.F64:
		w.f64.gradient(w, g, grad.Row64(j), logits.Row64(j), lo)
	default:
		for at := 0; at < logits.Cols; at += kernel.Block {
			z := w.half[:min(kernel.Block, logits.Cols-at)]
			logits.Gather(z, j, at)
			w.f32.gradient(w, g, z, z, lo+at)
			grad.Scatter(z, j, at)
		}
	}
	w.patch(g, grad, j, lo)
}

// patch writes the elements of the classes that the target names, in float64 and
// rounded to grad's type. The state knows their logits, which may be overwritten by now.
func (w *reader) patch(g *slope, grad tensor.Matrix, j, lo int) {
	keep := 1 - w.l.o.LabelSmoothing
	at := func(class int32, z, zc, q float64) {
		c := int(class) - lo
		if c < 0 || c >= grad.Cols {
			return
		}
		t := float64(keep * q)
		if zc != float64(negInf) {
			t += g.v.even
		}
		grad.Set(j, c, w.element(g, class, z, zc, t))
	}
	if w.t.soft == nil {
		at(w.t.y, g.r.z, g.r.zy, 1)
	}
	for k := range w.listed {
		if c := &w.listed[k]; c.seen {
			at(c.class, c.z, c.zc, float64(c.q*g.v.norm))
		}
	}
}

// element is one class's gradient in float64.
func (w *reader) element(g *slope, class int32, z, zc, t float64) float64 {
	x := -float64(w.l.classWeight(class) * t)
	if zc != float64(negInf) {
		x += float64(g.v.coef * kernel.Exp64(w.l.scale.D(zc, g.r.m)) / g.r.exp[0])
	}
	x *= g.k
	if c := w.l.o.SoftCap; c > 0 {
		x *= kernel.SoftCapSlope(z, c)
	}
	return x
}

// gradient writes the gradient of a piece of a row, but for the classes that
// the target names.
func (x *scratch[T]) gradient(w *reader, g *slope, grad, z []T, lo int) {
	l, dense := w.l, w.t.soft != nil && w.t.soft.dense()
	a := g.k * g.v.coef / g.r.exp[0]
	// Where a float32 does not hold a, it may hold the product.
	if l.o.SoftCap == 0 && g.v.even == 0 && g.v.share == 0 && !dense && math.Abs(a) <= math.MaxFloat32 {
		if g.stream {
			kernel.StreamExps(l.scale, grad, z, T(g.r.m), T(a))
		} else {
			kernel.ScaledExps(l.scale, grad, z, T(g.r.m), T(a))
		}
		return
	}
	for len(z) > 0 {
		n := min(kernel.Block, len(z))
		x.mixed(w, g, grad[:n], z[:n], lo, a)
		grad, z, lo = grad[n:], z[n:], lo+n
	}
}

// mixed is a block of a gradient with all that there can be in it.
func (x *scratch[T]) mixed(w *reader, g *slope, grad, z []T, lo int, a float64) {
	l, zc := w.l, z
	if l.o.SoftCap > 0 {
		zc = x.capped[:len(z)]
		kernel.SoftCap(zc, z, l.o.SoftCap)
	}
	e := x.exps[:len(z)]
	kernel.ScaledExps(l.scale, e, zc, T(g.r.m), 1)
	keep := 1 - l.o.LabelSmoothing
	even := float64(keep*g.v.share) + g.v.even
	q := w.q[:0]
	if w.t.soft != nil && w.t.soft.dense() {
		q = w.q[:len(z)]
		w.t.soft.Dense.t.Gather64(q, w.t.row, lo-w.t.first)
	}
	for i, v := range z {
		t := even
		if v == T(negInf) {
			t = 0
		}
		if len(q) > 0 {
			t += float64(keep * q[i])
		}
		y := float64(a * float64(e[i]))
		if t != 0 {
			y -= float64(g.k * float64(l.classWeight(int32(lo+i))*t))
		}
		if l.o.SoftCap > 0 {
			y *= kernel.SoftCapSlope(float64(v), l.o.SoftCap)
		}
		grad[i] = T(y)
	}
}
