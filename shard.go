package xent

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"xent/internal/kernel"
	"xent/internal/par"
	"xent/internal/tensor"
)

// A Shard is the part of a Loss that has classes [lo, hi) of V, such as one
// worker of several between which a classifier is cut. All options of the passes over
// logits work.
//
//	each worker:  shard.Stats(&st, its logits, targets)
//	all workers:  exchange their Stats (AppendBinary), Merge them in any order
//	each worker:  loss.Finish(&total, &st, targets, rows), the same everywhere
//	              shard.Gradient(&st, its logits, targets, scale, its gradient)
//
// The result is that of the whole to 1e-6 relative; Merge commutes to the bit. A
// Shard is immutable and safe for concurrent use.
type Shard struct {
	l      *Loss
	lo, hi int
}

// Shard returns the part of l that has classes [lo, hi), 0 ≤ lo < hi ≤ V.
func (l *Loss) Shard(lo, hi int) (*Shard, error) {
	if lo < 0 || hi <= lo || hi > l.v {
		return nil, &ShapeError{"shard", fmt.Sprintf("classes [%d, %d)", lo, hi), fmt.Sprintf("a part of [0, %d)", l.v)}
	}
	return &Shard{l, lo, hi}, nil
}

// Stats are what shards have seen of N rows: of each the greatest logit and a few
// sums relative to it. The zero value can be filled by [Shard.Stats] or
// UnmarshalBinary. Merge and they write to it; nothing else does.
type Stats struct {
	v    int
	t    float64 // temperature
	form uint64  // of the Loss
	seen []span  // classes, in increasing order, apart
	rows []rowState
}

// A span is classes [lo, hi).
type span struct{ lo, hi int }

// Stats fills st with what the shard's logits (N×(hi−lo)) say, whatever it held.
// Targets are those of the whole, with classes of [0, V); of a dense soft target
// the shard gives its own columns. Errors are those of [Loss.Forward], but that a
// dense target's bad rows are found by [Loss.Finish].
func (s *Shard) Stats(st *Stats, logits Matrix, y Targets) error {
	if err := s.check(logits, &y); err != nil {
		return err
	}
	n := y.rows()
	*st = Stats{s.l.v, s.l.o.Temperature, s.l.form, append(st.seen[:0], span{s.lo, s.hi}), grow(&st.rows, n)}
	s.run(st, logits, y, 0, Matrix{}, false)
	return nil
}

// Gradient sets grad (N×(hi−lo)) to the gradient of scale·Sum with respect to the
// shard's logits, as [Loss.Gradient] does; st must be the merged Stats of all
// shards. Errors are those of Loss.Gradient.
func (s *Shard) Gradient(st *Stats, logits Matrix, y Targets, scale float64, grad Matrix) error {
	if err := s.check(logits, &y); err != nil {
		return err
	}
	if err := s.l.checkGradient(logits, &y, scale, grad, s.hi-s.lo); err != nil {
		return err
	}
	if err := s.l.checkStats(st, &y); err != nil {
		return err
	}
	s.run(st, logits, y, scale, grad, true)
	return nil
}

// Finish adds the loss of N rows, of which st has seen all classes, to t, and
// fills rows, whose Rank must be nil. y is as for Stats; of a dense target no element
// is read. Errors are those of [Loss.Forward].
func (l *Loss) Finish(t *Total, st *Stats, y Targets, rows *Rows) error {
	if err := l.check(&y, y.rows(), y.columns()); err != nil {
		return err
	}
	if err := l.checkStats(st, &y); err != nil {
		return err
	}
	if err := rows.check(y.rows()); err != nil {
		return err
	}
	if rows.wantsRank() {
		return &ShapeError{"Rows.Rank", "a list", "nil: shards know no ranks"}
	}
	p := l.begin(y, rows)
	for i := range st.rows {
		if y.weight(i) == 0 {
			p.ignore(i, i)
			continue
		}
		state := st.rows[i]
		p.readers[0].begin(p.target(i), &p.readers[0].room)
		p.count(0, &state, i, i)
	}
	return l.end(p, t)
}

func (s *Shard) check(logits Matrix, y *Targets) error {
	if err := checkMatrix("logits", logits, y.rows(), s.hi-s.lo); err != nil {
		return err
	}
	return s.l.check(y, logits.t.Rows, s.hi-s.lo)
}

func (l *Loss) checkStats(st *Stats, y *Targets) error {
	switch n := y.rows(); {
	case len(st.rows) != n:
		return &ShapeError{"Stats", fmt.Sprintf("%d rows", len(st.rows)), fmt.Sprintf("%d, one a target", n)}
	case st.v != l.v || st.form != l.form:
		return &ShapeError{"Stats", "those of another V or other options", "this Loss's"}
	case len(st.seen) != 1 || st.seen[0] != span{0, l.v}:
		return &ShapeError{"Stats", st.classes(), fmt.Sprintf("all of [0, %d), by merging those of all shards", l.v)}
	}
	return nil
}

// classes says which have been seen.
func (st *Stats) classes() string {
	parts := make([]string, 0, len(st.seen))
	for _, s := range st.seen {
		parts = append(parts, fmt.Sprintf("[%d, %d)", s.lo, s.hi))
	}
	return "classes " + strings.Join(parts, " and ")
}

