// Package kernel holds the vector loops that a row of logits goes through.
//
// Each function's result is defined element by element, or by a fixed order of
// additions that is part of its contract. Every product is rounded before it is
// added: the same bits on every platform.
//
// Exps and what is built on it also have an AVX2 loop: with the plain one, its
// specification, exponentials take a fifth of a training step. It rounds every
// product too, so its bits are the same.
//
// Inputs are float32 and finite unless a comment says otherwise.
package kernel

// Block is the width, in classes, of the blocks in which a row's sums are
// taken. SumExp handles one block; the callers cut rows at multiples of Block
// counted from class 0, whatever else they cut.
const Block = 1024

// lanes is the number of partial sums of a block: element i goes to lane
// i mod lanes, and the lanes are added as a binary tree over halves
// (l += l+16, l += l+8, …).
const lanes = 32

// Max returns the largest element, −∞ for none. A NaN anywhere gives NaN.
func Max[T Float](x []T) T {
	m0, m1, m2, m3 := T(negInf), T(negInf), T(negInf), T(negInf)
	for ; len(x) >= 4; x = x[4:] {
		m0, m1, m2, m3 = max(m0, x[0]), max(m1, x[1]), max(m2, x[2]), max(m3, x[3])
	}
	for _, v := range x {
		m0 = max(m0, v)
	}
	return max(max(m0, m1), max(m2, m3))
}

// Exps sets dst[i] = exp(x[i] − m) for len(x) elements; dst may be x. The
// difference is rounded to float32, its exponential as Exp's. x[i] = −∞ gives
// 0 for any m > −∞.
func Exps(dst, x []float32, m float32) { scaledExps(dst, x, m, 1) }

// scaledExps sets dst[i] = a·exp(x[i] − m), and +0 where the exponential is 0
// even if a is infinite; dst may be x.
func scaledExps(dst, x []float32, m, a float32) {
	dst = dst[:len(x)]
	n := vectorExps(dst, x, m, a)
	genericExps(dst[n:], x[n:], m, a)
}

func genericExps(dst, x []float32, m, a float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		if d := v - m; d < expMin {
			dst[i] = 0
		} else if r, pow := reduce(d); d <= 88 {
			dst[i] = a * float32(expPoly(r)*pow)
		} else {
			dst[i] = a * exp(d)
		}
	}
}

// sumExp is SumExp of float32 at T = 1.
func sumExp(x []float32, m float32) (s, sd float32) {
	var ls, ld [lanes]float32
	var buf [Block]float32
	e := buf[:len(x)]
	Exps(e, x, m)
	for len(e) >= lanes {
		sumProducts(&ls, &ld, e[:lanes], x[:lanes], m)
		e, x = e[lanes:], x[lanes:]
	}
	sumProducts(&ls, &ld, e, x, m)
	return tree(&ls), tree(&ld)
}

// sumProducts adds e_i and e_i·(x_i − m) to lane i, for at most lanes of them.
func sumProducts(ls, ld *[lanes]float32, e, x []float32, m float32) {
	x = x[:len(e)]
	for l, v := range e {
		if v != 0 { // x = −∞ may stand behind a 0
			ls[l] += v
			ld[l] += float32(v * (x[l] - m))
		}
	}
}

// tree adds the lanes by halves.
func tree(lane *[lanes]float32) float32 {
	for w := lanes / 2; w > 0; w /= 2 {
		for l := range w {
			lane[l] += lane[l+w]
		}
	}
	return lane[0]
}
