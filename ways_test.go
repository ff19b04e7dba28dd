package xent

import (
	"math"
	"slices"
)

// rowWeight is r_i, 0 for a row that does not count.
func (b *batch) rowWeight(i int) float64 {
	s := b.y.Soft
	switch {
	case s == nil && b.y.Index[i] == Ignore:
		return 0
	case s != nil && s.K > 0 && !slices.ContainsFunc(s.Index[i*s.K:(i+1)*s.K], func(c int32) bool { return c != Ignore }):
		return 0
	case b.y.RowWeights != nil:
		return float64(b.y.RowWeights[i])
	}
	return 1
}

// otherWays: the loss alone, the gradient in place, and gradients of 16 bits are
// those of the pass with a gradient apart.
func (k *checker) otherWays(o outcome) {
	b := k.b
	var total Total
	rows := newRows(b.n)
	k.must(k.l.Forward(&total, b.logits.matrix(b.n, b.v), b.y, rows))
	k.sameOutcome("the loss alone", total.Result(), rows, o)

	want := newArray(k.storage, b.n*b.v) // rounded once more where that has 16 bits
	for i := range b.n * b.v {
		want.set(i, o.grad.at(i))
	}
	if k.storage != o.grad.storage {
		if at := k.gradient(b, k.storage).grad.same(want); at >= 0 {
			k.errorf("element %d of the gradient in %v is not the rounded one", at, k.storage)
		}
	}
	total.Reset()
	inPlace, rows := b.logits.clone(), newRows(b.n)
	m := inPlace.matrix(b.n, b.v)
	k.must(k.l.Gradient(&total, m, b.y, rows, k.scale, m))
	k.sameOutcome("in place", total.Result(), rows, o)
	if at := inPlace.same(want); at >= 0 {
		k.errorf("element %d of the gradient in place is %v, want %v", at, inPlace.at(at), want.at(at))
	}
}

// inParts: rows by themselves have the bits they have in the batch, and the
// totals are the exact sums of the rows' own.
func (k *checker) inParts(o outcome) {
	b := k.b
	rows, grad := newRows(b.n), newArray(o.grad.storage, b.n*b.v)
	var merged Total
	terms := map[string][]float64{}
	for i := range b.n {
		var one Total
		part := &Rows{rows.NLL[i : i+1], rows.LSE[i : i+1], rows.Entropy[i : i+1], rows.Argmax[i : i+1], rows.Rank[i : i+1]}
		k.must(k.l.Gradient(&one, b.logits.matrix(b.n, b.v).Rows(i, i+1), b.part(i, i+1), part, k.scale, grad.matrix(b.n, b.v).Rows(i, i+1)))
		if r := b.rowWeight(i); r > 0 {
			k.ownValues(i, r, one.Result(), rows)
		}
		for name, x := range sumsOf(one.Result()) {
			terms[name] = append(terms[name], x)
		}
		merged.Merge(&one)
	}
	got := merged.Result()
	got.FirstNonFinite = o.result.FirstNonFinite // counted within its call
	k.sameOutcome("row after row", got, rows, o)
	if at := grad.same(o.grad); at >= 0 {
		k.errorf("element %d of the gradient differs when rows come one by one", at)
	}
	for name, x := range sumsOf(o.result) {
		if want := exactly(terms[name]); !alike(x, want) {
			k.errorf("%s is %v, the exact sum of the rows' own is %v", name, x, want)
		}
	}
	if w, err := k.l.Weight(b.y); err != nil || w != o.result.Weight {
		k.errorf("Weight says %v %v, the pass %v", w, err, o.result.Weight)
	}
}

func sumsOf(r Result) map[string]float64 {
	return map[string]float64{
		"Sum": r.Sum, "NLL": r.NLL, "Smoothing": r.Smoothing, "ZLoss": r.ZLoss,
		"Weight": r.Weight, "RowWeight": r.RowWeight, "Entropy": r.Entropy,
	}
}

