package xent

import (
	"math"
	"math/rand/v2"
	"slices"
)

// startTargets makes room for the targets of a kind.
func (b *batch) startTargets(kind targetKind) {
	b.q = make([][]float64, b.n)
	switch kind {
	case index:
		b.y.Index = make([]int32, b.n)
	case dense32, dense16:
		b.dense = newArray(map[targetKind]storage{dense32: f32, dense16: bf16}[kind], b.n*b.v)
		b.y.Soft = &Soft{Dense: b.dense.matrix(b.n, b.v)}
	default:
		k := min(b.v, 5)
		b.y.Soft = &Soft{K: k, Rest: Rest(kind - listExact), Index: make([]int32, b.n*k), Prob: make([]float32, b.n*k)}
	}
}

// fillTarget makes row i's target of the kind, about class y, and q, which is
// what it means. A fifth of the rows are ignored.
func (b *batch) fillTarget(r *rand.Rand, i, y int, kind targetKind) {
	z, ignored := b.row(i), r.IntN(5) == 0
	b.q[i] = make([]float64, b.v)
	switch kind {
	case index:
		b.y.Index[i] = int32(y)
		b.q[i][y] = 1
		if ignored {
			b.y.Index[i] = Ignore
		}
	case dense32, dense16:
		b.fillDense(r, i, y, z)
		if ignored && b.y.RowWeights != nil {
			b.y.RowWeights[i] = 0
		}
	default:
		b.fillList(r, i, y, z)
		if s := b.y.Soft; ignored {
			for k := range s.K {
				s.Index[i*s.K+k] = Ignore
			}
		}
	}
}

// allows reports whether class c may have a share in the target: masked
// classes have none, unless c is the one the row is about.
func allows(z []float64, c, y int) bool { return c == y || !math.IsInf(z[c], -1) }

// normalise divides by the sum.
func normalise(q []float64, to float64) {
	total := 0.0
	for _, x := range q {
		total += x
	}
	for c := range q {
		q[c] *= to / total
	}
}

// fillDense makes a distribution with zeros, in which y is likely; of every
// fourth row the uniform one, whose shares are equal, and of others a certainty.
func (b *batch) fillDense(r *rand.Rand, i, y int, z []float64) {
	q := b.q[i]
	for c := range q {
		switch {
		case !allows(z, c, y), i%4 == 1 && c != y:
		case i%4 == 0:
			q[c] = 1
		case c == y || r.IntN(3) > 0:
			q[c] = math.Exp(2 * r.NormFloat64())
		}
	}
	normalise(q, 1)
	for c, x := range q {
		b.dense.set(i*b.v+c, x)
		q[c] = b.dense.at(i*b.v + c)
	}
}

// fillList lists y and other classes, some with 0, with empty places between.
func (b *batch) fillList(r *rand.Rand, i, y int, z []float64) {
	s := b.y.Soft
	classes, probs := s.Index[i*s.K:(i+1)*s.K], s.Prob[i*s.K:(i+1)*s.K]
	listed := []int{y}
	for _, c := range r.Perm(b.v)[:min(b.v, s.K)] {
		if c != y && len(listed) < s.K {
			listed = append(listed, c)
		}
	}
	r.Shuffle(len(listed), func(a, b int) { listed[a], listed[b] = listed[b], listed[a] })
	q := make([]float64, s.K)
	for k := range classes {
		classes[k] = Ignore
		switch c := listed[min(k, len(listed)-1)]; {
		case k >= len(listed), c != y && r.IntN(5) == 0:
		case !allows(z, c, y):
			classes[k] = int32(c)
		default:
			classes[k], q[k] = int32(c), math.Exp(r.NormFloat64())
		}
	}
	var free []int
	for c := range z {
		if !math.IsInf(z[c], -1) && !slices.Contains(classes, int32(c)) {
			free = append(free, c)
		}
	}
	b.spread(i, classes, probs, q, free)
}

// spread applies the rule for the rest.
func (b *batch) spread(i int, classes []int32, probs []float32, q []float64, free []int) {
	rest := b.y.Soft.Rest
	switch {
	case rest == RestRenormalise:
		normalise(q, 3)
	case rest == RestUniform && len(free) > 0:
		normalise(q, 0.7)
	default:
		normalise(q, 1)
	}
	total := 0.0
	for k, x := range q {
		probs[k] = float32(x)
		total += float64(probs[k])
	}
	for k, c := range classes {
		if c == Ignore {
			probs[k] = float32(math.NaN()) // must not be read
			continue
		}
		b.q[i][c] = float64(probs[k])
		if rest == RestRenormalise {
			b.q[i][c] /= total
		}
	}
	if left := 1 - total; rest == RestUniform && left > 0 {
		for _, c := range free {
			b.q[i][c] = left / float64(len(free))
		}
	}
}
