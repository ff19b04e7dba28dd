package main

import (
	"context"

	"xent"
	"xent/internal/npy"
)

// A lossShare is the block of rows that a worker has, in memory used again for its
// next one.
type lossShare struct {
	p             *lossPass
	lo, hi        int
	logits, soft  numbers
	rows          *xent.Rows // nil if nobody wants them
	perRow        []float64
	total         xent.Total
	err           error
	before, after chan struct{} // the blocks before it are done with; it is
}

func newLossShare(p *lossPass, rows int) *lossShare {
	b := &lossShare{p: p, logits: makeNumbers(p.in.logits.Type(), rows*p.in.classes)}
	if p.in.soft != nil {
		b.soft = makeNumbers(p.in.soft.Type(), rows*p.in.classes)
	}
	if p.perRow != nil {
		b.perRow = make([]float64, rows*perRowColumns)
		b.rows = &xent.Rows{
			NLL: make([]float64, rows), LSE: make([]float64, rows), Entropy: make([]float64, rows),
			Argmax: make([]int32, rows), Rank: make([]int32, rows),
		}
	}
	return b
}

// take makes b the next block and reads it; it returns false when there is none.
func (b *lossShare) take(ctx context.Context) bool {
	p := b.p
	p.reading.Lock()
	defer p.reading.Unlock()
	if p.broken || p.taken == p.in.rows || ctx.Err() != nil {
		return false
	}
	b.lo, b.hi = p.taken, min(p.taken+p.blockRows(), p.in.rows)
	p.taken = b.hi
	b.before, b.after = p.last, make(chan struct{})
	p.last = b.after
	n := (b.hi - b.lo) * p.in.classes
	if b.err = b.logits.read(p.in.logits, n); b.err == nil && p.in.soft != nil {
		b.err = b.soft.read(p.in.soft, n)
	}
	p.broken = b.err != nil
	return true
}

// compute replaces the logits by their gradient if that is wanted.
func (b *lossShare) compute() {
	if b.err != nil {
		return
	}
	p, n, v := b.p, b.hi-b.lo, b.p.in.classes
	b.total.Reset()
	logits := b.logits.matrix(n, v)
	y := p.in.block(b.lo, b.hi, b.soft.matrix(n, v))
	rows := firstRows(b.rows, n)
	if p.grad == nil {
		b.err = p.loss.Forward(&b.total, logits, y, rows)
	} else {
		b.err = p.loss.Gradient(&b.total, logits, y, rows, p.call.factor, logits)
	}
	b.err = p.call.explain(p.in, b.err, b.lo)
}

// commit adds the block to what is behind it, once all before it are, and reports
// whether to go on. After an error nothing is added: the lowest row's is the one
// that is told.
func (b *lossShare) commit() bool {
	<-b.before
	defer close(b.after)
	p := b.p
	if p.err != nil {
		return false
	}
	p.err, p.failed = b.err, b.err
	if p.err == nil && p.grad != nil {
		p.err = b.logits.write(p.grad, (b.hi-b.lo)*p.in.classes)
	}
	if p.err == nil && p.perRow != nil {
		p.err = npy.Write(p.perRow, b.rowValues())
	}
	if p.err != nil {
		return false
	}
	if r := b.total.Result(); r.FirstNonFinite >= 0 && p.first == 0 {
		p.first = 1 + b.lo + r.FirstNonFinite
	}
	p.total.Merge(&b.total)
	p.done = b.hi
	p.progress(p.done, &p.total)
	return true
}

// firstRows returns what is asked for of the first n rows; nil asks for nothing.
func firstRows(r *xent.Rows, n int) *xent.Rows {
	if r == nil {
		return nil
	}
	return &xent.Rows{NLL: r.NLL[:n], LSE: r.LSE[:n], Entropy: r.Entropy[:n], Argmax: r.Argmax[:n], Rank: r.Rank[:n]}
}

// rowValues lays the values of rows side by side.
func (b *lossShare) rowValues() []float64 {
	n := b.hi - b.lo
	for i := range n {
		copy(b.perRow[i*perRowColumns:], []float64{
			b.rows.NLL[i], b.rows.LSE[i], b.rows.Entropy[i], float64(b.rows.Argmax[i]), float64(b.rows.Rank[i]),
		})
	}
	return b.perRow[:n*perRowColumns]
}

// numbers is memory for elements of one of the types of logits.
type numbers struct {
	typ npy.Type
	f32 []float32
	f64 []float64
	f16 []uint16 // or bfloat16
}

func makeNumbers(t npy.Type, n int) numbers {
	x := numbers{typ: t}
	switch t {
	case npy.Float32:
		x.f32 = make([]float32, n)
	case npy.Float64:
		x.f64 = make([]float64, n)
	default:
		x.f16 = make([]uint16, n)
	}
	return x
}

// read reads the next n elements of a.
func (x *numbers) read(a *npy.Array, n int) error {
	switch x.typ {
	case npy.Float32:
		return npy.Read(a, x.f32[:n])
	case npy.Float64:
		return npy.Read(a, x.f64[:n])
	}
	return npy.Read(a, x.f16[:n])
}

func (x *numbers) write(w *npy.Writer, n int) error {
	switch x.typ {
	case npy.Float32:
		return npy.Write(w, x.f32[:n])
	case npy.Float64:
		return npy.Write(w, x.f64[:n])
	}
	return npy.Write(w, x.f16[:n])
}

// matrix views the first elements.
func (x *numbers) matrix(rows, cols int) xent.Matrix {
	switch {
	case x.f32 != nil:
		return xent.Float32(x.f32, rows, cols)
	case x.f64 != nil:
		return xent.Float64(x.f64, rows, cols)
	case x.f16 == nil:
		return xent.Matrix{}
	case x.typ == npy.BFloat16:
		return xent.BFloat16(x.f16, rows, cols)
	}
	return xent.Float16(x.f16, rows, cols)
}
