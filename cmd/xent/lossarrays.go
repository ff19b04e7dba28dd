package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"xent"
	"xent/internal/corpus"
	"xent/internal/npy"
)

// lossArrays is what `xent loss` reads: logits, rows × classes, block by block, and
// what belongs to each row.
type lossArrays struct {
	logits  *npy.Array
	soft    *npy.Array // dense soft targets, block by block too; nil if there are none
	shape   []int      // of the rows: the logits' without the last axis
	rows    int
	classes int
	targets xent.Targets // of all rows, but for dense soft ones
	weights []float32    // of the classes, or nil
	closers []io.Closer
}

func (in *lossArrays) close() {
	for _, c := range in.closers {
		c.Close()
	}
}

// read opens the logits and reads all that is held whole.
func (l *lossCall) read(ctx context.Context, stdin io.Reader, in *lossArrays) (err error) {
	if err := l.openLogits(ctx, stdin, in); err != nil {
		return err
	}
	switch {
	case l.softTargets != "":
		err = l.openSoft(ctx, in)
	case l.softIndex != "":
		err = l.readList(ctx, in)
	default:
		in.targets.Index, err = l.readClasses(ctx, in, l.targets)
	}
	if err == nil && l.rowWeights != "" {
		in.targets.RowWeights, err = l.readFloats(ctx, in, l.rowWeights, in.shape, "as the logits' rows")
	}
	if err == nil && l.weights != "" {
		in.weights, err = l.readFloats(ctx, in, l.weights, []int{in.classes}, "one weight a class")
	}
	return err
}

func (l *lossCall) openLogits(ctx context.Context, stdin io.Reader, in *lossArrays) (err error) {
	if l.logits == "-" {
		if in.logits, err = npy.NewReader(corpus.Interruptible(ctx, stdin), "-"); err == nil {
			err = l.settleType("-", in.logits)
		}
	} else {
		in.logits, err = l.open(ctx, in, l.logits)
	}
	if err != nil {
		return err
	}
	shape := in.logits.Shape()
	switch {
	case !isFloat(in.logits.Type()):
		return fmt.Errorf("%s: elements of type %s, where logits are float32, float16, bfloat16 or float64", l.logits, in.logits.Type())
	case len(shape) == 0 || shape[len(shape)-1] == 0:
		return fmt.Errorf("%s: shape %s has no classes along its last axis", l.logits, shapeText(shape))
	case shape[len(shape)-1] > math.MaxInt32:
		return fmt.Errorf("%s: %d classes along the last axis are more than 2³¹−1", l.logits, shape[len(shape)-1])
	}
	in.shape, in.classes, in.rows = shape[:len(shape)-1], shape[len(shape)-1], in.logits.Left()/shape[len(shape)-1]
	return nil
}

func (l *lossCall) openSoft(ctx context.Context, in *lossArrays) (err error) {
	if in.soft, err = l.open(ctx, in, l.softTargets); err != nil {
		return err
	}
	if t := in.soft.Type(); !isFloat(t) {
		return fmt.Errorf("%s: elements of type %s, where probabilities are float32, float16, bfloat16 or float64", l.softTargets, t)
	}
	return wantShape(l.softTargets, in.soft, in.logits.Shape(), "as the logits")
}

// readList reads the likeliest classes of each row and their probabilities.
func (l *lossCall) readList(ctx context.Context, in *lossArrays) error {
	index, err := l.open(ctx, in, l.softIndex)
	if err != nil {
		return err
	}
	shape := index.Shape()
	k := 0
	if len(shape) > 0 {
		k = shape[len(shape)-1]
	}
	if k < 1 || k > in.classes || !slices.Equal(shape[:len(shape)-1], in.shape) {
		return fmt.Errorf("%s: shape %s, want that of the logits, %s, with K of %d classes along the last axis", l.softIndex, shapeText(shape), shapeText(in.logits.Shape()), in.classes)
	}
	soft := &xent.Soft{K: k, Rest: rests[l.rest]}
	if soft.Index, err = l.classes(in, index, l.softIndex, k); err != nil {
		return err
	}
	if soft.Prob, err = l.readFloats(ctx, in, l.softProbs, shape, "as "+l.softIndex); err != nil {
		return err
	}
	in.targets.Soft = soft
	return nil
}

// open opens an array and has it closed with the others.
func (l *lossCall) open(ctx context.Context, in *lossArrays, path string) (*npy.Array, error) {
	a, c, err := openArray(ctx, path)
	if err != nil {
		return nil, err
	}
	in.closers = append(in.closers, c)
	return a, l.settleType(path, a)
}

// settleType asks for the meaning of values that have none.
func (l *lossCall) settleType(path string, a *npy.Array) error {
	if l.bfloat16 {
		a.AssumeBFloat16()
	}
	if a.Type() == npy.Void2 {
		return fmt.Errorf("%s: 2-byte values without a type (V2), as np.save writes bfloat16: if that is what they are, add --bfloat16", path)
	}
	return nil
}

