package xent

import (
	"fmt"

	"xent/internal/kernel"
	"xent/internal/tensor"
)

// Rows asks for values row by row. A nil field is not computed; the others
// must have one element a row, in memory of their own. An ignored row gets NaN, and
// −1 for an index.
//
// NLL, LSE and Entropy are of the transformed logits, capped and divided by the
// temperature; Argmax and Rank of the caller's, which have the same order. Of a
// soft target q, NLL is −Σ q_c·log p_c, and y is the class of the greatest q, the
// lowest among equals.
type Rows struct {
	NLL     []float64 // −log p_y, nats, without weights or smoothing
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

// rank returns the rank of class y in row j of logits.
func (w *reader) rank(logits tensor.Matrix, j int, y int32) int32 {
	switch logits.DType {
	case tensor.F32:
		row := logits.Row(j)
		return 1 + before(row, row[y], 0, y)
	case tensor.F64:
		row := logits.Row64(j)
		return 1 + before(row, row[y], 0, y)
	}
	rank := int32(1)
	logits.Gather(w.half[:1], j, int(y))
	zy := w.half[0]
	for at := 0; at < logits.Cols; at += kernel.Block {
		z := w.half[:min(kernel.Block, logits.Cols-at)]
		logits.Gather(z, j, at)
		rank += before(z, zy, int32(at), y)
	}
	return rank
}

// before counts the classes from lo on whose logits z are ranked before zy, of
// class y.
func before[T kernel.Float](z []T, zy T, lo, y int32) (n int32) {
	lower := z[:min(max(0, int(y-lo)), len(z))]
	for _, v := range lower {
		if v >= zy {
			n++
		}
	}
	for _, v := range z[len(lower):] {
		if v > zy {
			n++
		}
	}
	return n
}
