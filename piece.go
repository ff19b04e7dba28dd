package xent

import (
	"math"

	"xent/internal/kernel"
	"xent/internal/tensor"
)

// A piece is some of a row's logits: numbers that are computed with, or of 16 bits.
type piece[T kernel.Float] struct {
	z    []T
	half []uint16 // T is float32
	kind kernel.Half
	room *[kernel.Block]float32 // for half
}

// narrow is row j of logits that are computed with in float32.
func (w *reader) narrow(logits tensor.Matrix, j int) piece[float32] {
	if logits.DType == tensor.F32 {
		return piece[float32]{z: logits.Row(j)}
	}
	return piece[float32]{half: logits.Row16(j), kind: logits.DType == tensor.F16, room: &w.half}
}

// wide is row j of float64 logits.
func wide(logits tensor.Matrix, j int) piece[float64] { return piece[float64]{z: logits.Row64(j)} }

func (p *piece[T]) len() int { return len(p.z) + len(p.half) }

// cut is logits [lo, hi).
func (p *piece[T]) cut(lo, hi int) piece[T] {
	c := *p
	if p.half == nil {
		c.z = p.z[lo:hi]
	} else {
		c.half = p.half[lo:hi]
	}
	return c
}

// sumExp is kernel.SumExp from logit at on.
func (p *piece[T]) sumExp(scale *kernel.Scale, at int, m T, sums *[2]float64, keep []T) (done int, top T) {
	if p.half == nil {
		return kernel.SumExp(scale, p.z[at:], m, sums, keep)
	}
	narrow, _ := any(keep).([]float32)
	done, high := kernel.SumExpHalf(scale, p.kind, p.half[at:], float32(m), sums, narrow)
	return done, T(high)
}

// block is the block that begins at logit at.
func (p *piece[T]) block(at int) []T {
	if p.half == nil {
		return p.z[at:min(at+kernel.Block, len(p.z))]
	}
	z := p.room[:min(kernel.Block, len(p.half)-at)]
	p.kind.Widen(z, p.half[at:at+len(z)])
	return any(z).([]T)
}

// kept are the exponentials of a row's classes, one after the other, −0 of masked ones,
// each relative to the greatest logit when it was computed; times the soft-cap's
// derivative. A nil one keeps nothing.
type kept[T kernel.Float] struct {
	e     []T
	runs  []stretch
	first int // of the piece in hand
}

// A stretch of classes begins with one and has exponentials relative to m.
type stretch struct {
	from int
	m    float64
}

// begin makes room for n classes.
func (k *kept[T]) begin(n int) {
	k.e = grow(&k.e, n)
	k.runs, k.first = k.runs[:0], 0
}

// from says which class the next piece begins with.
func (k *kept[T]) from(first int) *kept[T] {
	if k != nil {
		k.first = first
	}
	return k
}

// rest is where exponentials go from class at of the piece on.
func (k *kept[T]) rest(at int) []T {
	if k == nil {
		return nil
	}
	return k.e[k.first+at:]
}

// note says that exponentials from class at of the piece on are relative to m.
func (k *kept[T]) note(at int, m float64) {
	switch {
	case k == nil:
	case len(k.runs) == 0:
		k.runs = append(k.runs, stretch{0, m}) // before it all is masked
	case k.runs[len(k.runs)-1].m != m:
		k.runs = append(k.runs, stretch{k.first + at, m})
	}
}

// mask notes n masked classes from class at of the piece on.
func (k *kept[T]) mask(at, n int) {
	if k != nil {
		for i := range k.e[k.first+at:][:n] {
			k.e[k.first+at+i] = T(math.Copysign(0, -1))
		}
	}
}

// slope multiplies the exponentials of the block in hand, whose logits are z, by the
// derivative of the soft-cap.
func (k *kept[T]) slope(z []T, c float64) {
	if k != nil {
		for i, e := range k.e[k.first:][:len(z)] {
			k.e[k.first+i] = T(float64(e) * kernel.SoftCapSlope(float64(z[i]), c))
		}
	}
}
