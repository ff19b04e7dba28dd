package gemm

import (
	"sync"
	"unsafe"

	"xent/internal/par"
	"xent/internal/tensor"
)

// A job is one product on its way, slab after slab. The tasks of a slab are, in this
// order, the pieces of B to pack, when several blocks of rows share them, and the
// blocks of C.
type job struct {
	be      *backend
	blk     blocking
	slabs   []slab
	packed  [2][]float32 // the panels of every other slab, so that one is packed while another is read
	scratch []scratch    // one for each worker
}

// scratch is what one goroutine packs into.
type scratch struct {
	a, b, c, lines []float32
}

var jobs = sync.Pool{New: func() any { return new(job) }}

// release forgets the caller's memory.
func (j *job) release() {
	for i := range j.slabs {
		s := &j.slabs[i]
		s.c, s.a, s.b = tensor.Matrix{}, tensor.Matrix{}, tensor.Matrix{}
	}
}

// run cuts B into slabs that can be packed whole, and computes the product of each:
// along k as MulAdd, along n into other columns of C.
func (j *job) run(be *backend, blk blocking, workers int, c, a, b tensor.Matrix, add bool) {
	m, n, k := c.Rows, c.Cols, a.Cols
	// More goroutines than tiles would find nothing to do.
	workers = min(par.Workers(workers), max(1, ceil(m, be.mr)*ceil(n, be.nr)))
	if float64(n)*float64(k)*float64(m+8) < float64(blk.serial) { // 8: even for one row B must be read
		workers = 1
	}
	j.be, j.blk = be, blk
	j.prepare(workers)
	ks, ns := blk.slabs(be, n, k)
	count, tasks := ceil(n, ns)*ceil(k, ks), 0
	if cap(j.slabs) < count {
		j.slabs = make([]slab, count)
	}
	j.slabs = j.slabs[:count]
	for i := range j.slabs {
		s, from, lo := &j.slabs[i], i%ceil(k, ks)*ks, i/ceil(k, ks)*ns
		to, hi := min(from+ks, k), min(lo+ns, n)
		s.job, s.first, s.packed = j, tasks, &j.packed[i%2]
		s.c, s.a, s.b = columns(c, lo, hi), columns(a, from, to), columns(b.Slice(from, to), lo, hi)
		s.add, s.follows = add || from > 0, from > 0
		s.plan(workers)
		tasks += s.pieces + s.blocks()
	}
	par.Run(workers, tasks, 1, j)
}

// columns views columns [lo, hi).
func columns(m tensor.Matrix, lo, hi int) tensor.Matrix { return m.T().Slice(lo, hi).T() }

// Do performs tasks [lo, hi). Tasks are taken in order, so whoever waits for others
// waits for goroutines that are at work, never for a task not taken.
func (j *job) Do(worker, lo, hi int) {
	w := &j.scratch[worker]
	for t := lo; t < hi; t++ {
		i := j.slabOf(t)
		s := &j.slabs[i]
		switch piece := t - s.first; {
		case piece < s.pieces:
			if i >= 2 {
				j.slabs[i-2].wait(&j.slabs[i-2].done, j.slabs[i-2].blocks()) // its panels lay here
			}
			s.pack(w, piece)
		default:
			s.wait(&s.ready, s.pieces)
			if s.follows {
				j.slabs[i-1].wait(&j.slabs[i-1].done, j.slabs[i-1].blocks())
			}
			s.compute(w, piece-s.pieces)
		}
	}
}

// slabOf finds the slab of a task.
func (j *job) slabOf(task int) int {
	lo, hi := 0, len(j.slabs) // the slab is in [lo, hi)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; j.slabs[mid].first <= task {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
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
