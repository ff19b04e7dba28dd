package xent_test

import (
	"math"
	"math/big"

	"xent"
)

// The oracle: the textbook formulas in 256-bit arithmetic, with nothing shared
// with the code under test.

const bigPrecision = 256

func bigOf(x float64) *big.Float        { return new(big.Float).SetPrec(bigPrecision).SetFloat64(x) }
func bigAdd(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bigPrecision).Add(a, b) }
func bigSub(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bigPrecision).Sub(a, b) }
func bigMul(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bigPrecision).Mul(a, b) }
func bigDiv(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bigPrecision).Quo(a, b) }

var bigLn2 = twiceArtanh(bigDiv(bigOf(1), bigOf(3)))

// twiceArtanh is 2(s + s³/3 + s⁵/5 + …) for |s| ≤ 1/3.
func twiceArtanh(s *big.Float) *big.Float {
	total, term, square := bigOf(0), s, bigMul(s, s)
	for k := 1.0; k < 120; k += 2 { // 3⁻¹²⁰ is 2⁻¹⁹⁰
		total = bigAdd(total, bigDiv(term, bigOf(k)))
		term = bigMul(term, square)
	}
	return bigAdd(total, total)
}

// bigLog is the natural logarithm of x > 0, m·2^e.
func bigLog(x *big.Float) *big.Float {
	m := new(big.Float).SetPrec(bigPrecision)
	e := x.MantExp(m)
	return bigAdd(twiceArtanh(bigDiv(bigSub(m, bigOf(1)), bigAdd(m, bigOf(1)))), bigMul(bigLn2, bigOf(float64(e))))
}

// bigExp is e^x by Taylor's series after halving x sixteen times.
func bigExp(x *big.Float) *big.Float {
	f, _ := x.Float64()
	k := math.Round(f / math.Ln2)
	r := bigSub(x, bigMul(bigLn2, bigOf(k)))
	r.SetMantExp(r, -16)
	total, term := bigOf(1), bigOf(1)
	for i := 1.0; i < 14; i++ { // 2⁻¹⁷·¹⁴ is 2⁻²³⁸
		term = bigDiv(bigMul(term, r), bigOf(i))
		total = bigAdd(total, term)
	}
	for range 16 {
		total = bigMul(total, total)
	}
	return total.SetMantExp(total, int(k))
}

// A bigSoftmax is a row's probabilities and their logarithms; nil for −∞.
type bigSoftmax struct {
	p, log []*big.Float
	spread float64 // greatest |d| that can matter
}

func softmaxOf(z []float64, t float64) bigSoftmax {
	m, s := math.Inf(-1), bigOf(0)
	for _, v := range z {
		m = max(m, v)
	}
	x := bigSoftmax{make([]*big.Float, len(z)), make([]*big.Float, len(z)), 0}
	for c, v := range z {
		x.p[c] = bigOf(0)
		if math.IsInf(v, -1) {
			continue
		}
		x.log[c] = bigDiv(bigSub(bigOf(v), bigOf(m)), bigOf(t))
		x.p[c] = bigExp(x.log[c])
		s = bigAdd(s, x.p[c])
		x.spread = max(x.spread, min(708, (m-v)/t))
	}
	logS := bigLog(s)
	for c := range z {
		x.p[c] = bigDiv(x.p[c], s)
		if x.log[c] != nil {
			x.log[c] = bigSub(x.log[c], logS)
		}
	}
	return x
}

// A wantedRow is what a row should give, without the row's weight: grad is the
// gradient of the objective, ratio and hard the sizes that its budget refers to.
type wantedRow struct {
	divergence, nll, entropy, objective float64
	grad, ratio, hard                   []float64
	spread                              float64
}

