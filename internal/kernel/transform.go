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

// Scale is how differences of logits become exponents: d = (z − m)/T.
type Scale struct {
	inverse float64 // 1/T
	// 16/(T·ln 2), 1/T in two parts, and the differences from which on an exponential is
	// no normal number, and 0: what vector loops multiply by.
	factors [5]float32
	vector  bool // the factors are normal numbers
}

// NewScale returns the scale of temperature T > 0.
func NewScale(t float64) Scale {
	s := Scale{inverse: 1 / t, vector: t >= 0x1p-64 && t <= 0x1p64}
	if hi := float32(s.inverse); s.vector {
		s.factors = [5]float32{float32(16 / math.Ln2 * s.inverse), hi, float32(s.inverse - float64(hi)), float32(-expMin * t), float32(127 * math.Ln2 * t)}
	}
	return s
}

// D returns (z − m)/T in float64.
func (s Scale) D(z, m float64) float64 { return float64((z - m) * s.inverse) }

// ScaledExps sets dst[i] = a·exp((x[i] − m)/T), and +0 where the exponential is
// 0 even if a is infinite; dst may be x. x[i] = −∞ gives 0 for any m > −∞.
func ScaledExps[T Float](scale Scale, dst, x []T, m, a T) {
	dst = dst[:len(x)]
	switch x := any(x).(type) {
	case []float32:
		to, from := any(dst).([]float32), float32(m)
		if scale.inverse != 1 {
			for i, v := range x {
				to[i] = float32(scale.D(float64(v), float64(m)))
			}
			x, from = to, 0
		}
		scaledExps(to, x, from, float32(a))
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
