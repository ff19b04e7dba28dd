package xent

import (
	"cmp"
	"math"
	"slices"

	"xent/internal/kernel"
	"xent/internal/tensor"
)

// A reader takes rows of logits in, one goroutine at a time, and turns them into
// gradients.
type reader struct {
	l      *Loss
	t      target        // of the row in hand
	listed []listedClass // of a top-k target, by increasing class

	keep bool // of a row that is taken in, for its gradient

	half [kernel.Block]float32 // logits of a 16-bit type
	q    [kernel.Block]float64
	f32  scratch[float32]
	f64  scratch[float64]
	room []listedClass
}

// A scratch holds what is on its way: logits are computed with in T.
type scratch[T kernel.Float] struct {
	capped [kernel.Block]T
	kept   kept[T]
}

// A target is what came in one row.
type target struct {
	y     int32 // the class; −1 for a soft target
	soft  *Soft // nil for a class
	row   int   // of soft
	first int   // class of the first column of soft.Dense
}

// A listedClass is one of a top-k target's, with its logit as it is and capped.
type listedClass struct {
	class int32
	seen  bool // a shard does not see all
	q     float64
	z, zc float64
}

// rest is the rule for what a list lacks; RestError where there is no list.
func (t *target) rest() Rest {
	if t.soft == nil || t.soft.dense() {
		return RestError
	}
	return t.soft.Rest
}

// begin takes a row's target in hand. A list goes into room, which grows.
func (w *reader) begin(t target, room *[]listedClass) {
	*room = (*room)[:0]
	w.t, w.listed = t, *room
	if t.soft == nil || t.soft.dense() {
		return
	}
	classes, probs := t.soft.list(t.row)
	for k, c := range classes {
		if c != Ignore {
			w.listed = append(w.listed, listedClass{class: c, q: float64(probs[k])})
		}
	}
	slices.SortFunc(w.listed, func(a, b listedClass) int { return cmp.Compare(a.class, b.class) })
	*room = w.listed
}

// take shows row j of logits, whose first column is class lo, to r. Where a row
// comes in pieces they begin at multiples of kernel.Block from the first one's
// beginning, so that its blocks are the same. A row that is kept comes in one piece.
func (w *reader) take(r *rowState, logits tensor.Matrix, j, lo int) {
	if logits.DType == tensor.F64 {
		w.f64.take(w, r, wide(logits, j), lo)
	} else {
		w.f32.take(w, r, w.narrow(logits, j), lo)
	}
}

// take shows a piece of a row.
func (x *scratch[T]) take(w *reader, r *rowState, p piece[T], lo int) {
	var k *kept[T]
	if w.keep {
		k = &x.kept
		k.begin(p.len())
	}
	if w.plain() {
		sumUncapped(r, &w.l.scale, &p, lo, k)
		if at := int(w.t.y) - lo; at >= 0 && at < p.len() {
			z := float64(p.block(at)[0])
			r.owned, r.z, r.zy = true, z, z
		}
		return
	}
	for at := 0; at < p.len(); at += kernel.Block {
		x.block(w, r, p.block(at), lo+at, k.from(at))
	}
}

// plain reports whether of a row's classes all but the target's are wanted for the
// sums alone, and as they are.
func (w *reader) plain() bool {
	return w.l.o.SoftCap == 0 && w.l.o.LabelSmoothing == 0 && w.t.soft == nil
}

// block shows one block to r.
func (x *scratch[T]) block(w *reader, r *rowState, z []T, lo int, k *kept[T]) {
	l, zc := w.l, z
	if l.o.SoftCap > 0 {
		zc = x.capped[:len(z)]
		kernel.SoftCap(zc, z, l.o.SoftCap)
		sumCapped(r, &l.scale, zc, z, lo, k)
		k.slope(z, l.o.SoftCap)
	} else {
		sumUncapped(r, &l.scale, &piece[T]{z: z}, lo, k)
	}
	if r.finite() && (l.o.LabelSmoothing > 0 || w.t.rest() == RestUniform) {
		var weights []float32
		if l.o.ClassWeights != nil {
			weights = l.o.ClassWeights[lo : lo+len(z)]
		}
		kernel.AddSums(&r.all, l.scale, zc, weights, T(r.m))
	}
	switch t := &w.t; {
	case t.soft == nil:
		own(w, r, z, zc, lo)
	case t.soft.dense():
		takeDense(w, r, zc, lo)
	default:
		takeListed(w, r, z, zc, lo)
	}
}

// own takes the logit of the target's class if it is among those of z.
func own[T kernel.Float](w *reader, r *rowState, z, zc []T, lo int) {
	if at := int(w.t.y) - lo; w.t.soft == nil && at >= 0 && at < len(z) {
		r.owned, r.z, r.zy = true, float64(z[at]), float64(zc[at])
	}
}

// takeDense adds a block of the target's distribution.
func takeDense[T kernel.Float](w *reader, r *rowState, zc []T, lo int) {
	q := w.q[:len(zc)]
	w.t.soft.Dense.t.Gather64(q, w.t.row, lo-w.t.first)
	for i, p := range q {
		c := int32(lo + i)
		if !(p >= 0 && p <= math.MaxFloat64) && r.bad < 0 {
			r.bad, r.badQ = c, p
		}
		r.addTarget(w.l, c, float64(zc[i]), p)
	}
}

// takeListed notes the logits of listed classes, and the first class that is not.
func takeListed[T kernel.Float](w *reader, r *rowState, z, zc []T, lo int) {
	next, _ := slices.BinarySearchFunc(w.listed, int32(lo), func(c listedClass, class int32) int { return cmp.Compare(c.class, class) })
	for k := next; k < len(w.listed) && int(w.listed[k].class) < lo+len(z); k++ {
		c := &w.listed[k]
		at := int(c.class) - lo
		c.seen, c.z, c.zc = true, float64(z[at]), float64(zc[at])
	}
	if w.t.rest() != RestUniform || r.free >= 0 {
		return
	}
	for i, v := range z {
		class := int32(lo + i)
		if next < len(w.listed) && w.listed[next].class == class {
			next++
			continue
		}
		if v != T(negInf) {
			r.free = class
			return
		}
	}
}

// settle adds the listed classes to the target's sums, once all have been seen
// that will be.
func (w *reader) settle(r *rowState) {
	for k := range w.listed {
		c := &w.listed[k]
		if !c.seen {
			continue
		}
		r.addTarget(w.l, c.class, c.zc, c.q)
		if c.zc == float64(negInf) {
			continue
		}
		d, weight := w.l.scale.D(c.zc, r.m), w.l.classWeight(c.class)
		r.listed.N++
		r.listed.D += d
		r.listed.W += weight
		r.listed.WD += float64(weight * d)
	}
}