// join returns the spans of both, or false where they share a class.
func join(a, b []span) ([]span, bool) {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	joined := all[:0]
	for _, s := range all {
		switch n := len(joined); {
		case n == 0 || joined[n-1].hi < s.lo:
			joined = append(joined, s)
		case joined[n-1].hi == s.lo:
			joined[n-1].hi = s.hi
		default:
			return nil, false
		}
	}
	return joined, true
}

// Merge adds to st what u knows of the same rows from other classes. It commutes
// exactly and is associative to rounding.
func (st *Stats) Merge(u *Stats) error {
	if st.v != u.v || st.form != u.form || len(st.rows) != len(u.rows) {
		return &ShapeError{"Stats", fmt.Sprintf("%d rows of %d classes", len(u.rows), u.v), fmt.Sprintf("%d of %d, with the same options", len(st.rows), st.v)}
	}
	seen, apart := join(st.seen, u.seen)
	if !apart {
		return &ShapeError{"Stats", u.classes(), "none of those already merged, " + st.classes()}
	}
	st.seen = seen
	scale := kernel.NewScale(st.t)
	for i := range st.rows {
		st.rows[i].merge(scale, u.rows[i])
	}
	return nil
}

// run is a pass over the shard's rows.
func (s *Shard) run(st *Stats, logits Matrix, y Targets, scale float64, grad Matrix, wantGrad bool) {
	p := s.l.begin(y, nil)
	p.logits, p.scale, p.wantGrad = logits.t, scale, wantGrad
	p.into(grad)
	p.shard = shardTask{p: p, st: st, lo: s.lo}
	par.Run(p.workers, len(st.rows), rowGrain(s.hi-s.lo), &p.shard)
	s.l.end(p, nil)
}

// A shardTask fills the stats of rows or, when gradients are wanted, uses them.
type shardTask struct {
	p  *pass
	st *Stats
	lo int
}

// Do implements par.Task over rows.
func (t *shardTask) Do(worker, lo, hi int) {
	p := t.p
	w := p.readers[worker]
	for i := lo; i < hi; i++ {
		if p.y.weight(i) == 0 {
			if p.wantGrad {
				p.ignore(i, i)
			} else {
				t.st.rows[i].start()
			}
			continue
		}
		target := p.target(i)
		target.first = t.lo
		w.begin(target, &w.room)
		if !p.wantGrad {
			r := &t.st.rows[i]
			r.start()
			w.take(r, p.logits, i, t.lo)
			w.settle(r)
			continue
		}
		state := t.st.rows[i]
		w.look(p.logits, i, t.lo)
		v := w.finish(&state)
		w.gradient(&slope{&v, &state, p.scale * p.y.weight(i) / p.l.o.Temperature, p.stream}, p.grad, p.logits, i, t.lo)
	}
}

// look reads the listed classes' logits from row j, whose first class is lo.
func (w *reader) look(logits tensor.Matrix, j, lo int) {
	for k := range w.listed {
		c := &w.listed[k]
		at := int(c.class) - lo
		if at < 0 || at >= logits.Cols {
			continue
		}
		c.seen = true
		if logits.DType == tensor.F64 {
			c.z, c.zc = capped(w, logits.Row64(j)[at:at+1])
			continue
		}
		logits.Gather(w.half[:1], j, at)
		c.z, c.zc = capped(w, w.half[:1])
	}
}

// capped returns a logit as it is and capped.
func capped[T kernel.Float](w *reader, z []T) (raw, zc float64) {
	one := [1]T{z[0]}
	if w.l.o.SoftCap > 0 {
		kernel.SoftCap(one[:], z, w.l.o.SoftCap)
	}
	return float64(z[0]), float64(one[0])
}

// merge adds what u has seen of the same row's other classes.
func (r *rowState) merge(scale kernel.Scale, u rowState) {
	if u.bad >= 0 && (r.bad < 0 || u.bad < r.bad) {
		r.bad, r.badQ = u.bad, u.badQ
	}
	if r.broken() || u.broken() { // only whether q is a distribution matters any more
		bad, badQ, q := r.bad, r.badQ, r.q+u.q
		r.start()
		r.best, r.bad, r.badQ, r.q = nan, bad, badQ, q
		return
	}
	if u.best > r.best || u.best == r.best && u.argmax >= 0 && (r.argmax < 0 || u.argmax < r.argmax) {
		r.argmax = u.argmax
	}
	r.best = max(r.best, u.best)
	m := max(r.m, u.m)
	r.rescale(scale, m)
	u.rescale(scale, m)
	r.exp[0] += u.exp[0]
	r.exp[1] += u.exp[1]
	r.all.Merge(u.all)
	r.listed.Merge(u.listed)
	if u.owned {
		r.owned, r.z, r.zy = true, u.z, u.zy
	}
	r.q += u.q
	r.qd += u.qd
	r.wq += u.wq
	r.wqd += u.wqd
	if u.qmax > r.qmax || u.qmax == r.qmax && u.qarg >= 0 && (r.qarg < 0 || u.qarg < r.qarg) {
		r.qmax, r.qarg = u.qmax, u.qarg
	}
	r.free = lower(r.free, u.free)
}

// lower is the lower of two classes, −1 standing for none.
func lower(a, b int32) int32 {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}
