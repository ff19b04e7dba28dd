package gemm

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"xent/internal/par"
	"xent/internal/tensor"
)

// A job is one product on its way. Its tasks are, in this order, the pieces of B
// to pack, when several blocks of rows share them, and the blocks of C.
type job struct {
	be      *backend
	blk     blocking
	grid    grid
	c, a, b tensor.Matrix
	add     bool
	direct  bool // b is read in place: so few rows do not repay packing
	steps   int  // of the kernel for all of k
	depth   int  // most steps at a time

	packed []float32    // all panels of b, one after the other
	pieces int          // pieces that b is packed in, 0 when each block packs for itself
	piece  int          // panels in a piece
	ready  atomic.Int64 // pieces packed

	scratch []scratch // one for each worker
}

// scratch is what one goroutine packs into.
type scratch struct {
	a, b, c, lines []float32
}

var jobs = sync.Pool{New: func() any { return new(job) }}

// release forgets the caller's memory.
func (j *job) release() {
	j.c, j.a, j.b = tensor.Matrix{}, tensor.Matrix{}, tensor.Matrix{}
}

// run cuts B into slabs that can be packed whole, and computes the product of
// each in turn: along k as MulAdd, along n into other columns of C.
func (j *job) run(be *backend, blk blocking, workers int, c, a, b tensor.Matrix, add bool) {
	m, n, k := c.Rows, c.Cols, a.Cols
	// More goroutines than tiles would find nothing to do.
	workers = min(par.Workers(workers), max(1, ceil(m, be.mr)*ceil(n, be.nr)))
	if float64(n)*float64(k)*float64(m+8) < float64(blk.serial) { // 8: even for one row B must be read
		workers = 1
	}
	j.be, j.blk = be, blk
	j.prepare(workers)
	ks := roundUp(max(1, blk.slab/roundUp(min(n, blk.nc), be.nr)), blk.kc) * be.per
	ns := roundUp(min(n, max(blk.nc, blk.slab/ceil(min(k, ks), be.per))), be.nr)
	for lo := 0; lo < n; lo += ns {
		hi := min(lo+ns, n)
		for from := 0; from < k; from += ks {
			to := min(from+ks, k)
			j.c = columns(c, lo, hi)
			j.a = columns(a, from, to)
			j.b = columns(b.Slice(from, to), lo, hi)
			j.add = add || from > 0
			j.product(workers)
		}
	}
}

// columns views columns [lo, hi).
func columns(m tensor.Matrix, lo, hi int) tensor.Matrix { return m.T().Slice(lo, hi).T() }

// product computes one slab's product.
func (j *job) product(workers int) {
	j.grid = plan(j.be, j.blk, j.c.Rows, j.c.Cols, workers, !j.inPlace(j.c.Cols))
	j.steps = ceil(j.b.Rows, j.be.per)
	j.pieces, j.depth = 0, min(j.blk.kc, j.blk.alone)
	if j.grid.rows.parts > 1 {
		j.depth = j.blk.kc
		panel := j.steps * j.be.nr
		panels := ceil(j.b.Cols, j.be.nr)
		j.packed = grow(j.packed, panels*panel)
		j.piece = ceil(1<<14, panel)
		j.pieces = ceil(panels, j.piece)
		j.ready.Store(0)
	}
	j.direct = j.pieces == 0 && j.c.Rows <= 4*j.be.mr && j.be.strided && j.b.DType == tensor.F32 && j.b.RowMajor()
	par.Run(workers, j.pieces+j.grid.rows.parts*j.grid.cols.parts, 1, j)
}

// Do performs tasks [lo, hi). Tasks are taken in order, so whoever waits for the
// pieces of B waits for goroutines that are packing, never for a task not taken.
func (j *job) Do(worker, lo, hi int) {
	s := &j.scratch[worker]
	for t := lo; t < hi; t++ {
		if t < j.pieces {
			j.pack(s, t*j.piece, min((t+1)*j.piece, ceil(j.b.Cols, j.be.nr)))
			continue
		}
		for int(j.ready.Load()) < j.pieces {
			runtime.Gosched()
		}
		i0, i1 := j.grid.rows.part((t - j.pieces) / j.grid.cols.parts)
		j0, j1 := j.grid.cols.part((t - j.pieces) % j.grid.cols.parts)
		j.block(s, i0, i1, j0, j1)
	}
}

// pack packs panels [lo, hi) of B for all blocks.
func (j *job) pack(s *scratch, lo, hi int) {
	defer j.ready.Add(1) // after a panic too, or the others would wait for ever
	nr := j.be.nr
	for q := lo; q < hi; q++ {
		for p := 0; p < j.steps; p += j.depth {
			dst := j.packed[(q*j.steps+p)*nr:]
			j.packSteps(dst, nr, j.b, q*nr, min(nr, j.b.Cols-q*nr), p, min(j.depth, j.steps-p), s.lines)
		}
	}
}

// packSteps packs what the kernel takes in steps [p, p+k) of columns [lo, lo+w) of x,
// which is B or the transpose of A.
func (j *job) packSteps(dst []float32, width int, x tensor.Matrix, lo, w, p, k int, lines []float32) {
	from := p * j.be.per
	j.be.pack(j.be, dst[:k*width], width, x, lo, w, from, min(k*j.be.per, x.Rows-from), lines)
}

