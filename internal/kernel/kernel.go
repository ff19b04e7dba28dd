// Package kernel holds the vector loops that a row of logits goes through.
//
// Each function's result is defined element by element, or by a fixed order of
// additions that is part of its contract, so that it depends neither on where an
// element stands nor on what is computed beside it. There are loops for AVX-512 and
// for AVX2 with FMA, which give the same bits, and plain Go for everything else,
// which rounds every product before it is added: the same bits on every platform, and
// to the same accuracy, but not those of the vector loops.
//
// Inputs are float32 and finite unless a comment says otherwise.
package kernel

// Block is the width, in classes, of the blocks in which a row's sums are
// taken. SumExp handles one block; the callers cut rows, or a shard's part of them, at
// multiples of Block from their beginning, whatever else they cut.
const Block = 1024

// lanes is the number of partial sums of a block: element i goes to lane
// i mod lanes, and the lanes are added as a binary tree over halves
// (l += l+8, l += l+4, …).
const lanes = 16

// Max returns the largest element, −∞ for none. A NaN anywhere gives NaN.
func Max[T Float](x []T) T {
	if x, ok := any(x).([]float32); ok {
		return T(max32(x))
	}
	return genericMax(x)
}

func genericMax[T Float](x []T) T {
	m0, m1, m2, m3 := T(negInf), T(negInf), T(negInf), T(negInf)
	for ; len(x) >= 4; x = x[4:] {
		m0, m1, m2, m3 = max(m0, x[0]), max(m1, x[1]), max(m2, x[2]), max(m3, x[3])
	}
	for _, v := range x {
		m0 = max(m0, v)
	}
	return max(max(m0, m1), max(m2, m3))
}

// Index returns the place of the first element equal to v, len(x) for none.
func Index[T Float](x []T, v T) int {
	from := 0
	if x, ok := any(x).([]float32); ok {
		from = index32(x, float32(v))
	}
	for i, y := range x[from:] {
		if y == v {
			return from + i
		}
	}
	return len(x)
}

// Exps sets dst[i] = exp(x[i] − m) for len(x) elements; dst may be x. The
// difference is rounded to float32, its exponential as Exp's. x[i] = −∞ gives
// 0 for any m > −∞.
func Exps(dst, x []float32, m float32) { scaledExps(dst, x, m, 1) }

// genericExps sets dst[i] = a·exp(x[i] − m), and +0 where the exponential is 0
// even if a is infinite; dst may be x.
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

// tree adds the lanes by halves.
func tree[T Float](lane *[lanes]T) T {
	for w := lanes / 2; w > 0; w /= 2 {
		for l := range w {
			lane[l] += lane[l+w]
		}
	}
	return lane[0]
}
