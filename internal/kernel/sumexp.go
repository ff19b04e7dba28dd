package kernel

import "math"

// SumExp takes the blocks of x, the last with what is left, and adds each one's
//
//	Σ e_i,       e_i = exp((x_i − m)/T)
//	Σ e_i · d_i  with d_i = (x_i − m)/T, 0 for x_i = −∞
//
// to sums, until a block has an element above m, which is finite. Of that one it adds
// nothing: it returns how many elements are done, and the block's greatest. What is left
// of the last block after a whole number of vectors may be a block of its own. A NaN
// makes sums NaN, and all of x done.
//
// Unless keep is nil, keep[i] is set to e_i, and to −0 where x_i = −∞. In a block that is
// not done it is undefined.
//
// A block's sum of e is within 2⁻²⁴·(5s + Σ e|d|): d is rounded to float32, an exponential
// is within 1 unit in its last place, and goes through three additions in float32 at
// most before it is added in float64. Exponentials below e^−87.3 are 0, or anything below
// that.
func SumExp[T Float](scale *Scale, x []T, m T, sums *[2]float64, keep []T) (done int, top T) {
	if x, ok := any(x).([]float32); ok && hasAVX2 && scale.vector {
		keep, _ := any(keep).([]float32)
		done, top := sumExp32(scale, x, float32(m), sums, keep)
		return done, T(top)
	}
	for done < len(x) {
		block := x[done:min(done+Block, len(x))]
		if top := genericMax(block); top > m {
			return done, top
		}
		var to []T
		if keep != nil {
			to = keep[done : done+len(block)]
		}
		var s, sd float64
		switch block := any(block).(type) {
		case []float32:
			s, sd = genericSumExp(scale, block, float32(m), any(to).([]float32))
		case []float64:
			s, sd = sumExp64(scale, block, float64(m), any(to).([]float64))
		}
		sums[0] += s
		sums[1] += sd
		done += len(block)
	}
	return done, m
}

// SumExpHalf is SumExp of numbers of 16 bits, with the bits that SumExp gives of their
// values.
func SumExpHalf(scale *Scale, h Half, x []uint16, m float32, sums *[2]float64, keep []float32) (done int, top float32) {
	if n := len(x) &^ (lanes - 1); scale.inverse == 1 {
		var ok bool
		if done, top, ok = sumExpHalf(h, x[:n], m, sums, keep); ok && done < n {
			return done, top
		}
	}
	var room [Block]float32
	for done < len(x) {
		z := room[:min(Block, len(x)-done)]
		h.Widen(z, x[done:done+len(z)])
		var to []float32
		if keep != nil {
			to = keep[done : done+len(z)]
		}
		step, top := SumExp(scale, z, m, sums, to)
		if done += step; step < len(z) {
			return done, top
		}
	}
	return done, m
}

// sumExp64 is a block's sums of float64.
func sumExp64(scale *Scale, x []float64, m float64, keep []float64) (s, sd float64) {
	var ls, ld [lanes]float64
	for i, v := range x {
		d := scale.D(v, m)
		e := Exp64(d)
		if e != 0 { // d = −∞ may stand behind a 0
			ls[i%lanes] += e
			ld[i%lanes] += float64(e * d)
		}
		if keep != nil {
			if v == math.Inf(-1) {
				e = math.Copysign(0, -1)
			}
			keep[i] = e
		}
	}
	return tree(&ls), tree(&ld)
}

// genericSumExp is a block's sums of float32, each difference with what it lost when it
// was rounded: exp(d + lost) is exp(d)·(1 + lost).
func genericSumExp(scale *Scale, x []float32, m float32, keep []float32) (s, sd float64) {
	var rounded, rest, exps [Block]float32
	d, lost, e := rounded[:len(x)], rest[:len(x)], exps[:len(x)]
	for i, v := range x {
		y := scale.D(float64(v), float64(m))
		d[i] = float32(y)
		lost[i] = float32(y - float64(d[i])) // NaN for −∞, whose exponential is 0
	}
	scaledExps(e, d, 0, 1)
	var ls, ld [lanes]float64
	for i, v := range e {
		if v != 0 { // d = −∞ may stand behind a 0
			x := float64(v) * (1 + float64(lost[i]))
			ls[i%lanes] += x
			ld[i%lanes] += float64(x * float64(d[i]))
		}
	}
	if keep != nil {
		for i, v := range x {
			if v == negInf {
				e[i] = float32(math.Copysign(0, -1))
			}
			keep[i] = e[i]
		}
	}
	return tree(&ls), tree(&ld)
}
