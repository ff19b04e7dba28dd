package xent

import (
	"fmt"
	"math"
	"sync"

	"xent/internal/par"
	"xent/internal/tensor"
)

// Mean returns the mean cross-entropy, in nats, of N = len(targets) rows of V
// logits each. Rows whose target is [Ignore] are left out; when nothing is left
// the mean is NaN. It is [Loss.Forward] for those who need no more.
func Mean(logits []float32, V int, targets []int32) (float64, error) {
	l, err := New(V, Options{})
	if err != nil {
		return 0, err
	}
	if len(logits)%V != 0 || len(logits)/V != len(targets) { // no product that could wrap
		return 0, &ShapeError{"logits", fmt.Sprintf("%d elements", len(logits)), fmt.Sprintf("%d·%d", len(targets), V)}
	}
	var t Total
	if err := l.Forward(&t, Float32(logits, len(targets), V), Targets{Index: targets}, nil); err != nil {
		return 0, err
	}
	return t.Result().Mean(), nil
}

// Options chooses the loss. The zero value is plain cross-entropy.
type Options struct {
	// ClassWeights multiplies a row's loss by w_y: V finite values ≥ 0, kept
	// and not to be changed afterwards; nil means 1.
	ClassWeights []float32
	// Workers is the greatest number of goroutines a pass may use; 0 means
	// GOMAXPROCS. It changes no bit.
	Workers int
	// Workspace is how many bytes a linear pass may use for logits and gathered
	// rows; 0 means 64 MiB. At least one row is always held. Passes that run at
	// the same time have one each, and it is kept for the next one. It changes
	// no bit.
	Workspace int64
}

const defaultWorkspace = 64 << 20

// A Loss computes one kind of loss over V classes. It is immutable and safe
// for concurrent use.
type Loss struct {
	v       int
	o       Options
	scratch sync.Pool // of *pass
}

// New returns the loss over V ≥ 1 classes. Unusable options give an
// [*OptionError].
func New(V int, o Options) (*Loss, error) {
	if V < 1 || V > math.MaxInt32 {
		return nil, &OptionError{"V", -1, float64(V), "want 1 … 2³¹−1 classes"}
	}
	if o.ClassWeights != nil && len(o.ClassWeights) != V {
		want := fmt.Sprintf("want %d weights, one a class, or nil", V)
		return nil, &OptionError{"ClassWeights", -1, float64(len(o.ClassWeights)), want}
	}
	for c, w := range o.ClassWeights {
		if !(w >= 0 && w <= math.MaxFloat32) {
			return nil, &OptionError{"ClassWeights", c, float64(w), "want a finite number ≥ 0"}
		}
	}
	if o.Workers < 0 {
		return nil, &OptionError{"Workers", -1, float64(o.Workers), "want a number ≥ 0"}
	}
	if o.Workspace < 0 {
		return nil, &OptionError{"Workspace", -1, float64(o.Workspace), "want a number of bytes ≥ 0"}
	}
	if o.Workspace == 0 {
		o.Workspace = defaultWorkspace
	}
	return &Loss{v: V, o: o, scratch: sync.Pool{New: func() any { return new(pass) }}}, nil
}

func (l *Loss) classWeight(c int32) float64 {
	if l.o.ClassWeights == nil {
		return 1
	}
	return float64(l.o.ClassWeights[c])
}

// Forward adds the loss of N rows of logits (N×V) to t, and fills the fields
// of rows that are not nil. t or rows may be nil. On an error nothing is
// written. Errors: [*ShapeError], [*TargetError], [*RowWeightError].
func (l *Loss) Forward(t *Total, logits Matrix, y Targets, rows *Rows) error {
	if err := l.checkLogits(logits, y, rows); err != nil {
		return err
	}
	p := l.begin(y, rows)
	p.logits = logits.t
	p.run(logits.t.Rows)
	l.end(p, t)
	return nil
}

// Gradient is Forward, and sets grad (N×V) to the gradient of scale·Sum with
// respect to the logits,
//
//	grad_ic = scale·r_i·w_y·(p_c − 1[c = y])
//
// and to 0 in ignored rows. grad may be the logits' own memory, which is then
// overwritten; any other overlap is an [*OverlapError]. Where a row counts, scale
// must be a finite float32, else an [*OptionError]. Other errors are Forward's.
func (l *Loss) Gradient(t *Total, logits Matrix, y Targets, rows *Rows, scale float64, grad Matrix) error {
	if err := l.checkLogits(logits, y, rows); err != nil {
		return err
	}
	if err := checkScale(scale, y); err != nil {
		return err
	}
	if err := checkFloat32("gradient", grad, logits.t.Rows, l.v); err != nil {
		return err
	}
	inputs := [3]buffer{
		{"a part of the logits", logits.t},
		vector("Targets.RowWeights", y.RowWeights), vector("Options.ClassWeights", l.o.ClassWeights),
	}
	if overlapOf(logits.t, grad.t) == same {
		inputs[0] = buffer{}
	}
	if err := checkOverlaps([]buffer{{"the gradient", grad.t}}, inputs[:]); err != nil {
		return err
	}
	p := l.begin(y, rows)
	p.logits, p.grad, p.wantGrad, p.scale = logits.t, grad.t, true, scale
	p.run(logits.t.Rows)
	l.end(p, t)
	return nil
}

