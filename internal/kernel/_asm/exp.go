package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The constants of exp.go.
const (
	expMin     = -87.3
	expMax     = 88
	log2e      = 1.0 / math.Ln2
	ln2Hi      = 355.0 / 512
	ln2Lo      = math.Ln2 - ln2Hi
	roundMagic = 3 << 22
	exp2       = 0x1.fffffcp-2
	exp3       = 0x1.555492p-3
	exp4       = 0x1.5558f2p-5
	exp5       = 0x1.1239e2p-7
	exp6       = 0x1.6a2434p-10
)

// An exponential holds what exps of a kernel share.
type exponential struct {
	s                                              isa
	min, max, inf, log2e, magic, hi, lo, one, bias operand.Op
	poly                                           []operand.Op // exp6 … exp2
}

func newExponential(s isa) exponential {
	e := exponential{
		s: s, min: s.constant("expMin", expMin), log2e: s.constant("log2e", log2e), magic: s.constant("magic", roundMagic),
		hi: s.constant("ln2Hi", ln2Hi), lo: s.constant("ln2Lo", ln2Lo), one: s.constant("one", 1),
	}
	for _, c := range []struct {
		name string
		v    float64
	}{{"exp6", exp6}, {"exp5", exp5}, {"exp4", exp4}, {"exp3", exp3}, {"exp2", exp2}} {
		e.poly = append(e.poly, s.constant(c.name, c.v))
	}
	return e
}

// large adds what exponents up to +∞ need.
func (e *exponential) large() {
	e.max, e.inf, e.bias = e.s.constant("expMax", expMax), e.s.constant("expInf", 89), e.s.integers("bias", 127) // e⁸⁹ is +∞
}

// parts emits, for each vector d, which it overwrites,
//
//	t = fma(d, log2e, magic), n = t − magic
//	r = fma(−n, ln2Lo, fma(−n, ln2Hi, d))
//	p = 1 + r·(1 + r·(exp2 + r·(exp3 + r·(exp4 + r·(exp5 + r·exp6)))))
//
// each step a fused multiply-add. It returns p and t, in whose low bits n stands.
// The vectors go through each step together, to keep the units busy.
func (e exponential) parts(d []VecVirtual) (p, t []VecVirtual) {
	each := func(f func(i int)) {
		for i := range d {
			f(i)
		}
	}
	n := make([]VecVirtual, len(d))
	each(func(i int) { t = append(t, e.s.load(e.magic)) })
	each(func(i int) { VFMADD231PS(e.log2e, d[i], t[i]) })
	each(func(i int) { n[i] = e.s.vector(); VSUBPS(e.magic, t[i], n[i]) })
	each(func(i int) { VFNMADD231PS(e.hi, n[i], d[i]) })
	each(func(i int) { VFNMADD231PS(e.lo, n[i], d[i]) })
	each(func(i int) { p = append(p, e.s.load(e.poly[0])) })
	for _, c := range append(e.poly[1:], e.one, e.one) {
		each(func(i int) { VFMADD213PS(c, d[i], p[i]) })
	}
	return p, t
}

// scale multiplies p by 2ⁿ, by adding n to the exponent: p·2ⁿ must be normal.
func (e exponential) scale(p, t []VecVirtual) {
	for i := range p {
		VPSLLD(operand.Imm(23), t[i], t[i])
		VPADDD(t[i], p[i], p[i])
	}
}

// scaleTwice multiplies p by 2ⁿ in two steps, up to +∞.
func (e exponential) scaleTwice(p, t []VecVirtual) {
	for i := range p {
		half := e.s.vector()
		VPSUBD(e.magic, t[i], t[i])
		VPSRAD(operand.Imm(1), t[i], half)
		VPSUBD(half, t[i], t[i])
		for _, n := range []VecVirtual{half, t[i]} {
			VPADDD(e.bias, n, n)
			VPSLLD(operand.Imm(23), n, n)
			VMULPS(n, p[i], p[i])
		}
	}
}
