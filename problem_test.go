package xent

import (
	"math"
	"math/rand/v2"

	"xent/internal/tensor"
)

// A problem is a batch made to be hard.
type problem struct {
	n, v    int
	logits  []float32
	targets Targets
	classW  []float32
}

type kindOfRow int

const (
	ordinary kindOfRow = iota
	peaked
	flat
	shifted // by ±1e5
	masked  // some −∞
	gap     // 200 nats between the best and the target
	targetMasked
	allMasked
	withNaN
	withInf
	kinds
)

func makeProblem(r *rand.Rand, n, v int, weights, classWeights bool, upTo kindOfRow) problem {
	p := problem{n: n, v: v, logits: make([]float32, n*v)}
	p.targets.Index = make([]int32, n)
	for i := range n {
		p.targets.Index[i] = int32(r.IntN(v))
		if r.IntN(5) == 0 {
			p.targets.Index[i] = Ignore
		}
		fillRow(r, p.logits[i*v:(i+1)*v], p.targets.Index[i], kindOfRow(i)%upTo)
	}
	if weights {
		p.targets.RowWeights = make([]float32, n)
		for i := range n {
			p.targets.RowWeights[i] = float32(r.IntN(4)) * 0.7
		}
	}
	if classWeights {
		p.classW = make([]float32, v)
		for c := range v {
			p.classW[c] = float32(r.IntN(5)) * 0.3
		}
	}
	return p
}

func fillRow(r *rand.Rand, z []float32, y int32, kind kindOfRow) {
	scale := map[kindOfRow]float64{peaked: 20, flat: 1e-3}[kind]
	if scale == 0 {
		scale = 3
	}
	for c := range z {
		z[c] = float32(r.NormFloat64() * scale)
	}
	at := r.IntN(len(z))
	inf := float32(math.Inf(1))
	switch kind {
	case shifted:
		for c := range z {
			z[c] += float32(1e5 * (1 - 2*float64(r.IntN(2)&at&1)))
		}
	case masked:
		for c := range z {
			if r.IntN(3) == 0 && int32(c) != y {
				z[c] = -inf
			}
		}
	case gap:
		z[at] = 200
	case targetMasked:
		if y >= 0 {
			z[y] = -inf
		}
	case allMasked:
		for c := range z {
			z[c] = -inf
		}
	case withNaN:
		z[at] = float32(math.NaN())
	case withInf:
		z[at] = inf
	}
}

// strided views rows whose starts lie stride apart, without the last padding.
func strided(x []float32, rows, cols, stride int) Matrix {
	return FromTensor(tensor.Strided(x, rows, cols, stride))
}

func (p problem) matrix() Matrix { return Float32(p.logits, p.n, p.v) }

func (p problem) loss(o Options) *Loss {
	o.ClassWeights = p.classW
	l, err := New(p.v, o)
	if err != nil {
		panic(err)
	}
	return l
}

func newRows(n int) *Rows {
	return &Rows{make([]float64, n), make([]float64, n), make([]float64, n), make([]int32, n), make([]int32, n)}
}

// alike is equality that holds for NaN too.
func alike(a, b float64) bool { return a == b || a != a && b != b }
