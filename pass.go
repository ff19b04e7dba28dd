package xent

import (
	"math"

	"xent/internal/par"
	"xent/internal/tensor"
)

// A pass is one call's arguments and scratch: a par.Task over the rows of a
// matrix of logits.
type pass struct {
	l        *Loss
	workers  int // fixed for the pass, whatever happens to GOMAXPROCS
	y        Targets
	rows     *Rows
	logits   tensor.Matrix
	grad     tensor.Matrix
	wantGrad bool
	scale    float64
	stream   bool      // of slope
	kept     []int     // row of the call for each row of logits; nil for the same
	totals   []Total   // one a worker
	readers  []*reader // one a worker
	errs     []*ProbabilityError
	linear   linearPass
	shard    shardTask
}

func (l *Loss) begin(y Targets, rows *Rows) *pass {
	p := l.scratch.Get().(*pass)
	p.l, p.y, p.rows = l, y, rows
	n := y.rows()
	// More goroutines than rows or columns would never find anything to do.
	p.workers = min(par.Workers(l.o.Workers), max(1, n, l.v))
	if n := min(p.workers, max(1, n)); len(p.totals) < n {
		p.totals, p.errs = make([]Total, n), make([]*ProbabilityError, n)
		for len(p.readers) < n {
			p.readers = append(p.readers, new(reader))
		}
	}
	for i := range p.totals {
		p.totals[i].Reset()
		p.errs[i], p.readers[i].l = nil, l
	}
	return p
}

// end adds what the workers counted, lets go of the caller's memory, and returns
// the error of the lowest bad row.
func (l *Loss) end(p *pass, t *Total) error {
	var bad *ProbabilityError
	for _, err := range p.errs {
		if err != nil && (bad == nil || err.Row < bad.Row) {
			bad = err
		}
	}
	for i := range p.totals {
		if t != nil && bad == nil && p.totals[i].count > 0 {
			t.Merge(&p.totals[i])
		}
	}
	for _, w := range p.readers {
		w.t, w.keep = target{}, false
	}
	*p = pass{totals: p.totals, readers: p.readers, errs: p.errs, linear: p.linear.released()}
	l.scratch.Put(p)
	if bad != nil {
		return bad
	}
	return nil
}

// streamBytes is the size from which a gradient is written past the caches.
const streamBytes = 4 << 20

// into says where the gradient goes; the logits are known.
func (p *pass) into(grad Matrix) {
	p.grad = grad.t
	_, bytes := grad.t.Span()
	p.stream = bytes >= streamBytes && overlapOf(p.logits, grad.t) != same
}

// target is that of row i of the call.
func (p *pass) target(i int) target {
	if p.y.Soft != nil {
		return target{y: -1, soft: p.y.Soft, row: i}
	}
	return target{y: p.y.Index[i]}
}

// run passes over n rows of p.logits.
func (p *pass) run(n int) {
	par.Run(p.workers, n, rowGrain(p.l.v), p)
}

// rowGrain is how many rows of v elements are worth a goroutine's while.
func rowGrain(v int) int { return max(1, 1<<15/v) }

// Do implements par.Task.
func (p *pass) Do(worker, lo, hi int) {
	for j := lo; j < hi; j++ {
		i := j
		if p.kept != nil {
			i = p.kept[j]
		}
		if p.y.weight(i) == 0 {
			p.ignore(i, j)
			continue
		}
		p.row(worker, i, j)
	}
}

// ignore gives row i of the call, row j of the gradient, nothing.
func (p *pass) ignore(i, j int) {
	p.rows.set(i, &ignoredRow)
	if p.wantGrad {
		p.grad.Clear(j)
	}
}

// row computes row i of the call from row j of the logits.
func (p *pass) row(worker, i, j int) {
	w := p.readers[worker]
	var state rowState
	state.start()
	w.begin(p.target(i), &w.room)
	w.keep = p.wantGrad && p.logits.Cols <= keepMost
	w.take(&state, p.logits, j, 0)
	w.settle(&state)
	v := p.count(worker, &state, i, j)
	if p.wantGrad {
		k := p.scale * p.y.weight(i) / p.l.o.Temperature
		w.gradient(&slope{&v, &state, k, p.stream}, p.grad, p.logits, j, 0)
		if below := p.l.o.FilterBelow; below > 0 && p.kept != nil { // a linear pass
			p.totals[worker].sums[filtered].Add(filter(p.grad.Row(j), below*math.Abs(p.scale)*p.y.weight(i)))
		}
	}
}

// count finishes row i of the call and adds it to the total. Row j of the logits
// is whole if ranks are asked for.
func (p *pass) count(worker int, state *rowState, i, j int) values {
	w := p.readers[worker]
	v := w.finish(state)
	if err := v.err; err != nil && (p.errs[worker] == nil || err.Row < p.errs[worker].Row) {
		p.errs[worker] = err
	}
	if p.rows.wantsRank() && state.finite() && v.err == nil {
		v.rank = w.rank(p.logits, j, v.expected)
	}
	p.totals[worker].add(i, &v, p.y.weight(i), p.l.targetWeight(&p.y, i))
	p.rows.set(i, &v)
	return v
}
