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
	sums                      [sums]exact.Sum
	count, correct, nonFinite int
	first                     int // 1 + FirstNonFinite; 0 for none
}

// What a Total adds up. The order is part of AppendBinary's form.
const (
	objective = iota
	nll
	smoothing
	zLoss
	weight
	rowWeight
	entropy
	filtered
	divergence
	sums
)

// Reset empties the total.
func (t *Total) Reset() { *t = Total{} }

// Merge adds all that u holds; u keeps its value, though not its form.
func (t *Total) Merge(u *Total) {
	for i := range t.sums {
		t.sums[i].Merge(&u.sums[i])
	}
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

// add counts row i with row weight r and the target's class weight w.
func (t *Total) add(i int, v *values, r, w float64) {
	t.sums[objective].Add(r * v.objective)
	t.sums[nll].Add(r * v.nll)
	t.sums[smoothing].Add(r * v.smoothing)
	t.sums[zLoss].Add(r * v.zloss)
	t.sums[weight].Add(r * w)
	t.sums[rowWeight].Add(r)
	t.sums[entropy].Add(v.entropy)
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
	read := func(i int) float64 { return t.sums[i].Float64() }
	return Result{
		Sum: read(objective), NLL: read(nll), Smoothing: read(smoothing), ZLoss: read(zLoss), Divergence: read(divergence),
		Weight: read(weight), RowWeight: read(rowWeight), Entropy: read(entropy), FilterBound: read(filtered),
		Count: t.count, Correct: t.correct, NonFinite: t.nonFinite, FirstNonFinite: t.first - 1,
	}
}

// A Result is the loss over the rows that counted, in nats. r is a row's weight,
// w_y the class weight of its target, 1 where targets are soft.
type Result struct {
	Sum        float64 // the objective: with class weights, smoothing and z-loss, times r
	NLL        float64 // Σ r·nll: no class weights, smoothing or z-loss; NaN of a Divergence without Index
	Smoothing  float64 // Σ r·(ε/V)·Σ_c w_c·(−log p_c): a part of Sum
	ZLoss      float64 // Σ r·ζ·lse²: a part of Sum
	Divergence float64 // Σ r·D of a [Divergence], without its factors
	Weight     float64 // Σ r·w_y: what Mean divides by
	RowWeight  float64 // Σ r: what Perplexity and Bits divide by
	Entropy    float64 // Σ entropy of the predicted distributions, unweighted
	// FilterBound is Σ |g| over the elements of the logits' gradient that
	// Options.FilterBelow left out of the products: no element of a row of dHidden
	// is off by more than that times the greatest |classifier| element, and
	// dClassifier likewise with hidden.
	FilterBound float64
	Count       int // rows not ignored
	Correct     int // of them, those whose target has the greatest logit (the lowest index among equals)
	NonFinite   int // of them, those whose nll, or divergence, is NaN or +∞
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