// block computes rows [i0, i1) and columns [j0, j1) of C, depth steps at a time.
func (j *job) block(s *scratch, i0, i1, j0, j1 int) {
	nr := j.be.nr
	for p := 0; p < j.steps; p += j.depth {
		k := min(j.depth, j.steps-p)
		a := j.rowPanels(s, i0, i1, p, k, j1-j0)
		for q := j0; q < j1; q += nr {
			j.column(s, a, tileColumn{i0, i1, q, min(nr, j1-q), p, k}, j.next(j0, j1, q, p, k))
		}
	}
}

// rowPanels gives the rows [i0, i1) of A for steps [p, p+k) and w columns of C.
func (j *job) rowPanels(s *scratch, i0, i1, p, k, w int) panels {
	mr := j.be.mr
	if j.inPlace(w) {
		return panels{j.a.Data()[i0*j.a.RowStride+p:], j.a.RowStride, 1, mr * j.a.RowStride}
	}
	// Where rows of Aᵀ lie side by side a cache line of them serves several
	// panels, so a few rows are packed at a time, while their lines are near.
	t, some := j.a.T(), k
	if t.RowMajor() {
		some = 16
	}
	for from := 0; from < k; from += some {
		for i := i0; i < i1; i += mr {
			j.packSteps(s.a[(i-i0)*k+from*mr:], mr, t, i, min(mr, i1-i), p+from, min(some, k-from), s.lines)
		}
	}
	return panels{s.a, 1, mr, mr * k}
}

// inPlace says whether A is read where it lies for w columns of C: not where its
// rows are a multiple of half a page apart, if so many columns repay packing, since
// rows of a tile then compete for a few lines of the first-level cache.
func (j *job) inPlace(w int) bool {
	return j.be.strided && j.a.DType == tensor.F32 && j.a.RowMajor() && (j.a.RowStride%512 != 0 || w < 128)
}

// A tileColumn is rows [i0, i1) and columns [q, q+w), w ≤ nr, of C, and steps
// [p, p+k) of the sum.
type tileColumn struct{ i0, i1, q, w, p, k int }

// column computes a column of tiles.
func (j *job) column(s *scratch, a panels, t tileColumn, next []float32) {
	nr, stride, rows := j.be.nr, j.c.RowStride, t.i1-t.i0
	b, bRow := j.columnPanel(s, t)
	c := j.c.Data()[t.i0*stride+t.q:]
	add := j.add || t.p > 0
	if t.w == nr {
		j.be.kernel(rows, t.k, a, b, bRow, c, stride, add, next)
		return
	}
	// The kernel works on whole tiles, so a narrower column goes through s.c.
	if add {
		for i := range rows {
			copy(s.c[i*nr:][:t.w], c[i*stride:])
		}
	}
	j.be.kernel(rows, t.k, a, b, bRow, s.c, nr, add, next)
	for i := range rows {
		copy(c[i*stride:], s.c[i*nr:][:t.w])
	}
}

// columnPanel gives the columns of B for t, and their stride.
func (j *job) columnPanel(s *scratch, t tileColumn) ([]float32, int) {
	nr := j.be.nr
	switch {
	case j.pieces > 0:
		return j.packed[t.q*j.steps+t.p*nr:], nr
	case j.direct && t.w == nr:
		return j.b.Data()[t.p*j.b.RowStride+t.q:], j.b.RowStride
	}
	j.packSteps(s.b, nr, j.b, t.q, t.w, t.p, t.k, s.lines)
	return s.b, nr
}

// next is the shared panel that block reads after columns q in steps [p, p+k): those
// to the right, or the first ones further down.
func (j *job) next(j0, j1, q, p, k int) []float32 {
	nr := j.be.nr
	switch {
	case j.pieces == 0:
		return nil
	case q+nr < j1:
		return j.packed[(q+nr)*j.steps+p*nr:]
	case p+k < j.steps:
		return j.packed[j0*j.steps+(p+k)*nr:]
	}
	return nil
}

// prepare makes room for every worker.
func (j *job) prepare(workers int) {
	if len(j.scratch) < workers {
		j.scratch = append(j.scratch, make([]scratch, workers-len(j.scratch))...)
	}
	mr, nr, kc := j.be.mr, j.be.nr, j.blk.kc
	for w := range j.scratch[:workers] {
		s := &j.scratch[w]
		s.a = grow(s.a, roundUp(j.blk.mc, mr)*kc)
		s.b = grow(s.b, kc*nr)
		s.c = grow(s.c, roundUp(j.blk.mc, mr)*nr)
		s.lines = grow(s.lines, max(mr, nr)*kc*j.be.per)
	}
}

// grow returns a slice of at least n elements, x itself when it is long enough.
// It starts on a cache line, or every 64-byte load from a panel would touch two.
func grow(x []float32, n int) []float32 {
	if len(x) >= n {
		return x
	}
	const line = 64
	x = make([]float32, n+line/4-1)
	skip := -uintptr(unsafe.Pointer(&x[0])) % line / 4
	return x[skip:][:n]
}
