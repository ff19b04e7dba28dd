package xent

import (
	"math"

	"xent/internal/gemm"
	"xent/internal/par"
	"xent/internal/tensor"
)

// filter leaves the small elements out of a row's gradient, of which the loss has
// the coefficient scale·r, and returns the sum of their magnitudes.
func filter(grad []float32, below float64) (sum float64) {
	for c, g := range grad {
		if a := math.Abs(float64(g)); a < below {
			sum += a
			grad[c] = 0
		}
	}
	return sum
}

// A compaction keeps the classes of a strip of gradients that are not 0
// throughout, so that products go over these alone.
type compaction struct {
	grad    tensor.Matrix // R×V
	keep    []bool        // of each class
	classes []int32       // that are kept, increasing
	weights []float32     // their rows of the classifier
	sums    []float32     // their rows of its gradient
	moving  bool
}

// Do implements par.Task: over classes it finds those to keep, and, when moving,
// over rows it moves them to the front.
func (c *compaction) Do(_, lo, hi int) {
	if c.moving {
		for i := lo; i < hi; i++ {
			row := c.grad.Row(i)
			for k, class := range c.classes {
				row[k] = row[class]
			}
		}
		return
	}
	keep := c.keep[lo:hi]
	clear(keep)
	for i := range c.grad.Rows {
		for k, g := range c.grad.Row(i)[lo:hi] {
			keep[k] = keep[k] || g != 0
		}
	}
}

// filteredProducts are the products of gradientStrip over the classes that the
// filter has left: dHidden = G·C and dC += Gᵀ·H, some classes at a time.
func (lp *linearPass) filteredProducts(p *pass, grad, hidden tensor.Matrix, lo, hi int) {
	c, v := &lp.filter, p.l.v
	c.grad, c.keep, c.classes, c.moving = grad, grow(&c.keep, v), c.classes[:0], false
	par.Run(p.workers, v, rowGrain(grad.Rows), c)
	for class, keep := range c.keep {
		if keep {
			c.classes = append(c.classes, int32(class))
		}
	}
	c.moving = true
	par.Run(p.workers, grad.Rows, rowGrain(v), c)

	var out tensor.Matrix
	if !lp.g.Hidden.isZero() {
		out = lp.hiddenRows(lo, hi)
		for i := range out.Rows {
			clear(out.Row(i))
		}
	}
	chunk := p.l.filterClasses(lp.d)
	for from := 0; from < len(c.classes); from += chunk {
		classes := c.classes[from:min(from+chunk, len(c.classes))]
		g := grad.Columns(from, from+len(classes))
		if out.Rows > 0 {
			weights := tensor.Float32(grow(&c.weights, len(classes)*lp.d), len(classes), lp.d)
			for k, class := range classes {
				lp.h.Classifier.t.Gather(weights.Row(k), int(class), 0)
			}
			gemm.MulAdd(p.workers, out, g, weights)
		}
		if !lp.g.Classifier.isZero() {
			c.addRows(p.workers, lp.g.Classifier.t, classes, g, hidden)
		}
	}
	if out.Rows > 0 {
		lp.scatterHidden(out, lo, hi)
	}
	c.grad = tensor.Matrix{}
}

// addRows adds gᵀ·hidden to those rows of sum.
func (c *compaction) addRows(workers int, sum tensor.Matrix, classes []int32, g, hidden tensor.Matrix) {
	rows := tensor.Float32(grow(&c.sums, len(classes)*sum.Cols), len(classes), sum.Cols)
	for k, class := range classes {
		copy(rows.Row(k), sum.Row(int(class)))
	}
	gemm.MulAdd(workers, rows, g.T(), hidden)
	for k, class := range classes {
		copy(sum.Row(int(class)), rows.Row(k))
	}
}

// filterClasses is how many classes a quarter of the workspace gathers.
func (l *Loss) filterClasses(d int) int {
	return int(max(1, min(int64(l.v), l.o.Workspace/16/int64(2*max(d, 1)))))
}
