package xent

import "math"

// The reference: the loss of one row as a textbook writes it, in float64 with
// compensated sums. It shares nothing with the code under test, and
// TestReferenceIsExact holds it to math/big.

// A refInput is one row.
type refInput struct {
	z []float64 // the caller's logits
	q []float64 // the target, as a distribution over all classes
	w []float64 // class weights

	r, scale             float64
	epsilon, zeta        float64
	softCap, temperature float64 // softCap 0: none
}

// A refRow is what should come of it. Values and parts of the objective are those
// of r = 1.
type refRow struct {
	nll, lse, entropy            float64
	objective, smoothing, zloss  float64
	argmax, expected, rank       int32
	correct                      bool
	grad, p, logP, d, t          []float64
	totalT, k                    float64 // Σt; r·|scale|/T
	costBudget, smoothingBudget  float64 // Σ of each class's budget in units of u
	capBudget, lseBudget, budget float64
}

// compensated is Neumaier's sum.
type compensated struct{ sum, low float64 }

func (s *compensated) add(x float64) {
	t := s.sum + x
	if math.Abs(s.sum) >= math.Abs(x) {
		s.low += (s.sum - t) + x
	} else {
		s.low += (x - t) + s.sum
	}
	s.sum = t
}

// value is exact for infinite sums too.
func (s *compensated) value() float64 {
	if math.IsInf(s.sum, 0) {
		return s.sum
	}
	return s.sum + s.low
}

// sum adds f over classes.
func sum(v int, f func(c int) float64) float64 {
	var s compensated
	for c := range v {
		s.add(f(c))
	}
	return s.value()
}

// product is a·b, but 0·∞ is 0.
func product(a, b float64) float64 {
	if a == 0 && !math.IsNaN(b) {
		return 0
	}
	return a * b
}

// capped is the soft-cap; a masked class stays masked.
func (in *refInput) capped(z float64) float64 {
	if in.softCap == 0 || math.IsInf(z, -1) {
		return z
	}
	return in.softCap * math.Tanh(z/in.softCap)
}

// slope is the derivative of capped: sech².
func (in *refInput) slope(z float64) float64 {
	if in.softCap == 0 {
		return 1
	}
	cosh := math.Cosh(z / in.softCap)
	return 1 / cosh / cosh
}

// lowestMax returns the lowest index of the greatest element; −1 where there is
// none above −∞.
func lowestMax(x []float64) int32 {
	at := int32(-1)
	for c, v := range x {
		if v > math.Inf(-1) && (at < 0 || v > x[at]) {
			at = int32(c)
		}
	}
	return at
}

// reference computes a row.
func reference(in refInput) refRow {
	v, inf := len(in.z), math.Inf(1)
	o := refRow{argmax: lowestMax(in.z), expected: lowestMax(in.q), k: in.r * math.Abs(in.scale) / in.temperature}
	if in.softCap > 0 {
		o.capBudget = 4 * in.softCap / in.temperature
	}
	bad := o.argmax < 0
	for _, z := range in.z {
		bad = bad || math.IsNaN(z) || z == inf
	}
	if bad {
		return badRow(o, v)
	}
	m, unmasked := in.capped(in.z[o.argmax]), 0.0
	o.d, o.p, o.logP, o.t, o.grad = make([]float64, v), make([]float64, v), make([]float64, v), make([]float64, v), make([]float64, v)
	for c, z := range in.z {
		o.d[c] = (in.capped(z) - m) / in.temperature
		if z > -inf {
			unmasked++
		}
	}
	s := sum(v, func(c int) float64 { return math.Exp(o.d[c]) })
	for c := range v {
		o.p[c], o.logP[c] = math.Exp(o.d[c])/s, o.d[c]-math.Log(s)
	}
	o.lse = m/in.temperature + math.Log(s)
	o.entropy = -sum(v, func(c int) float64 { return product(o.p[c], o.logP[c]) })
	o.nll = -sum(v, func(c int) float64 { return product(in.q[c], o.logP[c]) })

	even := func(c int) float64 { // smoothing's part of the target
		if math.IsInf(in.z[c], -1) {
			return 0
		}
		return in.w[c] * in.epsilon / unmasked
	}
	cost := -sum(v, func(c int) float64 { return product((1-in.epsilon)*in.w[c]*in.q[c], o.logP[c]) })
	o.smoothing = -sum(v, func(c int) float64 { return product(even(c), o.logP[c]) })
	o.zloss = in.zeta * o.lse * o.lse
	o.objective = cost + o.smoothing + o.zloss

	o.totalT = sum(v, func(c int) float64 { return (1-in.epsilon)*in.w[c]*in.q[c] + even(c) })
	for c, z := range in.z {
		o.t[c] = (1-in.epsilon)*in.w[c]*in.q[c] + even(c)
		o.grad[c] = in.r * in.scale / in.temperature * in.slope(z) * ((o.totalT+2*in.zeta*o.lse)*o.p[c] - o.t[c])
	}
	o.rank = rankOf(in.z, o.expected)
	o.correct = o.argmax == o.expected && !math.IsInf(o.nll, 1)
	o.budgets(&in, cost, even)
	return o
}

// budgets says how large errors may be, in units of the logits' roundoff: an
// −log p has that of an nll.
func (o *refRow) budgets(in *refInput, cost float64, even func(c int) float64) {
	o.costBudget = (8+o.capBudget)*sum(len(in.q), func(c int) float64 { return (1 - in.epsilon) * in.w[c] * in.q[c] }) + 2*cost
	o.smoothingBudget = (8+o.capBudget)*sum(len(in.q), even) + 2*o.smoothing
	o.lseBudget = 8 + o.capBudget
	o.budget = 8 + 2*o.nll + o.capBudget
}

func badRow(o refRow, v int) refRow {
	nan := math.NaN()
	o.nll, o.lse, o.entropy, o.objective, o.smoothing, o.zloss = nan, nan, nan, nan, nan, nan
	o.argmax, o.rank = -1, 0
	o.grad = make([]float64, v)
	for c := range o.grad {
		o.grad[c] = nan
	}
	return o
}

// rankOf is y's place when classes are sorted by falling logit, then by index.
func rankOf(z []float64, y int32) int32 {
	rank := int32(1)
	for c, v := range z {
		if v > z[y] || v == z[y] && int32(c) < y {
			rank++
		}
	}
	return rank
}

// gradientBudget is how far the gradient of class c may be off, of logits with
// unit roundoff u whose least exponential is tiny:
//
//	u·k·((Σt + 2ζ|lse|)·(8 + 3|d_c| + 4c/T)·p_c + t_c) + tiny·K
func (o *refRow) gradientBudget(in *refInput, c int, u, tiny float64) float64 {
	coef := o.totalT + 2*in.zeta*math.Abs(o.lse)
	d := o.d[c]
	if o.p[c] == 0 {
		d = 0
	}
	return u*o.k*(coef*(8+3*math.Abs(d)+o.capBudget)*o.p[c]+o.t[c]) + tiny*o.k*coef
}
