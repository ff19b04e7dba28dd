package gemm

import (
	"runtime"
	"sync/atomic"

	"xent/internal/tensor"
)

// A slab is a part of a product: some columns of B and C, some of k, as much as is
// packed at once.
type slab struct {
	*job
	c, a, b tensor.Matrix
	add     bool // to what C holds
	follows bool // it goes on with the sums of the slab before
	first   int  // the number of its first task

	grid   grid
	steps  int  // of the kernel for all of k
	depth  int  // most steps at a time
	direct bool // b is read in place

	packed *[]float32   // all panels of b, one after the other
	pieces int          // pieces that b is packed in, 0 when each block packs for itself
	piece  int          // panels in a piece
	ready  atomic.Int64 // pieces packed
	done   atomic.Int64 // blocks computed
}

// plan decides how the slab's product is cut.
func (s *slab) plan(workers int) {
	s.grid = plan(s.be, s.blk, s.c.Rows, s.c.Cols, workers, !s.inPlace(s.c.Cols))
	s.steps = ceil(s.b.Rows, s.be.per)
	s.direct = s.readsB()
	s.pieces, s.depth = 0, min(s.blk.kc, s.blk.alone)
	s.ready.Store(0)
	s.done.Store(0)
	if s.grid.rows.parts > 1 && !s.direct {
		s.depth = s.blk.kc
		panel := s.steps * s.be.nr
		panels := ceil(s.b.Cols, s.be.nr)
		*s.packed = grow(*s.packed, panels*panel)
		s.piece = ceil(1<<14, panel)
		s.pieces = ceil(panels, s.piece)
	}
}

// readsB says whether B is read where it lies: where so few rows do not repay
// packing, or it is small enough for a second-level cache or two, and its rows do not
// compete for a few lines of it. Packing it would make all workers wait for each other.
func (s *slab) readsB() bool {
	const few, small = 4, 1 << 19 // tiles down C, floats
	b := &s.b
	return s.be.strided && b.DType == tensor.F32 && b.RowMajor() &&
		(s.c.Rows <= few*s.be.mr || b.RowStride%512 != 0 && b.Rows*b.Cols <= small)
}

// blocks is how many blocks of C there are.
func (s *slab) blocks() int { return s.grid.rows.parts * s.grid.cols.parts }

// wait waits until count has come to n.
func (s *slab) wait(count *atomic.Int64, n int) {
	for int(count.Load()) < n {
		runtime.Gosched()
	}
}

// pack packs a piece of B for all blocks.
func (s *slab) pack(w *scratch, piece int) {
	defer s.ready.Add(1) // after a panic too, or the others would wait for ever
	nr := s.be.nr
	for q := piece * s.piece; q < min((piece+1)*s.piece, ceil(s.b.Cols, nr)); q++ {
		for p := 0; p < s.steps; p += s.depth {
			dst := (*s.packed)[(q*s.steps+p)*nr:]
			s.packSteps(dst, nr, s.b, q*nr, min(nr, s.b.Cols-q*nr), p, min(s.depth, s.steps-p), w.lines)
		}
	}
}

// compute computes a block of C.
func (s *slab) compute(w *scratch, block int) {
	defer s.done.Add(1)
	i0, i1 := s.grid.rows.part(block / s.grid.cols.parts)
	j0, j1 := s.grid.cols.part(block % s.grid.cols.parts)
	s.block(w, i0, i1, j0, j1)
}

// packSteps packs what the kernel takes in steps [p, p+k) of columns [lo, lo+w) of x,
// which is B or the transpose of A.
func (s *slab) packSteps(dst []float32, width int, x tensor.Matrix, lo, w, p, k int, lines []float32) {
	from := p * s.be.per
	s.be.pack(s.be, dst[:k*width], width, x, lo, w, from, min(k*s.be.per, x.Rows-from), lines)
}

