package xent

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// A combination is one choice of every option, of the form of the targets and
// of the storage of the logits.
type combination struct {
	classWeights, rowWeights bool
	epsilon, zeta            float64
	softCap, temperature     float64
	target                   targetKind
	storage                  storage
	number                   int
}

type targetKind int

const (
	index targetKind = iota
	dense32
	dense16
	listExact
	listUniform
	listRenormalise
)

func (k targetKind) String() string {
	return [...]string{"index", "dense", "dense16", "list", "uniform", "renormalise"}[k]
}

func (c combination) String() string {
	return fmt.Sprintf("%d: %v logits, %v targets, class weights %v, row weights %v, smoothing %v, z-loss %v, cap %v, temperature %v",
		c.number, c.storage, c.target, c.classWeights, c.rowWeights, c.epsilon, c.zeta, c.softCap, c.temperature)
}

func (c combination) options(b *batch) Options {
	return Options{ClassWeights: b.classW, LabelSmoothing: c.epsilon, ZLoss: c.zeta, SoftCap: c.softCap, Temperature: c.temperature}
}

// combinations are all of them.
func combinations() (all []combination) {
	for _, classes := range []bool{false, true} {
		for _, rows := range []bool{false, true} {
			for _, epsilon := range []float64{0, 0.1, 1} {
				for _, zeta := range []float64{0, 1e-4} {
					for _, limit := range []float64{0, 30} {
						for _, temperature := range []float64{1, 0.7, 1.3} {
							for target := index; target <= listRenormalise; target++ {
								for s := f32; s <= f64; s++ {
									all = append(all, combination{classes, rows, epsilon, zeta, limit, temperature, target, s, len(all)})
								}
							}
						}
					}
				}
			}
		}
	}
	return all
}

// batchShapes divide no block, lane or grain. There are seven, and no other list
// of choices has a number that seven divides: all meet all.
var batchShapes = [7][2]int{{19, 1}, {29, 2}, {31, 7}, {27, 37}, {25, 131}, {11, 1027}, {7, 2051}}

// A batch is a problem for a combination. Every sort of row is in it.
type batch struct {
	n, v   int
	logits array
	y      Targets
	dense  array // of y.Soft.Dense
	classW []float32
	q      [][]float64 // what each row's target means, for the reference
}

// batchRows are the sorts of row, in turn.
var batchRows = [...]kindOfRow{ordinary, peaked, flat, shifted, shiftedDown, masked, gap, targetMasked, allMasked, withNaN, withInf, equalRow, saturated}

const (
	shiftedDown = kinds + iota
	equalRow
	saturated // beyond any soft-cap, and with equals
)

// batch makes the combination's problem of n rows of v classes.
func (c combination) batch(n, v int) *batch {
	r := rand.New(rand.NewPCG(uint64(c.number), 11))
	b := &batch{n: n, v: v, logits: newArray(c.storage, n*v)}
	if c.classWeights {
		b.classW = make([]float32, v)
		for i := range b.classW {
			b.classW[i] = float32(r.IntN(5)) * 0.3
		}
	}
	if c.rowWeights {
		b.y.RowWeights = make([]float32, n)
		for i := range b.y.RowWeights {
			b.y.RowWeights[i] = float32(r.IntN(5)) * 0.7
		}
	}
	b.startTargets(c.target)
	for i := range n {
		y, kind := r.IntN(v), batchRows[(i+c.number)%len(batchRows)]
		b.fillLogits(r, i, y, kind)
		b.fillTarget(r, i, y, c.target)
		if b.y.weight(i) == 0 { // must not be read
			b.logits.set(i*v+r.IntN(v), math.NaN())
		}
	}
	return b
}

func (b *batch) row(i int) []float64 { return b.logits.values(i*b.v, (i+1)*b.v) }

// fillLogits makes row i, with target y.
func (b *batch) fillLogits(r *rand.Rand, i, y int, kind kindOfRow) {
	offset, spread := 0.0, 3.0
	switch kind {
	case peaked:
		spread = 20
	case flat:
		spread = 1e-3
	case shifted, shiftedDown, saturated:
		offset = 1e5
		if b.logits.storage == f16 { // which ends at 65504
			offset = 6e4
		}
		if kind == shiftedDown {
			offset = -offset
		}
	case equalRow:
		spread = 0
	}
	at := r.IntN(b.v)
	for c := range b.v {
		z := offset + spread*r.NormFloat64()
		switch {
		case kind == saturated:
			z = math.Round(z)
		case kind == masked && c != y && r.IntN(3) == 0, kind == targetMasked && c == y, kind == allMasked:
			z = math.Inf(-1)
		case kind == gap && c == at:
			z = 200
		case kind == withNaN && c == at:
			z = math.NaN()
		case kind == withInf && c == at:
			z = math.Inf(1)
		}
		b.logits.set(i*b.v+c, z)
	}
}

// pick copies rows into a batch of their own.
func (b *batch) pick(rows []int) *batch {
	p := &batch{n: len(rows), v: b.v, classW: b.classW, logits: newArray(b.logits.storage, len(rows)*b.v)}
	p.y.Index = make([]int32, 0, len(rows))
	if s := b.y.Soft; s != nil {
		p.y.Index, p.y.Soft = nil, &Soft{K: s.K, Rest: s.Rest}
		if s.K == 0 {
			p.dense = newArray(b.dense.storage, len(rows)*b.v)
			p.y.Soft.Dense = p.dense.matrix(len(rows), b.v)
		}
	}
	for j, i := range rows {
		p.logits.copyRow(j*b.v, b.logits, i*b.v, b.v)
		p.q = append(p.q, b.q[i])
		switch s := b.y.Soft; {
		case s == nil:
			p.y.Index = append(p.y.Index, b.y.Index[i])
		case s.K == 0:
			p.dense.copyRow(j*b.v, b.dense, i*b.v, b.v)
		default:
			p.y.Soft.Index = append(p.y.Soft.Index, s.Index[i*s.K:(i+1)*s.K]...)
			p.y.Soft.Prob = append(p.y.Soft.Prob, s.Prob[i*s.K:(i+1)*s.K]...)
		}
		if b.y.RowWeights != nil {
			p.y.RowWeights = append(p.y.RowWeights, b.y.RowWeights[i])
		}
	}
	return p
}

// part views targets [lo, hi).
func (b *batch) part(lo, hi int) (y Targets) {
	if b.y.RowWeights != nil {
		y.RowWeights = b.y.RowWeights[lo:hi]
	}
	switch s := b.y.Soft; {
	case s == nil:
		y.Index = b.y.Index[lo:hi]
	case s.K == 0:
		y.Soft = &Soft{Dense: s.Dense.Rows(lo, hi)}
	default:
		y.Soft = &Soft{K: s.K, Rest: s.Rest, Index: s.Index[lo*s.K : hi*s.K], Prob: s.Prob[lo*s.K : hi*s.K]}
	}
	return y
}