// wanted is the oracle. y < 0 stands for no target.
func wanted(o xent.DivergenceOptions, z, zt []float64, y int) wantedRow {
	q, p, hard := softmaxOf(z, o.Temperature), softmaxOf(zt, o.Temperature), softmaxOf(z, 1)
	w := wantedRow{spread: max(p.spread, q.spread), grad: make([]float64, len(z)), ratio: make([]float64, len(z)), hard: make([]float64, len(z)), nll: math.NaN()}
	other := p // what the student is compared with
	if o.Kind == xent.JSD {
		other = bigMixture(p, q, o.Beta)
	}
	d, own, infinite := bigDivergence(o, p, q, other)
	w.divergence, w.entropy = asFloat(d), asFloat(bigCross(q, q))
	if infinite {
		w.divergence = math.Inf(1)
	}
	if o.Soft > 0 {
		w.objective = o.Soft * o.SoftFactor * w.divergence
	}
	if y >= 0 {
		w.nll = math.Inf(1)
		if hard.log[y] != nil {
			w.nll = -asFloat(hard.log[y])
		}
		if o.Hard > 0 {
			w.objective += o.Hard * w.nll
		}
	}
	for c := range z {
		if o.Soft > 0 {
			slope, ratio := bigSlope(o, p, q, other, own, c, infinite)
			w.grad[c] = o.Soft * o.SoftFactor / o.Temperature * slope
			w.ratio[c] = asFloat(bigAdd(p.p[c], q.p[c]))
			if o.Kind == xent.ReverseKL || o.Kind == xent.JSD {
				w.ratio[c] *= 1 + ratio + asFloat(own)
			}
		}
		if o.Hard > 0 {
			g := hard.p[c]
			if c == y {
				g = bigSub(g, bigOf(1))
			}
			w.hard[c] = math.Abs(asFloat(g))
			w.grad[c] += o.Hard * asFloat(g)
		}
	}
	return w
}

func asFloat(x *big.Float) float64 {
	f, _ := x.Float64()
	return f
}

// bigCross is −Σ p·log q, 0·log 0 = 0; nil where it is infinite.
func bigCross(p, q bigSoftmax) *big.Float {
	total := bigOf(0)
	for c := range p.p {
		if p.p[c].Sign() == 0 {
			continue
		}
		if q.log[c] == nil {
			return nil
		}
		total = bigSub(total, bigMul(p.p[c], q.log[c]))
	}
	return total
}

// bigKL is H(p, q) − H(p); nil where it is infinite.
func bigKL(p, q bigSoftmax) *big.Float {
	cross := bigCross(p, q)
	if cross == nil {
		return nil
	}
	return bigSub(cross, bigCross(p, p))
}

func bigMixture(p, q bigSoftmax, beta float64) bigSoftmax {
	m := bigSoftmax{make([]*big.Float, len(p.p)), make([]*big.Float, len(p.p)), 0}
	for c := range p.p {
		m.p[c] = bigAdd(bigMul(bigOf(beta), p.p[c]), bigMul(bigSub(bigOf(1), bigOf(beta)), q.p[c]))
		if m.p[c].Sign() > 0 {
			m.log[c] = bigLog(m.p[c])
		}
	}
	return m
}

// bigDivergence also gives KL(q‖p) or KL(q‖m), where the gradient has it.
func bigDivergence(o xent.DivergenceOptions, p, q, m bigSoftmax) (d, own *big.Float, infinite bool) {
	own = bigOf(0)
	switch o.Kind {
	case xent.ForwardKL:
		d = bigKL(p, q)
	case xent.TeacherCE:
		d = bigCross(p, q)
	case xent.ReverseKL:
		d = bigKL(q, p)
		own = d
	case xent.JSD:
		own = bigKL(q, m)
		d = bigAdd(bigMul(bigOf(o.Beta), bigKL(p, m)), bigMul(bigSub(bigOf(1), bigOf(o.Beta)), own))
	}
	if d == nil {
		return bigOf(0), bigOf(0), true
	}
	return d, own, false
}

// bigSlope is T·∂D/∂z_c, and the |log| in it.
func bigSlope(o xent.DivergenceOptions, p, q, other bigSoftmax, own *big.Float, c int, infinite bool) (slope, ratio float64) {
	switch {
	case o.Kind == xent.ForwardKL || o.Kind == xent.TeacherCE:
		return asFloat(bigSub(q.p[c], p.p[c])), 0
	case q.log[c] == nil:
		return 0, 0
	case infinite && p.log[c] == nil: // ∞ − ∞
		return math.NaN(), 0
	case infinite:
		return math.Inf(-1), 0
	}
	factor, log := bigOf(1), bigSub(q.log[c], other.log[c])
	if o.Kind == xent.JSD {
		factor = bigSub(bigOf(1), bigOf(o.Beta))
	}
	return asFloat(bigMul(bigMul(factor, q.p[c]), bigSub(log, own))), math.Abs(asFloat(log))
}
