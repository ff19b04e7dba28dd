package train

import (
	"math"

	"xent/internal/par"
	"xent/internal/tensor"
	"xent/internal/vec"
	"xent/lm"
)

// muon updates the matrices of the layers by Muon (Jordan et al. 2024), for a matrix of
// R×C with the scale of Liu et al. 2025 (Moonlight), by which the root mean square of an
// update is about that of AdamW's, so that one learning rate serves both:
//
//	g ← g·min(1, clip/‖all gradients‖)
//	m ← βm + (1−β)g
//	w ← w − η·(λw + 0.2·√max(R,C)·polar(βm + (1−β)g))
//
// Small matrices are shared out, each to one goroutine; on each larger one all work
// together.
type muon struct {
	workers  int
	beta     float64
	decay    float64
	w, g, m  []float32
	matrices []muonMatrix // the small ones first
	small    int          // how many of them are small
	pieces   []piece
	squares  []float64 // Σ x² a piece of the direction
	polars   []polar   // a worker

	momentum momentumTask
	factors  factorTask
	descent  descentTask
}

// smallMatrix is the number of elements up to which a matrix is one goroutine's.
const smallMatrix = 1 << 18

// A muonMatrix is a tensor in an arena, and its pieces.
type muonMatrix struct {
	lm.TensorSpec
	from, to int
}

// A piece is a part of one matrix in an arena.
type piece struct {
	lo, hi int
	reach  float32 // 0.2·√max(R,C) of the matrix
}

func isSmall(t lm.TensorSpec) bool { return t.Rows*t.Cols <= smallMatrix }

// newMuon returns Muon for the layers of the arena's model, with the momenta m, one a
// parameter of the arena.
func newMuon(z *Optimizer, workers int, in lm.Memory, a *lm.Arena, g *lm.Gradients, m []float32) *muon {
	u := &muon{workers: workers, beta: z.Momentum, decay: z.WeightDecay, w: a.Data(), g: g.Data(), m: m}
	tensors := a.Spec().Tensors()
	for _, wanted := range []bool{true, false} {
		for _, t := range tensors {
			if z.byMuon(t.Role) && isSmall(t) == wanted {
				u.add(t)
			}
		}
		if wanted {
			u.small = len(u.matrices)
		}
	}
	u.squares = make([]float64, len(u.pieces))
	z.polarSizes(a.Spec(), workers, func(elements, d int) { u.polars = append(u.polars, newPolar(in, elements, d)) })
	u.momentum.u, u.factors.u, u.descent.u = u, u, u
	return u
}

func (u *muon) add(t lm.TensorSpec) {
	x := muonMatrix{TensorSpec: t, from: len(u.pieces)}
	reach := float32(0.2 * math.Sqrt(float64(max(t.Rows, t.Cols))))
	for lo, end := t.Offset, t.Offset+t.Rows*t.Cols; lo < end; lo += spanElements {
		u.pieces = append(u.pieces, piece{lo, min(lo+spanElements, end), reach})
	}
	x.to = len(u.pieces)
	u.matrices = append(u.matrices, x)
}

// polarSizes yields the sizes of the memory that Muon needs, a worker each: of the first
// so that it does for large matrices too.
func (z *Optimizer) polarSizes(s lm.Spec, workers int, yield func(elements, d int)) {
	elements, d, most, mostD, n := 0, 0, 0, 0, 0
	one := s
	one.Layers = 1
	for _, t := range one.Tensors() {
		if !z.byMuon(t.Role) {
			continue
		}
		size, side := t.Rows*t.Cols, min(t.Rows, t.Cols)
		most, mostD = max(most, size), max(mostD, side)
		if isSmall(t) {
			elements, d, n = max(elements, size), max(d, side), n+s.Layers
		}
	}
	yield(most, mostD)
	for range min(par.Workers(workers), n) - 1 {
		yield(elements, d)
	}
}

// muonBytes is the memory of newMuon.
func (z *Optimizer) muonBytes(s lm.Spec, workers int) (n int64) {
	if z.Name == muonName {
		z.polarSizes(s, workers, func(elements, d int) { n += polarBytes(elements, d) })
	}
	return n
}

// step updates the matrices from gradients, which are overwritten, times clip.
func (u *muon) step(clip, rate float64) {
	u.momentum.clip = float32(clip)
	par.Run(u.workers, len(u.pieces), 1, &u.momentum)
	u.factors.workers = 1
	par.Run(u.workers, u.small, 1, &u.factors)
	u.factors.workers = u.workers
	u.factors.Do(0, u.small, len(u.matrices))
	u.descent.rate, u.descent.keep = float32(rate), float32(1-rate*u.decay)
	par.Run(u.workers, len(u.pieces), 1, &u.descent)
}

type momentumTask struct {
	u    *muon
	clip float32
}

// Do implements par.Task over pieces: momenta, and in place of gradients the directions
// βm + (1−β)g (Nesterov's).
func (t *momentumTask) Do(_, lo, hi int) {
	u := t.u
	beta, rest := float32(u.beta), float32(float32(1-u.beta)*t.clip)
	for i := lo; i < hi; i++ {
		p := u.pieces[i]
		g := u.g[p.lo:p.hi]
		m := u.m[p.lo:p.hi][:len(g)]
		for j, x := range g {
			x *= rest
			m[j] = float32(beta*m[j]) + x
			g[j] = float32(beta*m[j]) + x
		}
		u.squares[i] = vec.Squares(g)
	}
}

type factorTask struct {
	u       *muon
	workers int
}

// Do implements par.Task over matrices: in place of directions their polar factors.
func (t *factorTask) Do(worker, lo, hi int) {
	for _, x := range t.u.matrices[lo:hi] {
		sum := 0.0
		for _, s := range t.u.squares[x.from:x.to] {
			sum += s
		}
		t.u.polars[worker].factor(t.workers, tensor.Float32(t.u.g[x.Offset:], x.Rows, x.Cols), math.Sqrt(sum))
	}
}

type descentTask struct {
	u          *muon
	rate, keep float32
}

// Do implements par.Task over pieces.
func (t *descentTask) Do(_, lo, hi int) {
	for _, p := range t.u.pieces[lo:hi] {
		w := t.u.w[p.lo:p.hi]
		x := t.u.g[p.lo:p.hi][:len(w)]
		by := t.rate * p.reach
		for i, v := range w {
			w[i] = float32(t.keep*v) - float32(by*x[i])
		}
	}
}
