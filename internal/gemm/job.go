package gemm

import (
	"sync"

	"xent/internal/par"
	"xent/internal/tensor"
)

// A job is one product on its way. Blocks of C are its tasks.
type job struct {
	be      *backend
	blk     blocking
	grid    grid
	c, a, b tensor.Matrix
	add     bool
	packed  []float32 // panels of all of b, when several row blocks share them
	shared  bool
	direct  bool // b can be read in place
	pack    packJob
	scratch []scratch // one for each worker
}

// scratch is what one goroutine packs into.
type scratch struct {
	a, b, c, line []float32
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
	workers = par.Workers(workers)
	if m*n*k < blk.serial {
		workers = 1
	}
	j.be, j.blk = be, blk
	j.prepare(workers)
	ks := min(k, max(blk.kc, blk.slab/roundUp(min(n, blk.nc), be.nr)))
	ns := roundUp(min(n, max(blk.nc, blk.slab/ks)), be.nr)
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
	j.grid = plan(j.be, j.blk, j.c.Rows, j.c.Cols, workers)
	j.shared = j.grid.rows > 1
	j.direct = !j.shared && j.be.strided && j.b.DType == tensor.F32 && j.b.RowMajor()
	if j.shared {
		j.packed = grow(j.packed, j.b.Rows*roundUp(j.b.Cols, j.be.nr))
		j.pack.job = j
		par.Run(workers, ceil(j.b.Cols, j.be.nr), 2, &j.pack)
	}
	par.Run(workers, j.grid.rows*j.grid.cols, 1, j)
}

// A packJob packs panels of B for all workers.
type packJob struct{ job *job }

// Do packs panels [lo, hi).
func (t *packJob) Do(worker, lo, hi int) {
	j, nr := t.job, t.job.be.nr
	for q := lo; q < hi; q++ {
		for p := 0; p < j.b.Rows; p += j.blk.kc {
			k := min(j.blk.kc, j.b.Rows-p)
			dst := j.packed[(q*j.b.Rows+p)*nr:]
			j.be.packPanel(dst, nr, j.b, q*nr, min(nr, j.b.Cols-q*nr), p, k, j.scratch[worker].line)
		}
	}
}

// Do computes blocks [lo, hi) of the grid.
func (j *job) Do(worker, lo, hi int) {
	s := &j.scratch[worker]
	for t := lo; t < hi; t++ {
		i, q := t/j.grid.cols*j.grid.mc, t%j.grid.cols*j.grid.nc
		j.block(s, i, min(i+j.grid.mc, j.c.Rows), q, min(q+j.grid.nc, j.c.Cols))
	}
}

// block computes rows [i0, i1) and columns [j0, j1) of C, kc of k at a time.
func (j *job) block(s *scratch, i0, i1, j0, j1 int) {
	nr := j.be.nr
	for p := 0; p < j.a.Cols; p += j.blk.kc {
		k := min(j.blk.kc, j.a.Cols-p)
		a := j.rowPanels(s, i0, i1, p, k)
		for q := j0; q < j1; q += nr {
			w := min(nr, j1-q)
			b, bRow := j.columnPanel(s, q, w, p, k)
			j.column(s, a, i0, i1, q, w, k, b, bRow, j.add || p > 0)
		}
	}
}

// rowPanels gives the rows [i0, i1) of A at columns [p, p+k): in place when the
// kernel can read them so, packed otherwise.
func (j *job) rowPanels(s *scratch, i0, i1, p, k int) panels {
	mr := j.be.mr
	if j.be.strided && j.a.DType == tensor.F32 && j.a.RowMajor() {
		return panels{j.a.Data()[i0*j.a.RowStride+p:], j.a.RowStride, 1, mr * j.a.RowStride}
	}
	t := j.a.T()
	for i := i0; i < i1; i += mr {
		j.be.packPanel(s.a[(i-i0)*k:], mr, t, i, min(mr, i1-i), p, k, s.line)
	}
	return panels{s.a, 1, mr, mr * k}
}

// columnPanel gives columns [q, q+w) of B at rows [p, p+k) and their stride.
func (j *job) columnPanel(s *scratch, q, w, p, k int) ([]float32, int) {
	nr := j.be.nr
	switch {
	case j.shared:
		return j.packed[q*j.b.Rows+p*nr:], nr
	case j.direct && w == nr:
		return j.b.Data()[p*j.b.RowStride+q:], j.b.RowStride
	}
	j.be.packPanel(s.b, nr, j.b, q, w, p, k, s.line)
	return s.b, nr
}

// column computes the tiles of one panel of B of w columns from column q on.
func (j *job) column(s *scratch, a panels, i0, i1, q, w, k int, b []float32, bRow int, add bool) {
	nr, stride := j.be.nr, j.c.RowStride
	c := j.c.Data()[i0*stride+q:]
	if w == nr {
		j.be.kernel(i1-i0, k, a, b, bRow, c, stride, add)
		return
	}
	// The kernel works on whole tiles, so a narrower column goes through s.c.
	for i := range i1 - i0 {
		copy(s.c[i*nr:][:w], c[i*stride:])
	}
	j.be.kernel(i1-i0, k, a, b, bRow, s.c, nr, add)
	for i := range i1 - i0 {
		copy(c[i*stride:], s.c[i*nr:][:w])
	}
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
		s.line = grow(s.line, kc)
	}
}

// grow returns a slice of at least n elements, x itself when it is long enough.
func grow(x []float32, n int) []float32 {
	if len(x) < n {
		return make([]float32, n)
	}
	return x
}