// ownValues compares a total of one row with the row.
func (k *checker) ownValues(i int, r float64, got Result, rows *Rows) {
	w := 1.0
	if k.target == index && k.classWeights {
		w = float64(k.b.classW[k.b.y.Index[i]])
	}
	if !alike(got.NLL, r*rows.NLL[i]) || !alike(got.Entropy, rows.Entropy[i]) || got.RowWeight != r || got.Weight != r*w || got.Count != 1 {
		k.errorf("row %d by itself has the total %+v, nll %v, entropy %v", i, got, rows.NLL[i], rows.Entropy[i])
	}
	if got.NonFinite > 0 && got.Correct > 0 {
		k.errorf("row %d is correct and not finite", i)
	}
	if k.zeta == 0 && got.ZLoss != 0 && !math.IsNaN(got.ZLoss) || k.epsilon == 0 && got.Smoothing != 0 && !math.IsNaN(got.Smoothing) {
		k.errorf("row %d has parts of the loss that nobody asked for: %+v", i, got)
	}
}

// withoutIgnored: deleting the rows that do not count, and padding those that do,
// changes nothing. The gradient in place leaves the padding as it is.
func (k *checker) withoutIgnored(o outcome) {
	kept := slices.DeleteFunc(allRows(k.b.n), func(i int) bool { return k.b.rowWeight(i) == 0 })
	p := k.b.pick(kept)
	stride := p.v + 3
	wide, rows := newArray(k.storage, p.n*stride), newRows(p.n)
	for i := range p.n * stride {
		wide.set(i, math.NaN())
	}
	for j := range p.n {
		wide.copyRow(j*stride, p.logits, j*p.v, p.v)
	}
	var total Total
	m := wide.matrix(p.n, stride).Columns(0, p.v)
	k.must(k.l.Gradient(&total, m, p.y, rows, k.scale, m))
	got := total.Result()
	got.FirstNonFinite = o.result.FirstNonFinite
	if len(kept) > 0 {
		k.sameValues("a batch without ignored rows", rows, o.rows, kept)
	}
	want := newArray(k.storage, p.n*stride)
	for j, i := range kept {
		for c := range stride {
			x := math.NaN()
			if c < p.v {
				x = o.grad.at(i*p.v + c)
			}
			want.set(j*stride+c, x)
		}
	}
	if at := wide.same(want); at >= 0 {
		k.errorf("element %d of a padded gradient without ignored rows is %v, want %v", at, wide.at(at), want.at(at))
	}
	if first := o.result.FirstNonFinite; first >= 0 && kept[total.Result().FirstNonFinite] != first {
		k.errorf("the first row that is not finite is %d, want %d", kept[total.Result().FirstNonFinite], first)
	}
	for name, x := range sumsOf(got) {
		if !alike(x, sumsOf(o.result)[name]) {
			k.errorf("%s is %v without ignored rows, %v with them", name, x, sumsOf(o.result)[name])
		}
	}
}

// nothingCounts: when every row is ignored the gradient is 0, whatever the scale.
func (k *checker) nothingCounts() {
	b := *k.b
	b.y.RowWeights = make([]float32, b.n)
	grad := b.logits.clone()
	var total Total
	weight, err := k.l.Weight(b.y)
	k.must(err)
	k.must(k.l.Gradient(&total, grad.matrix(b.n, b.v), b.y, nil, 1/weight, grad.matrix(b.n, b.v)))
	if r := total.Result(); r.Count != 0 || !math.IsNaN(r.Mean()) || !math.IsNaN(r.Perplexity()) || r.FirstNonFinite != -1 || r.Sum != 0 {
		k.errorf("nothing counts, and yet %+v", r)
	}
	if at := grad.same(newArray(k.storage, b.n*b.v)); at >= 0 {
		k.errorf("nothing counts, and yet element %d of the gradient is %v", at, grad.at(at))
	}
}
