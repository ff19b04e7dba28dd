package xent

import (
	"math"

	"xent/internal/exact"
)

// A Total accumulates the losses of any number of passes without rounding.
// The zero value is empty. Nothing of it is safe for concurrent use, not even
// Result: give each goroutine its own and Merge them; the order makes no
// difference.
type Total struct {
	sum, nll, weight, rowWeight, entropy exact.Sum
	count, correct, nonFinite            int
	first                                int // 1 + FirstNonFinite; 0 for none
}

// Reset empties the total.
func (t *Total) Reset() { *t = Total{} }

// Merge adds all that u holds; u keeps its value, though not its form.
func (t *Total) Merge(u *Total) {
	t.sum.Merge(&u.sum)
	t.nll.Merge(&u.nll)
	t.weight.Merge(&u.weight)
	t.rowWeight.Merge(&u.rowWeight)
	t.entropy.Merge(&u.entropy)
	t.count += u.count
	t.correct += u.correct
	t.nonFinite += u.nonFinite
	t.note(u.first)
}

// note keeps the lowest of the rows that were not finite.
func (t *Total) note(first int) {
	if first != 0 && (t.first == 0 || first < t.first) {
		t.first = first
	}
}

// add counts row i with row weight r and class weight w.
func (t *Total) add(i int, v *values, r, w float64) {
	if w != 0 || !math.IsInf(v.nll, 1) { // 0·∞ is 0
		t.sum.Add(r * w * v.nll)
	}
	t.nll.Add(r * v.nll)
	t.weight.Add(r * w)
	t.rowWeight.Add(r)
	t.entropy.Add(v.entropy)
	t.count++
	if v.correct {
		t.correct++
	}
	if math.IsNaN(v.nll) || math.IsInf(v.nll, 0) {
		t.nonFinite++
		t.note(i + 1)
	}
}

// Result reads the total. Sums are exact until this one rounding. NaN in any
// row makes its sums NaN; otherwise an infinite row makes them +∞.
func (t *Total) Result() Result {
	return Result{
		Sum: t.sum.Float64(), NLL: t.nll.Float64(),
		Weight: t.weight.Float64(), RowWeight: t.rowWeight.Float64(), Entropy: t.entropy.Float64(),
		Count: t.count, Correct: t.correct, NonFinite: t.nonFinite, FirstNonFinite: t.first - 1,
	}
}

// A Result is the loss over the rows that counted, in nats.
type Result struct {
	Sum       float64 // Σ r·w_y·nll: the objective
	NLL       float64 // Σ r·nll: no class weights
	Weight    float64 // Σ r·w_y: what Mean divides by
	RowWeight float64 // Σ r: what Perplexity and Bits divide by
	Entropy   float64 // Σ entropy of the predicted distributions, unweighted
	Count     int     // rows not ignored
	Correct   int     // of them, those whose target has the greatest logit (the lowest index among equals)
	NonFinite int     // of them, those whose nll is NaN or +∞
	// FirstNonFinite is the lowest index of a row whose nll is not finite; −1 if
	// there is none. Indices count within a pass, so it says where only for a
	// Total of one pass.
	FirstNonFinite int
}

// Mean returns Sum/Weight, the weighted mean loss in nats; NaN when nothing
// was counted, or only rows of class weight 0.
func (r Result) Mean() float64 { return r.Sum / r.Weight }

// Perplexity returns exp(NLL/RowWeight); NaN when nothing was counted.
func (r Result) Perplexity() float64 { return math.Exp(r.NLL / r.RowWeight) }

// Bits returns NLL/RowWeight in bits a row; NaN when nothing was counted.
func (r Result) Bits() float64 { return r.NLL / r.RowWeight / math.Ln2 }
