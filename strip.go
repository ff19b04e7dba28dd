package xent

import (
	"xent/internal/gemm"
	"xent/internal/kernel"
	"xent/internal/par"
	"xent/internal/tensor"
)

// A linearPass is the part of a pass that cuts hidden × classifier into strips
// of rows. Only the rows that count are in it.
type linearPass struct {
	h    Linear
	g    LinearGrad
	d    int
	kept []int // rows of the call that count, increasing

	logits  []float32       // a strip or tile of logits, then their gradient
	gather  []float32       // rows of hidden that do not lie together
	scatter []float32       // their gradient
	states  []rowState      // rows of a strip, while tiles of classes go by
	lists   [][]listedClass // of their top-k targets
	tile    tileTask
	bias    biasTask
	filter  compaction
}

// begin lists the rows that count and settles those that do not.
func (lp *linearPass) begin(p *pass, h Linear, g LinearGrad) {
	lp.h, lp.g = h, g
	_, lp.d = h.Hidden.Dims()
	lp.kept = lp.kept[:0]
	for i := range p.y.rows() {
		if p.y.weight(i) != 0 {
			lp.kept = append(lp.kept, i)
			continue
		}
		p.rows.set(i, &ignoredRow)
		if !g.Hidden.isZero() {
			clear(g.Hidden.t.Row(i))
		}
	}
}

// released keeps only the scratch.
func (lp *linearPass) released() linearPass {
	f := &lp.filter
	return linearPass{kept: lp.kept[:0], filter: compaction{keep: f.keep, classes: f.classes, weights: f.weights, sums: f.sums}, states: lp.states, lists: lp.lists, logits: lp.logits, gather: lp.gather, scatter: lp.scatter}
}

// stripRows is how many rows of whole logits, each with a gathered row and its
// gradient, the workspace holds beside what products pack.
func (l *Loss) stripRows(n, d int) int {
	room := l.o.Workspace
	room -= min(room/2, max(gemm.Scratch(l.o.Workers, l.v, d), gemm.Scratch(l.o.Workers, d, l.v)))
	if l.o.FilterBelow > 0 {
		room -= room / 4 // for gathered classes
	}
	return int(max(1, min(int64(n), room/4/int64(l.v+2*d))))
}

// gradientStrip passes over kept rows [lo, hi): logits, their gradient in
// place, and the products with it.
func (lp *linearPass) gradientStrip(p *pass, lo, hi int) {
	l, workers := p.l, p.workers
	hidden := lp.hidden(lo, hi)
	z := tensor.Float32(grow(&lp.logits, (hi-lo)*l.v), hi-lo, l.v)
	lp.product(workers, z, hidden, lp.h.Classifier.t, lp.h.Bias)

	p.logits, p.grad, p.kept = z, z, lp.kept[lo:hi]
	p.run(hi - lo)

	if lp.g.Bias != nil {
		lp.bias = biasTask{grad: z, bias: lp.g.Bias}
		par.Run(workers, l.v, rowGrain(hi-lo), &lp.bias)
	}
	if l.o.FilterBelow > 0 {
		lp.filteredProducts(p, z, hidden, lo, hi)
		return
	}
	if !lp.g.Hidden.isZero() {
		out := lp.hiddenRows(lo, hi)
		gemm.Mul(workers, out, z, lp.h.Classifier.t)
		lp.scatterHidden(out, lo, hi)
	}
	if !lp.g.Classifier.isZero() {
		gemm.MulAdd(workers, lp.g.Classifier.t, z.T(), hidden)
	}
}

// product sets z = bias + hidden·classifierᵀ.
func (lp *linearPass) product(workers int, z, hidden, classifier tensor.Matrix, bias []float32) {
	if bias == nil {
		gemm.Mul(workers, z, hidden, classifier.T())
		return
	}
	for i := range z.Rows {
		copy(z.Row(i), bias)
	}
	gemm.MulAdd(workers, z, hidden, classifier.T())
}

// together reports whether kept rows [lo, hi) are consecutive rows of the call.
func (lp *linearPass) together(lo, hi int) bool {
	return lp.kept[hi-1]-lp.kept[lo] == hi-1-lo
}