// readFloats reads an array of that shape.
func (l *lossCall) readFloats(ctx context.Context, in *lossArrays, path string, shape []int, why string) ([]float32, error) {
	a, err := l.open(ctx, in, path)
	if err != nil {
		return nil, err
	}
	if err := wantShape(path, a, shape, why); err != nil {
		return nil, err
	}
	return npy.ReadAll[float32](a)
}

// readClasses reads the class of each row.
func (l *lossCall) readClasses(ctx context.Context, in *lossArrays, path string) ([]int32, error) {
	a, err := l.open(ctx, in, path)
	if err != nil {
		return nil, err
	}
	if err := wantShape(path, a, in.shape, "as the logits' rows"); err != nil {
		return nil, err
	}
	return l.classes(in, a, path, 1)
}

// classes reads k classes for each row. Those of --ignore-index become xent.Ignore,
// which nothing else may be.
func (l *lossCall) classes(in *lossArrays, a *npy.Array, path string, k int) ([]int32, error) {
	if t := a.Type(); t == npy.Bool || t >= npy.Float16 {
		return nil, fmt.Errorf("%s: elements of type %s, where classes are integers", path, t)
	}
	all := make([]int32, 0, min(a.Left(), 1<<20))
	chunk := make([]int64, 1<<13)
	for a.Left() > 0 {
		chunk := chunk[:min(len(chunk), a.Left())]
		if err := npy.Read(a, chunk); err != nil {
			return nil, err
		}
		for _, c := range chunk {
			switch {
			case c == l.ignore:
				c = int64(xent.Ignore)
			case c < 0 || c >= int64(in.classes):
				return nil, fmt.Errorf("%s: %s: class %d: want 0 to %d, or %d to ignore it (--ignore-index)", path, in.place(len(all)/k), c, in.classes-1, l.ignore)
			}
			all = append(all, int32(c))
		}
	}
	return all, nil
}

// weight checks what is known of all rows and returns what their mean is divided
// by.
func (in *lossArrays) weight(loss *xent.Loss) (float64, error) {
	if in.soft == nil {
		return loss.Weight(in.targets)
	}
	one, err := xent.New(1, xent.Options{}) // all rows count alike
	if err != nil {
		return 0, err
	}
	return one.Weight(xent.Targets{Index: make([]int32, in.rows), RowWeights: in.targets.RowWeights})
}

// block returns the targets of rows lo to before hi; q is what was read of dense
// soft ones.
func (in *lossArrays) block(lo, hi int, q xent.Matrix) (y xent.Targets) {
	if w := in.targets.RowWeights; w != nil {
		y.RowWeights = w[lo:hi]
	}
	switch s := in.targets.Soft; {
	case in.soft != nil:
		y.Soft = &xent.Soft{Dense: q}
	case s != nil:
		y.Soft = &xent.Soft{K: s.K, Index: s.Index[lo*s.K : hi*s.K], Prob: s.Prob[lo*s.K : hi*s.K], Rest: s.Rest}
	default:
		y.Index = in.targets.Index[lo:hi]
	}
	return y
}

// explain puts an error of package xent about rows from first on into the words of
// the command line.
func (l *lossCall) explain(in *lossArrays, err error, first int) error {
	var weight *xent.RowWeightError
	var q *xent.ProbabilityError
	var option *xent.OptionError
	switch {
	case errors.As(err, &weight):
		return fmt.Errorf("%s: %s: weight %v is not a finite number ≥ 0", l.rowWeights, in.place(first+weight.Row), weight.Weight)
	case errors.As(err, &q) && q.Class < 0:
		hint := ""
		if l.softIndex != "" && rests[l.rest] == xent.RestError {
			hint = " (--rest)"
		}
		return fmt.Errorf("%s: %s: the probabilities sum to %v: %s%s", l.probabilities(), in.place(first+q.Row), q.Value, q.Reason, hint)
	case errors.As(err, &q):
		return fmt.Errorf("%s: %s: class %d: probability %v: %s", l.probabilities(), in.place(first+q.Row), q.Class, q.Value, q.Reason)
	case errors.As(err, &option) && option.Option == "scale":
		return fmt.Errorf("--scale %s: the gradient cannot be multiplied by %v, for which the weights of the rows are too small: give sum, or a number", l.scale, option.Value)
	}
	return err
}

// probabilities is the file of the soft targets.
func (l *lossCall) probabilities() string {
	if l.softTargets != "" {
		return l.softTargets
	}
	return l.softProbs
}

// place names row i, also by its position where rows have several axes.
func (in *lossArrays) place(i int) string {
	if len(in.shape) < 2 {
		return fmt.Sprintf("row %d", i)
	}
	at := make([]int, len(in.shape))
	for left, axis := i, len(at)-1; axis >= 0; axis-- {
		at[axis], left = left%in.shape[axis], left/in.shape[axis]
	}
	return fmt.Sprintf("row %d, at [%s]", i, joined(at))
}
