package xent

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestGradientIsTheSlope checks the gradient without its formula, for every
// combination of options and targets: central differences of the objective, in
// float64.
func TestGradientIsTheSlope(t *testing.T) {
	const h = 1e-4
	for _, c := range combinations() {
		if c.storage != f64 || few() && c.number%5 != 0 {
			continue
		}
		r := rand.New(rand.NewPCG(uint64(c.number), 2))
		b := c.batch(4, 6)
		for i := range b.n * b.v { // rows without what has no slope
			b.logits.f64[i] = 2 * r.NormFloat64()
		}
		if c.target >= dense32 && c.target != listUniform {
			b.logits.f64[b.v-1] = masked64(b.q[0][b.v-1])
		}
		l, err := New(b.v, c.options(b))
		if err != nil {
			t.Fatal(err)
		}
		grad := newArray(f64, b.n*b.v)
		if err := l.Gradient(nil, b.logits.matrix(b.n, b.v), b.y, nil, -1.7, grad.matrix(b.n, b.v)); err != nil {
			t.Fatal(err)
		}
		for at, g := range grad.f64 {
			z := b.logits.f64[at]
			if math.IsInf(z, -1) {
				continue
			}
			// Richardson's rule, so that what remains is of order h⁴.
			slope := func(h float64) float64 {
				lo, hi := z-h, z+h
				b.logits.f64[at] = hi
				up := objectiveOf(t, l, b)
				b.logits.f64[at] = lo
				down := objectiveOf(t, l, b)
				b.logits.f64[at] = z
				return -1.7 * (up - down) / (hi - lo)
			}
			want := (4*slope(h) - slope(2*h)) / 3
			if !(math.Abs(g-want) <= 1e-9) {
				t.Fatalf("%v: element %d: gradient %v, slope %v", c, at, g, want)
			}
		}
	}
}

// masked64 is a logit that the target allows to be masked.
func masked64(q float64) float64 {
	if q == 0 {
		return math.Inf(-1)
	}
	return 0.5
}

func objectiveOf(t *testing.T, l *Loss, b *batch) float64 {
	var total Total
	if err := l.Forward(&total, b.logits.matrix(b.n, b.v), b.y, nil); err != nil {
		t.Fatal(err)
	}
	return total.Result().Sum
}

// Exponentials and logarithms of 300 bits, to hold the reference to.

const bigBits = 300

func newBig(x float64) *big.Float { return new(big.Float).SetPrec(bigBits).SetFloat64(x) }

// bigExp is Taylor's series at x/2²⁰, squared twenty times.
func bigExp(x *big.Float) *big.Float {
	small := new(big.Float).SetPrec(bigBits).SetMantExp(x, -20)
	if e := x.MantExp(nil); e > 20 {
		panic(fmt.Sprintf("exp of %v", x))
	}
	sum, term := newBig(1), newBig(1)
	for k := 1; k < 60; k++ {
		term.Quo(term.Mul(term, small), newBig(float64(k)))
		sum.Add(sum, term)
	}
	for range 20 {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog is Newton's method on exp, from float64's digits.
func bigLog(x *big.Float) *big.Float {
	fraction := new(big.Float)
	exp := x.MantExp(fraction)
	near, _ := fraction.Float64()
	y := newBig(math.Log(near) + float64(exp)*math.Ln2)
	for range 5 {
		e := bigExp(new(big.Float).Neg(y))
		y.Add(y, new(big.Float).Sub(e.Mul(e, x), newBig(1)))
	}
	return y
}

// bigTanh is (e²ˣ−1)/(e²ˣ+1).
func bigTanh(x *big.Float) *big.Float {
	e := bigExp(new(big.Float).Add(x, x))
	one := newBig(1)
	return new(big.Float).SetPrec(bigBits).Quo(new(big.Float).Sub(e, one), new(big.Float).Add(e, one))
}

// TestReferenceIsExact: where the budgets allow float32 errors in units of 2⁻²⁴,
// the reference is right to the same multiples of 2⁻⁴⁶, for rows of every sort: its
// own rounding decides nothing.
func TestReferenceIsExact(t *testing.T) {
	for number, c := range combinations() {
		if number%23 != 0 || few() && number%161 != 0 {
			continue
		}
		k := newChecker(t, c)
		k.b = c.batch(len(batchRows), 5)
		for i := range k.b.n {
			in := k.refInput(i)
			ref := reference(in)
			if in.r == 0 || math.IsNaN(ref.nll) || math.IsInf(ref.nll, 0) {
				continue
			}
			nll, grad := bigRow(in)
			k.within("nll", i, ref.nll, nll, 0x1p-46*ref.budget)
			for j, g := range grad {
				k.within("gradient", i, ref.grad[j], g, ref.gradientBudget(&in, j, 0x1p-46, 0x1p-1000))
			}
		}
	}
}

// bigRow is the nll and the gradient of a row, with the textbook's formulas as
// they stand: lse − z_y, and p − t.
func bigRow(in refInput) (nll float64, grad []float64) {
	mul := func(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(bigBits).Mul(a, b) }
	var x, e []*big.Float
	s, unmasked := newBig(0), 0.0
	for _, z := range in.z {
		if math.IsInf(z, -1) {
			x, e = append(x, nil), append(e, newBig(0))
			continue
		}
		unmasked++
		v := newBig(z)
		if in.softCap > 0 {
			v = mul(bigTanh(v.Quo(v, newBig(in.softCap))), newBig(in.softCap))
		}
		v.Quo(v, newBig(in.temperature))
		x, e = append(x, v), append(e, bigExp(v))
		s.Add(s, e[len(e)-1])
	}
	lse, totalT, loss := bigLog(s), newBig(0), newBig(0)
	ts := make([]*big.Float, len(x))
	for c, z := range in.z {
		ts[c] = mul(newBig(1), newBig(in.q[c]))
		ts[c].Sub(ts[c], mul(newBig(in.epsilon), newBig(in.q[c])))
		if x[c] != nil {
			ts[c].Add(ts[c], new(big.Float).SetPrec(bigBits).Quo(newBig(in.epsilon), newBig(unmasked)))
			loss.Add(loss, mul(newBig(in.q[c]), new(big.Float).Sub(lse, x[c])))
		} else if in.q[c] != 0 {
			panic(fmt.Sprint(z))
		}
		ts[c] = mul(ts[c], newBig(in.w[c]))
		totalT.Add(totalT, ts[c])
	}
	coef := totalT.Add(totalT, mul(mul(newBig(2), newBig(in.zeta)), lse))
	for c := range in.z {
		g := new(big.Float).SetPrec(bigBits).Quo(mul(coef, e[c]), s)
		g.Sub(g, ts[c])
		g = mul(g.Quo(g, newBig(in.temperature)), mul(newBig(in.r), newBig(in.scale)))
		if in.softCap > 0 && x[c] != nil {
			tanh := bigTanh(new(big.Float).Quo(newBig(in.z[c]), newBig(in.softCap)))
			g = mul(g, new(big.Float).Sub(newBig(1), mul(tanh, tanh)))
		}
		v, _ := g.Float64()
		grad = append(grad, v)
	}
	nll, _ = loss.Float64()
	return nll, grad
}
