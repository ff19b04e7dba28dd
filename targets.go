package xent

import (
	"fmt"
	"math"

	"xent/internal/exact"
)

// Ignore is the target of a row that does not exist: padding, a prompt that is
// not learnt, the first token of a text.
const Ignore int32 = -100

// Targets says what really came, row by row: a class (Index) or a distribution
// (Soft), never both. (Neither, for a [Divergence]: every row counts.)
type Targets struct {
	// Index holds each row's class in [0, V), or Ignore.
	Index []int32
	// Soft holds each row's distribution over the classes; nil for Index.
	Soft *Soft
	// RowWeights multiplies each row's loss, gradient and share of the mean; finite and
	// ≥ 0; nil means 1. A row of weight 0 is treated as ignored.
	RowWeights []float32
}

// rows returns how many rows there are targets for.
func (y *Targets) rows() int {
	switch s := y.Soft; {
	case s == nil:
		return len(y.Index)
	case s.dense():
		return s.Dense.t.Rows
	default:
		return len(s.Index) / s.K
	}
}

// columns is how many classes a dense distribution is given for: of a shard, not all.
func (y *Targets) columns() int {
	if y.Soft == nil {
		return 0
	}
	return y.Soft.Dense.t.Cols
}

// weight returns r_i, 0 for an ignored row.
func (y *Targets) weight(i int) float64 {
	switch {
	case y.Index != nil && y.Index[i] == Ignore, y.Soft != nil && y.Soft.absent(i):
		return 0
	case y.RowWeights == nil:
		return 1
	}
	return float64(y.RowWeights[i])
}

// checkRows validates Index, where there is one, and RowWeights of n rows of v
// classes.
func (y *Targets) checkRows(n, v int) error {
	if y.Index != nil && len(y.Index) != n {
		return &ShapeError{"Targets.Index", fmt.Sprintf("%d targets", len(y.Index)), fmt.Sprintf("%d, one a row", n)}
	}
	if y.RowWeights != nil && len(y.RowWeights) != n {
		want := fmt.Sprintf("%d, one a row, or nil", n)
		return &ShapeError{"Targets.RowWeights", fmt.Sprintf("%d weights", len(y.RowWeights)), want}
	}
	for i, c := range y.Index {
		if c != Ignore && (c < 0 || int(c) >= v) {
			return &TargetError{Row: i, Target: c, V: v}
		}
	}
	for i, r := range y.RowWeights {
		if !(r >= 0 && r <= math.MaxFloat32) {
			return &RowWeightError{Row: i, Weight: r}
		}
	}
	return nil
}

// check validates the targets of n rows, a dense distribution of that many columns.
func (l *Loss) check(y *Targets, n, columns int) error {
	switch {
	case y.Soft != nil && y.Index != nil:
		return &ShapeError{"Targets", "both Index and Soft", "one of them"}
	case y.Soft == nil && y.Index == nil && n > 0:
		return &ShapeError{"Targets", "neither Index nor Soft", fmt.Sprintf("targets of %d rows", n)}
	case y.Soft != nil:
		v := l.v
		if y.Soft.dense() {
			v = columns
		}
		if err := y.Soft.check(n, v, &l.marks); err != nil {
			return err
		}
	}
	return y.checkRows(n, l.v)
}

// Weight returns what [Result.Mean] will divide by, known before the pass: over
// the rows that count, Σ r_i·w_y, or Σ r_i where targets are soft. (One pass sums it
// exactly; adding the weights of several batches rounds once an addition.)
func (l *Loss) Weight(y Targets) (float64, error) {
	n := y.rows()
	if err := l.check(&y, n, y.columns()); err != nil {
		return 0, err
	}
	var sum exact.Sum
	for i := range n {
		if r := y.weight(i); r != 0 {
			sum.Add(r * l.targetWeight(&y, i))
		}
	}
	return sum.Float64(), nil
}

// targetWeight is row i's share of Weight for r = 1.
func (l *Loss) targetWeight(y *Targets, i int) float64 {
	if y.Soft != nil {
		return 1
	}
	return l.classWeight(y.Index[i])
}
