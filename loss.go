package xent

import (
	"fmt"
	"math"

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

// Forward adds the loss of N rows of logits (N×V) to t, and fills the fields
// of rows that are not nil. t or rows may be nil.
//
// On an error nothing is written, unless it is a [*ProbabilityError] that only the
// pass can find: of a dense soft target, or of [RestUniform]. Then t is as it was, and
// all else that the pass writes, or adds to, is undefined. Other errors: [*ShapeError],
// [*TargetError], [*RowWeightError].
func (l *Loss) Forward(t *Total, logits Matrix, y Targets, rows *Rows) error {
	if err := l.checkLogits(logits, &y, rows); err != nil {
		return err
	}
	p := l.begin(y, rows)
	p.logits = logits.t
	p.run(logits.t.Rows)
	return l.end(p, t)
}

// Gradient is Forward, and sets grad (N×V) to the gradient of scale·Sum with
// respect to the logits, for plain cross-entropy
//
//	grad_ic = scale·r_i·w_y·(p_c − 1[c = y])
//
// and to 0 in ignored rows. grad has the logits' type, or is float32 where that
// has 16 bits, and may be the logits' own memory, which is then overwritten; any
// other overlap is an [*OverlapError]. Where a row counts, scale must be a finite
// float32, else an [*OptionError]. Other errors are Forward's.
func (l *Loss) Gradient(t *Total, logits Matrix, y Targets, rows *Rows, scale float64, grad Matrix) error {
	if err := l.checkLogits(logits, &y, rows); err != nil {
		return err
	}
	if err := l.checkGradient(logits, &y, scale, grad, l.v); err != nil {
		return err
	}
	p := l.begin(y, rows)
	p.logits, p.wantGrad, p.scale = logits.t, true, scale
	p.into(grad)
	p.run(logits.t.Rows)
	return l.end(p, t)
}

func (l *Loss) checkLogits(logits Matrix, y *Targets, rows *Rows) error {
	if err := checkMatrix("logits", logits, logits.t.Rows, l.v); err != nil {
		return err
	}
	if err := l.check(y, logits.t.Rows, l.v); err != nil {
		return err
	}
	return rows.check(logits.t.Rows)
}

// checkGradient checks what is written for logits of that many columns.
func (l *Loss) checkGradient(logits Matrix, y *Targets, scale float64, grad Matrix, columns int) error {
	if err := checkScale(scale, y, logits.t.Rows); err != nil {
		return err
	}
	if err := checkGradientOf(logits, grad, columns); err != nil {
		return err
	}
	out := [1]buffer{{"the gradient", grad.t}}
	if overlapOf(logits.t, grad.t) == partial {
		return &OverlapError{out[0].name, "a part of the logits"}
	}
	inputs := l.inputs(y)
	return checkOverlaps(out[:], inputs[:])
}

// checkGradientOf asks for a gradient of the shape of logits, of their type or, for
// 16 bits, in float32.
func checkGradientOf(logits, grad Matrix, columns int) error {
	if err := checkMatrix("gradient", grad, logits.t.Rows, columns); err != nil {
		return err
	}
	if want := logits.t.DType; logits.t.Rows > 0 && grad.t.DType != want && !(want.Size() == 2 && grad.t.DType == tensor.F32) {
		return &ShapeError{"gradient", grad.t.DType.String(), "the type of the logits, " + want.String()}
	}
	return nil
}

// inputs lists the memory that any pass reads while it writes.
func (l *Loss) inputs(y *Targets) (all [4]buffer) {
	all[0], all[1] = vector("Targets.RowWeights", y.RowWeights), vector("Options.ClassWeights", l.o.ClassWeights)
	if y.Soft != nil {
		all[2], all[3] = buffer{"Soft.Dense", y.Soft.Dense.t}, vector("Soft.Prob", y.Soft.Prob)
	}
	return all
}

// checkMatrix asks for a matrix of that shape, row after row; without rows any
// width will do.
func checkMatrix(what string, m Matrix, rows, cols int) error {
	switch {
	case m.t.Rows == rows && rows == 0:
		return nil
	case m.t.Rows != rows || m.t.Cols != cols:
		return &ShapeError{what, dims(m), shape(rows, cols)}
	case !m.t.RowMajor():
		return &ShapeError{what, "a transposed matrix", "one whose rows lie side by side"}
	}
	return nil
}

// checkScale refuses a scale that a gradient cannot be multiplied by. When no
// row counts it is not used: 1/0 is then as good as any.
func checkScale(scale float64, y *Targets, n int) error {
	if math.Abs(scale) <= math.MaxFloat32 {
		return nil
	}
	for i := range n {
		if y.weight(i) != 0 {
			return &OptionError{"scale", -1, scale, "want a number that is finite in float32"}
		}
	}
	return nil
}