// block computes rows [i0, i1) and columns [j0, j1) of C, depth steps at a time.
func (s *slab) block(w *scratch, i0, i1, j0, j1 int) {
	nr := s.be.nr
	for p := 0; p < s.steps; p += s.depth {
		k := min(s.depth, s.steps-p)
		a := s.rowPanels(w, i0, i1, p, k, j1-j0)
		for q := j0; q < j1; q += nr {
			s.column(w, a, tileColumn{i0, i1, q, min(nr, j1-q), p, k}, s.next(j0, j1, q, p, k))
		}
	}
}

// rowPanels gives the rows [i0, i1) of A for steps [p, p+k) and so many columns
// of C.
func (s *slab) rowPanels(w *scratch, i0, i1, p, k, cols int) panels {
	mr := s.be.mr
	if s.inPlace(cols) {
		a := s.a
		return panels{a.Data()[i0*a.RowStride+p*a.ColStride:], a.RowStride, a.ColStride, mr * a.RowStride}
	}
	// Where rows of Aᵀ lie side by side a cache line of them serves several
	// panels, so a few rows are packed at a time, while their lines are near.
	t, some := s.a.T(), k
	if t.RowMajor() {
		some = 16
	}
	for from := 0; from < k; from += some {
		for i := i0; i < i1; i += mr {
			s.packSteps(w.a[(i-i0)*k+from*mr:], mr, t, i, min(mr, i1-i), p+from, min(some, k-from), w.lines)
		}
	}
	return panels{w.a, 1, mr, mr * k}
}

// inPlace says whether A is read where it lies for so many columns of C: as it is
// unless its rows are a multiple of half a page apart and packing repays, since rows of
// a tile then compete for a few lines of the first-level cache; and likewise transposed,
// when each step in p reads a line of its own.
func (s *slab) inPlace(cols int) bool {
	a := &s.a
	if !s.be.strided || a.DType != tensor.F32 {
		return false
	}
	if a.RowMajor() {
		return a.RowStride%512 != 0 || cols < 128
	}
	return a.ColStride%512 != 0
}

// A tileColumn is rows [i0, i1) and columns [q, q+w), w ≤ nr, of C, and steps
// [p, p+k) of the sum.
type tileColumn struct{ i0, i1, q, w, p, k int }

// column computes a column of tiles.
func (s *slab) column(w *scratch, a panels, t tileColumn, next []float32) {
	nr, stride, rows := s.be.nr, s.c.RowStride, t.i1-t.i0
	b, bRow := s.columnPanel(w, t)
	c := s.c.Data()[t.i0*stride+t.q:]
	add := s.add || t.p > 0
	if t.w == nr {
		s.be.kernel(rows, t.k, a, b, bRow, c, stride, add, next)
		return
	}
	// The kernel works on whole tiles, so a narrower column goes through w.c.
	if add {
		for i := range rows {
			copy(w.c[i*nr:][:t.w], c[i*stride:])
		}
	}
	s.be.kernel(rows, t.k, a, b, bRow, w.c, nr, add, next)
	for i := range rows {
		copy(c[i*stride:], w.c[i*nr:][:t.w])
	}
}

// columnPanel gives the columns of B for t, and their stride.
func (s *slab) columnPanel(w *scratch, t tileColumn) ([]float32, int) {
	nr := s.be.nr
	switch {
	case s.pieces > 0:
		return (*s.packed)[t.q*s.steps+t.p*nr:], nr
	case s.direct && t.w == nr:
		return s.b.Data()[t.p*s.b.RowStride+t.q:], s.b.RowStride
	}
	s.packSteps(w.b, nr, s.b, t.q, t.w, t.p, t.k, w.lines)
	return w.b, nr
}

// next is the shared panel that block reads after columns q in steps [p, p+k): those
// to the right, or the first ones further down.
func (s *slab) next(j0, j1, q, p, k int) []float32 {
	nr := s.be.nr
	switch {
	case s.pieces == 0:
		return nil
	case q+nr < j1:
		return (*s.packed)[(q+nr)*s.steps+p*nr:]
	case p+k < s.steps:
		return (*s.packed)[j0*s.steps+(p+k)*nr:]
	}
	return nil
}