// hidden returns kept rows [lo, hi) of the hidden states, (hi−lo)×D.
func (lp *linearPass) hidden(lo, hi int) tensor.Matrix {
	h := lp.h.Hidden.t
	if lp.together(lo, hi) {
		return h.Slice(lp.kept[lo], lp.kept[hi-1]+1)
	}
	m := tensor.Float32(grow(&lp.gather, (hi-lo)*lp.d), hi-lo, lp.d)
	for j, i := range lp.kept[lo:hi] {
		h.Gather(m.Row(j), i, 0)
	}
	return m
}

// hiddenRows returns where the gradient of kept rows [lo, hi) of hidden is
// computed: in place, or apart where the rows do not lie together.
func (lp *linearPass) hiddenRows(lo, hi int) tensor.Matrix {
	if lp.together(lo, hi) {
		return lp.g.Hidden.t.Slice(lp.kept[lo], lp.kept[hi-1]+1)
	}
	return tensor.Float32(grow(&lp.scatter, (hi-lo)*lp.d), hi-lo, lp.d)
}

// scatterHidden brings what hiddenRows returned to where it belongs.
func (lp *linearPass) scatterHidden(m tensor.Matrix, lo, hi int) {
	if lp.together(lo, hi) {
		return
	}
	for j, i := range lp.kept[lo:hi] {
		copy(lp.g.Hidden.t.Row(i), m.Row(j))
	}
}

// A biasTask adds the columns of grad to bias, row by row.
type biasTask struct {
	grad tensor.Matrix
	bias []float32
}

// Do implements par.Task over columns.
func (t *biasTask) Do(_, lo, hi int) {
	bias := t.bias[lo:hi]
	for i := range t.grad.Rows {
		for c, g := range t.grad.Row(i)[lo:hi] {
			bias[c] += g
		}
	}
}

// Forward alone needs no whole row at a time: tiles of tileElements logits
// stay in cache, and the rows' states take them one after another.
const (
	tileElements = 1 << 20
	tileRows     = 512
)

// forwardTiles returns how many rows a strip and how many classes a tile has.
// Only a rank needs the whole row.
func (l *Loss) forwardTiles(n, d int, whole bool) (rows, classes int) {
	if whole {
		return l.stripRows(n, d), l.v
	}
	budget := int(min(tileElements, l.o.Workspace/4))
	rows = max(1, min(n, tileRows, budget/(kernel.Block+d)))
	blocks := max(1, (budget/rows-d)/kernel.Block)
	return rows, min(l.v, blocks*kernel.Block)
}

// forwardStrip passes over kept rows [lo, hi), classes at a time.
func (lp *linearPass) forwardStrip(p *pass, lo, hi, classes int) {
	l, workers, n := p.l, p.workers, hi-lo
	hidden := lp.hidden(lo, hi)
	lp.tile = tileTask{p: p, kept: lp.kept[lo:hi], states: grow(&lp.states, n), lists: grow(&lp.lists, n)}
	w := p.readers[0]
	for j, i := range lp.tile.kept {
		lp.tile.states[j].start()
		w.begin(p.target(i), &lp.tile.lists[j])
	}
	for c := 0; c < l.v; c += classes {
		width := min(classes, l.v-c)
		z := tensor.Float32(grow(&lp.logits, n*width), n, width)
		bias := lp.h.Bias
		if bias != nil {
			bias = bias[c : c+width]
		}
		lp.product(workers, z, hidden, lp.h.Classifier.t.Slice(c, c+width), bias)
		p.logits, lp.tile.class, lp.tile.last = z, c, c+width == l.v
		par.Run(workers, n, rowGrain(width), &lp.tile)
	}
	lp.tile = tileTask{}
}

// A tileTask shows a tile of logits to the states of its rows, and after the
// last tile counts them.
type tileTask struct {
	p      *pass
	kept   []int
	states []rowState
	lists  [][]listedClass
	class  int // of the tile's first column
	last   bool
}

// Do implements par.Task over rows.
func (t *tileTask) Do(worker, lo, hi int) {
	w := t.p.readers[worker]
	for j := lo; j < hi; j++ {
		i := t.kept[j]
		w.t, w.listed = t.p.target(i), t.lists[j]
		w.take(&t.states[j], t.p.logits, j, t.class)
		if t.last {
			w.settle(&t.states[j])
			t.p.count(worker, &t.states[j], i, j)
		}
	}
}

// grow returns n elements of *buf, which it enlarges when needed; what they
// hold is undefined.
func grow[T any](buf *[]T, n int) []T {
	if cap(*buf) < n {
		*buf = make([]T, n)
	}
	return (*buf)[:n]
}