func (l *Loss) checkLogits(logits Matrix, y Targets, rows *Rows) error {
	if err := checkFloat32("logits", logits, len(y.Index), l.v); err != nil {
		return err
	}
	if err := l.check(y, logits.t.Rows); err != nil {
		return err
	}
	return rows.check(logits.t.Rows)
}

// checkFloat32 asks for a float32 matrix of that shape, row after row; without
// rows any width will do.
func checkFloat32(what string, m Matrix, rows, cols int) error {
	switch {
	case m.t.Rows == rows && rows == 0:
		return nil
	case m.t.Rows != rows || m.t.Cols != cols:
		return &ShapeError{what, dims(m), shape(rows, cols)}
	case m.t.DType != tensor.F32:
		return &ShapeError{what, m.t.DType.String(), tensor.F32.String()}
	case !m.t.RowMajor():
		return &ShapeError{what, "a transposed matrix", "one whose rows lie side by side"}
	}
	return nil
}

// checkScale refuses a scale that a gradient cannot be multiplied by. When no
// row counts it is not used: 1/0 is then as good as any.
func checkScale(scale float64, y Targets) error {
	if math.Abs(scale) <= math.MaxFloat32 {
		return nil
	}
	for i := range y.Index {
		if y.weight(i) != 0 {
			return &OptionError{"scale", -1, scale, "want a number that is finite in float32"}
		}
	}
	return nil
}

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
	kept     []int   // row of the call for each row of logits; nil for the same
	totals   []Total // one a worker
	linear   linearPass
}

func (l *Loss) begin(y Targets, rows *Rows) *pass {
	p := l.scratch.Get().(*pass)
	p.l, p.y, p.rows = l, y, rows
	// More goroutines than rows or columns would never find anything to do.
	p.workers = min(par.Workers(l.o.Workers), max(1, len(y.Index), l.v))
	if n := min(p.workers, max(1, len(y.Index))); len(p.totals) < n {
		p.totals = make([]Total, n)
	}
	for i := range p.totals {
		p.totals[i].Reset()
	}
	return p
}

// end adds what the workers counted and lets go of the caller's memory.
func (l *Loss) end(p *pass, t *Total) {
	for i := range p.totals {
		if t != nil && p.totals[i].count > 0 {
			t.Merge(&p.totals[i])
		}
	}
	*p = pass{totals: p.totals, linear: p.linear.released()}
	l.scratch.Put(p)
}

// run passes over n rows of p.logits.
func (p *pass) run(n int) {
	par.Run(p.workers, n, rowGrain(p.l.v), p)
}

// rowGrain is how many rows of v elements are worth a goroutine's while.
func rowGrain(v int) int { return max(1, 1<<15/v) }

// Do implements par.Task.
func (p *pass) Do(worker, lo, hi int) {
	total := &p.totals[worker]
	for j := lo; j < hi; j++ {
		i := j
		if p.kept != nil {
			i = p.kept[j]
		}
		r := p.y.weight(i)
		if r == 0 {
			p.ignore(i, j)
			continue
		}
		p.row(total, i, j, r)
	}
}

// ignore gives row i of the call, row j of the gradient, nothing.
func (p *pass) ignore(i, j int) {
	p.rows.set(i, &ignoredRow)
	if p.wantGrad {
		clear(p.grad.Row(j))
	}
}

var ignoredRow = values{nll: math.NaN(), lse: math.NaN(), entropy: math.NaN(), argmax: -1, rank: -1}

// row computes row i of the call from row j of the logits.
func (p *pass) row(total *Total, i, j int, r float64) {
	var state rowState
	y, z := p.y.Index[i], p.logits.Row(j)
	state.start()
	state.take(z, 0, y)
	v := p.count(total, &state, i, z)
	if p.wantGrad {
		state.gradient(p.grad.Row(j), z, y, p.scale*r*p.l.classWeight(y), &v)
	}
}

// count finishes row i of the call and adds it to the total. z is the whole
// row if ranks are asked for.
func (p *pass) count(total *Total, state *rowState, i int, z []float32) values {
	y := p.y.Index[i]
	v := state.finish(y)
	if p.rows.wantsRank() && v.lse == v.lse {
		v.rank = rank(z, y)
	}
	total.add(i, &v, p.y.weight(i), p.l.classWeight(y))
	p.rows.set(i, &v)
	return v
}
