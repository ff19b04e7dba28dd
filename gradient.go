package xent

import (
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
	if !g.r.finite() {
		for c := range grad.Cols {
			grad.Set(j, c, nan)
		}
		return
	}
	if logits.DType == tensor.F64 {
		w.f64.gradient(w, g, wide(logits, j), grad, j, lo)
	} else {
		w.f32.gradient(w, g, w.narrow(logits, j), grad, j, lo)
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

// Of rows of at most keepMost classes the exponentials that were summed are kept for the
// gradient. Otherwise they are computed again, of keepSpan classes at a time.
const (
	keepMost = 1 << 18
	keepSpan = 1 << 16 // a multiple of kernel.Block
)

// gradient writes the gradient of a row, but for the classes that the target names.
func (x *scratch[T]) gradient(w *reader, g *slope, p piece[T], grad tensor.Matrix, j, lo int) {
	if w.keep {
		x.write(w, g, &p, grad, j, 0, lo)
		return
	}
	for at := 0; at < p.len(); at += keepSpan {
		part := p.cut(at, min(at+keepSpan, p.len()))
		x.exponentials(w, *g.r, &part)
		x.write(w, g, &part, grad, j, at, lo)
	}
}

// exponentials keeps those of a piece, relative to r's greatest logit.
func (x *scratch[T]) exponentials(w *reader, r rowState, p *piece[T]) {
	l, k := w.l, &x.kept
	k.begin(p.len())
	if l.o.SoftCap == 0 {
		addExps(&r, &l.scale, p, k)
		return
	}
	for at := 0; at < p.len(); at += kernel.Block {
		z := p.block(at)
		zc := x.capped[:len(z)]
		kernel.SoftCap(zc, z, l.o.SoftCap)
		addExps(&r, &l.scale, &piece[T]{z: zc}, k.from(at))
		k.slope(z, l.o.SoftCap)
	}
}

// write makes the gradient of what is kept of a piece, from column first on, stretch by stretch.
func (x *scratch[T]) write(w *reader, g *slope, p *piece[T], grad tensor.Matrix, j, first, lo int) {
	keep := 1 - w.l.o.LabelSmoothing
	even := float64(keep*g.v.share) + g.v.even
	dense := w.t.soft != nil && w.t.soft.dense()
	for i, run := range x.kept.runs {
		end := p.len()
		if i+1 < len(x.kept.runs) {
			end = x.kept.runs[i+1].from
		}
		s := kernel.Slope{A: g.k * g.v.coef / g.r.exp[0], B: g.k * even}
		if run.m != g.r.m {
			s.A *= kernel.Exp64(w.l.scale.D(run.m, g.r.m))
		}
		if dense || even != 0 && w.l.o.SoftCap > 0 {
			x.mixed(w, g, p, grad, j, first, lo, run.from, end, s.A)
			continue
		}
		if from := lo + first; w.l.o.ClassWeights != nil && even != 0 {
			s.W = w.l.o.ClassWeights[from+run.from : from+end]
		}
		put(grad, j, first+run.from, x.kept.e[run.from:end], &s, g.stream)
	}
}

// put writes the slope of exponentials to row j of grad, from column first on.
func put[T kernel.Float](grad tensor.Matrix, j, first int, e []T, s *kernel.Slope, stream bool) {
	switch e := any(e).(type) {
	case []float64:
		kernel.Gradient(grad.Row64(j)[first:], e, s, false)
	case []float32:
		if grad.DType == tensor.F32 {
			kernel.Gradient(grad.Row(j)[first:], e, s, stream)
		} else {
			kernel.GradientHalf(grad.DType == tensor.F16, grad.Row16(j)[first:], e, s, stream)
		}
	}
}

// mixed writes the gradient of classes [from, end) of a piece with all that there can be
// in it, in float64.
func (x *scratch[T]) mixed(w *reader, g *slope, p *piece[T], grad tensor.Matrix, j, first, lo, from, end int, a float64) {
	l, keep := w.l, 1-w.l.o.LabelSmoothing
	even := float64(keep*g.v.share) + g.v.even
	for at := from; at < end; at += kernel.Block {
		n := min(kernel.Block, end-at)
		class := lo + first + at
		z, q := p.block(at), w.q[:0]
		if w.t.soft != nil && w.t.soft.dense() {
			q = w.q[:n]
			w.t.soft.Dense.t.Gather64(q, w.t.row, class-w.t.first)
		}
		out := x.capped[:n]
		for i, e := range x.kept.e[at : at+n] {
			t := even
			if z[i] == T(negInf) {
				t = 0
			}
			if len(q) > 0 {
				t += float64(keep * q[i])
			}
			y := float64(a * float64(e))
			if t != 0 {
				t = float64(g.k * float64(l.classWeight(int32(class+i))*t))
				if l.o.SoftCap > 0 {
					t = float64(t * kernel.SoftCapSlope(float64(z[i]), l.o.SoftCap))
				}
				y -= t
			}
			out[i] = T(y)
		}
		scatter(grad, j, first+at, out)
	}
}

// scatter rounds x to grad's type.
func scatter[T kernel.Float](grad tensor.Matrix, j, first int, x []T) {
	switch x := any(x).(type) {
	case []float64:
		copy(grad.Row64(j)[first:], x)
	case []float32:
		grad.Scatter(x, j, first)
	}
}
