package xent

import (
	"fmt"
	"math"
)

// Ignore is the target of a row that does not exist: padding, a prompt that is
// not learnt, the first token of a text.
const Ignore int32 = -100

// Targets says what really came, row by row.
type Targets struct {
	// Index holds each row's class in [0, V), or Ignore.
	Index []int32
	// RowWeights multiplies each row's loss, gradient and share of the mean; finite and
	// ≥ 0; nil means 1. A row of weight 0 is treated as ignored.
	RowWeights []float32
}

// weight returns r_i, 0 for an ignored row.
func (y Targets) weight(i int) float64 {
	switch {
	case y.Index[i] == Ignore:
		return 0
	case y.RowWeights == nil:
		return 1
	}
	return float64(y.RowWeights[i])
}

// check validates the targets of n rows.
func (l *Loss) check(y Targets, n int) error {
	if len(y.Index) != n {
		return &ShapeError{"Targets.Index", fmt.Sprintf("%d targets", len(y.Index)), fmt.Sprintf("%d, one a row", n)}
	}
	if y.RowWeights != nil && len(y.RowWeights) != n {
		want := fmt.Sprintf("%d, one a row, or nil", n)
		return &ShapeError{"Targets.RowWeights", fmt.Sprintf("%d weights", len(y.RowWeights)), want}
	}
	for i, c := range y.Index {
		if c != Ignore && (c < 0 || int(c) >= l.v) {
			return &TargetError{Row: i, Target: c, V: l.v}
		}
	}
	for i, r := range y.RowWeights {
		if !(r >= 0 && r <= math.MaxFloat32) {
			return &RowWeightError{Row: i, Weight: r}
		}
	}
	return nil
}

// Rows asks for values row by row. A nil field is not computed; the others
// must have one element a row. An ignored row gets NaN, and −1 for an index.
type Rows struct {
	NLL     []float64 // −log p_y, nats, without any weight
	LSE     []float64 // log Σ exp z_c, nats
	Entropy []float64 // −Σ p log p of the row's distribution, nats
	Argmax  []int32   // class of the greatest logit, the lowest index among equals; −1 in a NaN row
	Rank    []int32   // 1 + #{c: z_c > z_y} + #{c < y: z_c = z_y}; 0 in a NaN row
}

func (r *Rows) check(n int) error {
	if r == nil {
		return nil
	}
	for _, f := range []struct {
		name string
		nil  bool
		len  int
	}{
		{"NLL", r.NLL == nil, len(r.NLL)}, {"LSE", r.LSE == nil, len(r.LSE)}, {"Entropy", r.Entropy == nil, len(r.Entropy)},
		{"Argmax", r.Argmax == nil, len(r.Argmax)}, {"Rank", r.Rank == nil, len(r.Rank)},
	} {
		if !f.nil && f.len != n {
			return &ShapeError{"Rows." + f.name, fmt.Sprintf("%d elements", f.len), fmt.Sprintf("%d, one a row, or nil", n)}
		}
	}
	return nil
}

func (r *Rows) wantsRank() bool { return r != nil && r.Rank != nil }

// set writes the values of row i.
func (r *Rows) set(i int, v *values) {
	if r == nil {
		return
	}
	if r.NLL != nil {
		r.NLL[i] = v.nll
	}
	if r.LSE != nil {
		r.LSE[i] = v.lse
	}
	if r.Entropy != nil {
		r.Entropy[i] = v.entropy
	}
	if r.Argmax != nil {
		r.Argmax[i] = v.argmax
	}
	if r.Rank != nil {
		r.Rank[i] = v.rank
	}
}

// Weight returns Σ r_i·w_y over the rows that count: what [Result.Mean] will
// divide by, known before the pass. (One pass sums it exactly; adding the
// weights of several batches rounds once an addition.)
func (l *Loss) Weight(y Targets) (float64, error) {
	if err := l.check(y, len(y.Index)); err != nil {
		return 0, err
	}
	var t Total
	for i, c := range y.Index {
		if r := y.weight(i); r != 0 {
			t.weight.Add(r * l.classWeight(c))
		}
	}
	return t.weight.Float64(), nil
}
