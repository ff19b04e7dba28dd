package xent

import (
	"math"

	"xent/internal/par"
	"xent/internal/tensor"
)

// A divergencePass is one call's arguments and scratch: a par.Task over rows.
type divergencePass struct {
	d                *Divergence
	workers          int // fixed for the pass, whatever happens to GOMAXPROCS
	y                Targets
	rows             *DivergenceRows
	student, teacher tensor.Matrix
	grad             tensor.Matrix
	wantGrad         bool
	scale            float64
	totals           []Total             // one a worker
	readers          []*divergenceReader // one a worker
}

func (d *Divergence) begin(student, teacher Matrix, y Targets, rows *DivergenceRows) *divergencePass {
	p := d.scratch.Get().(*divergencePass)
	p.d, p.y, p.rows, p.student, p.teacher = d, y, rows, student.t, teacher.t
	p.workers = min(par.Workers(d.o.Workers), max(1, p.student.Rows))
	if len(p.totals) < p.workers {
		p.totals = make([]Total, p.workers)
	}
	for len(p.readers) < p.workers {
		p.readers = append(p.readers, new(divergenceReader))
	}
	for i := range p.totals {
		p.totals[i].Reset()
		p.readers[i].d = d
	}
	return p
}

// end adds what the workers counted, and lets go of the caller's memory.
func (d *Divergence) end(p *divergencePass, t *Total) {
	for i := range p.totals {
		if t != nil && p.totals[i].count > 0 {
			t.Merge(&p.totals[i])
		}
	}
	*p = divergencePass{totals: p.totals, readers: p.readers}
	d.scratch.Put(p)
}

// run passes over all rows. A class costs about ten times what it does in a Loss.
func (p *divergencePass) run() {
	par.Run(p.workers, p.student.Rows, rowGrain(10*p.d.v), p)
}

// Do implements par.Task.
func (p *divergencePass) Do(worker, lo, hi int) {
	w := p.readers[worker]
	for i := lo; i < hi; i++ {
		r := p.y.weight(i)
		if r == 0 {
			p.ignore(i)
			continue
		}
		y := int32(-1)
		if p.y.Index != nil {
			y = p.y.Index[i]
		}
		v := w.read(p.student, p.teacher, i, y)
		p.rows.set(i, v.divergence, v.nll)
		p.totals[worker].addDivergence(i, &v, r, y >= 0)
		if p.wantGrad {
			w.gradient(&v, p.scale*r, p.grad, p.student, p.teacher, i, y)
		}
	}
}

func (p *divergencePass) ignore(i int) {
	p.rows.set(i, nan, nan)
	if p.wantGrad {
		p.grad.Clear(i)
	}
}

func (r *DivergenceRows) set(i int, divergence, nll float64) {
	if r == nil {
		return
	}
	if r.Divergence != nil {
		r.Divergence[i] = divergence
	}
	if r.NLL != nil {
		r.NLL[i] = nll
	}
}

// addDivergence counts row i with row weight r; known says whether its target is.
func (t *Total) addDivergence(i int, v *divergenceValues, r float64, known bool) {
	t.sums[objective].Add(r * v.objective)
	t.sums[divergence].Add(r * v.divergence)
	t.sums[nll].Add(r * v.nll)
	t.sums[weight].Add(r)
	t.sums[rowWeight].Add(r)
	t.sums[entropy].Add(v.entropy)
	t.count++
	if v.correct {
		t.correct++
	}
	if !finite(v.divergence) || known && !finite(v.nll) {
		t.nonFinite++
		t.note(i + 1)
	}
}

func finite(x float64) bool { return math.Abs(x) <= math.MaxFloat64 }
