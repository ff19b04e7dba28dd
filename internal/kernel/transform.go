package kernel

import "math"

// What follows is written for float32 and float64 logits alike. Loops over
// float64 are the reference: correct to a few units in the last place, and slow.

// Float is the type of logits in memory.
type Float interface{ float32 | float64 }

// SoftCap sets dst[i] = c·tanh(x[i]/c), rounded from float64 to T, for c > 0; dst
// may be x. −∞ stays −∞: a masked class has no logit to cap. NaN stays NaN.
func SoftCap[T Float](dst, x []T, c float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		if v != T(negInf) {
			dst[i] = T(c * tanh(float64(v)/c))
		} else {
			dst[i] = v
		}
	}
}

// SoftCapSlope returns the derivative of c·tanh(z/c) at z,
//
//	1 − tanh²(z/c) = 4e/(1+e)²,   e = exp(−2|z/c|)
//
// which keeps its digits where tanh is all but 1. It is 0 at ±∞.
func SoftCapSlope(z, c float64) float64 {
	e := Exp64(-2 * math.Abs(z/c))
	return 4 * e / ((1 + e) * (1 + e))
}

// tanh returns the hyperbolic tangent to within 3 units in the last place.
func tanh(x float64) float64 {
	a := math.Abs(x)
	t := 1.0
	switch {
	case a < 0.25:
		// Lambert's continued fraction, x/(1 + x²/(3 + x²/(5 + …))): nine levels
		// leave 10⁻¹⁹ here.
		w := float64(x * x)
		f := 17.0
		for k := 15.0; k >= 1; k -= 2 {
			f = k + w/f
		}
		return x / f
	case a < 20:
		e := Exp64(-2 * a)
		t = (1 - e) / (1 + e)
	case a != a:
		return x
	}
	return math.Copysign(t, x)
}

// Scale is how differences of logits become exponents: d = (z − m)/T, in
// float32 rounded once.
type Scale struct{ inverse float64 } // 1/T

// NewScale returns the scale of temperature T > 0.
func NewScale(t float64) Scale { return Scale{1 / t} }

// D returns (z − m)/T in float64.
func (s Scale) D(z, m float64) float64 { return float64((z - m) * s.inverse) }

// ScaledExps sets dst[i] = a·exp((x[i] − m)/T), and +0 where the exponential is
// 0 even if a is infinite; dst may be x. x[i] = −∞ gives 0 for any m > −∞.
func ScaledExps[T Float](scale Scale, dst, x []T, m, a T) {
	exps(scale, dst, x, m, a, scaledExps)
}

// StreamExps is ScaledExps for a dst that is not x and will not be read soon: it is
// written past the caches. No x[i] may be above m or NaN.
func StreamExps[T Float](scale Scale, dst, x []T, m, a T) {
	exps(scale, dst, x, m, a, streamExps)
}

func exps[T Float](scale Scale, dst, x []T, m, a T, write func(dst, x []float32, m, a float32)) {
	dst = dst[:len(x)]
	switch x := any(x).(type) {
	case []float32:
		to, from := any(dst).([]float32), float32(m)
		if scale.inverse != 1 {
			for i, v := range x {
				to[i] = float32(scale.D(float64(v), float64(m)))
			}
			x, from, write = to, 0, scaledExps // what was just written
		}
		write(to, x, from, float32(a))
	case []float64:
		for i, v := range x {
			e := Exp64(scale.D(v, float64(m)))
			if e != 0 {
				e *= float64(a)
			}
			dst[i] = T(e)
		}
	}
}

// SumExp takes the blocks of x, the last with what is left, and adds each one's
//
//	Σ e_i,       e_i = exp((x_i − m)/T)
//	Σ e_i · d_i  with d_i = (x_i − m)/T, 0 for x_i = −∞
//
// to sums, until a block has an element above m, which is finite. Of that one it adds
// nothing: it returns how many elements are done, and the block's greatest. It takes
// what is left of a last block of vectors by itself; then too done < len(x). A NaN makes
// sums NaN.
//
// A block's sum of e is within 2⁻²⁴·(5s + Σ e|d|): d is rounded to float32, an exponential
// is within 1 unit in its last place, and goes through three additions in float32 at
// most before it is added in float64.
func SumExp[T Float](scale Scale, x []T, m T, sums *[2]float64) (done int, top T) {
	if x, ok := any(x).([]float32); ok && hasAVX2 && scale.inverse == 1 {
		done, top := sumExp32(x, float32(m), sums)
		return done, T(top)
	}
	for done < len(x) {
		block := x[done:min(done+Block, len(x))]
		if top := genericMax(block); top > m {
			return done, top
		}
		var s, sd float64
		switch block := any(block).(type) {
		case []float32:
			s, sd = scaledSumExp(scale, block, float32(m))
		case []float64:
			s, sd = sumExp64(scale, block, float64(m))
		}
		sums[0] += s
		sums[1] += sd
		done += len(block)
	}
	return done, m
}

// sumExp64 is a block's sums of float64.
func sumExp64(scale Scale, x []float64, m float64) (s, sd float64) {
	var ls, ld [lanes]float64
	for i, v := range x {
		d := scale.D(v, m)
		if e := Exp64(d); e != 0 { // d = −∞ may stand behind a 0
			ls[i%lanes] += e
			ld[i%lanes] += float64(e * d)
		}
	}
	return tree(&ls), tree(&ld)
}

// scaledSumExp is a block's sums of float32.
func scaledSumExp(scale Scale, x []float32, m float32) (s, sd float64) {
	var rounded, rest [Block]float32
	d, lost := rounded[:len(x)], rest[:len(x)]
	for i, v := range x {
		y := scale.D(float64(v), float64(m))
		d[i] = float32(y)
		lost[i] = float32(y - float64(d[i])) // NaN for −∞, whose exponential is 0
	}
	return genericSumExp(d, lost)
}

// A Sums adds differences d_i = (x_i − m)/T of unmasked classes, x_i > −∞.
type Sums struct {
	N     float64 // how many
	D     float64 // Σ d
	W, WD float64 // Σ w, Σ w·d; w = 1 without weights
}

// Shift adds Δ to every d.
func (t *Sums) Shift(delta float64) {
	t.D += float64(t.N * delta)
	t.WD += float64(t.W * delta)
}

// Merge adds what u has added, of differences from the same m.
func (t *Sums) Merge(u Sums) {
	t.N += u.N
	t.D += u.D
	t.W += u.W
	t.WD += u.WD
}

// AddSums adds one block to t in float64, in lanes i mod 16 that are added by halves. Its
// weights are w, or all 1 where w is nil.
func AddSums[T Float](t *Sums, scale Scale, x []T, w []float32, m T) {
	var n, d, ws, wd [lanes]float64
	for i, v := range x {
		if v == T(negInf) {
			continue
		}
		l := i % lanes
		n[l]++
		di := scale.D(float64(v), float64(m))
		d[l] += di
		if w != nil {
			wi := float64(w[i])
			ws[l] += wi
			wd[l] += float64(wi * di)
		}
	}
	t.N += tree(&n)
	t.D += tree(&d)
	if w == nil {
		t.W, t.WD = t.N, t.D
		return
	}
	t.W += tree(&ws)
	t.WD += tree(&wd)
}
