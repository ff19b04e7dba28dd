package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The exponential of d, to within 1 unit in the last place:
//
//	n = round(d·16/ln 2), r = d − n·ln 2/16        |r| ≤ ln 2/32
//	e^d = 2^(n/16)·e^r,   e^r = 1 + r·(1 + r·(exp2 + r·exp3))
//
// 2^(n/16) comes from a table of sixteen and an addition to its exponent. exp2 and
// exp3 make the relative error of e^r least, 2·10⁻⁹.
const (
	steps      = 16
	expMin     = -87.3 // below it e^d is no normal number
	expZero    = -127 * math.Ln2
	expMax     = 88
	log2e      = steps / math.Ln2
	ln2Hi      = 355.0 / 512 / steps // 9 bits: n·ln2Hi is exact
	ln2Lo      = math.Ln2/steps - ln2Hi
	roundMagic = 3 << 22 // adding it to a number below 2²² rounds to an integer, in the low bits
	exp2       = 0x1.000236p-1
	exp3       = 0x1.5555fcp-3
)

// powers are the bits of 2^(k/16), less k at the place where adding n brings it.
func powers() []uint32 {
	var p []uint32
	for k := range steps {
		p = append(p, math.Float32bits(float32(math.Exp2(float64(k)/steps)))-uint32(k)<<powerShift)
	}
	return p
}

// powerShift brings n/16 to a float32's exponent.
const powerShift = 19

// An exponential holds what exps of a kernel share.
type exponential struct {
	s                                     isa
	log2e, magic, hi, lo, one, exp2, exp3 operand.Op
	powers                                [2]operand.Op // the table, in registers of eight or sixteen
	scale                                 *scaling      // nil for e^d
}

// A scaling makes e^(d/T) of e^d. The product d/T is never rounded.
type scaling struct {
	log2e, hi, lo operand.Op // 16/(T·ln 2), and 1/T in two parts
}

func newExponential(s isa) exponential {
	e := exponential{
		s: s, magic: s.constant("magic", roundMagic), hi: s.constant("ln2Hi", ln2Hi), lo: s.constant("ln2Lo", ln2Lo),
		log2e: table("log2e", bits(log2e)), one: table("one", bits(1)), exp2: table("exp2", bits(exp2)), exp3: s.constant("exp3", exp3),
	}
	t := words("powers", powers())
	if s.wide {
		e.powers[0] = ZMM()
		VMOVUPS(t, e.powers[0])
	} else {
		e.powers = [2]operand.Op{t, t.Offset(32)}
	}
	return e
}

// reduce emits, for the exponentials of −d of each vector d, which it overwrites,
//
//	t = fma(−d, log2e, magic), n = t − magic
//	r = fma(−n, ln2Lo, −fma(n, ln2Hi, d))
//
// and returns r and t, in whose low bits n stands. The vectors go through each step
// together, to keep the units busy.
func (e exponential) reduce(d []VecVirtual) (r, t []VecVirtual) {
	n := make([]VecVirtual, len(d))
	each := func(f func(i int)) {
		for i := range d {
			f(i)
		}
	}
	each(func(i int) { t = append(t, e.s.load(e.magic)) })
	if k := e.scale; k != nil {
		// r = −d·(hi + lo) − n·ln 2/16; n·ln2Hi is exact.
		each(func(i int) { VFNMADD231PS(e.s.each(k.log2e), d[i], t[i]) })
		each(func(i int) { n[i] = e.s.vector(); VSUBPS(e.magic, t[i], n[i]) })
		each(func(i int) { r = append(r, e.s.vector()); VMULPS(e.hi, n[i], r[i]) })
		each(func(i int) { VFNMSUB231PS(e.s.each(k.hi), d[i], r[i]) })
		each(func(i int) { VFNMADD231PS(e.s.each(k.lo), d[i], r[i]) })
		each(func(i int) { VFNMADD231PS(e.lo, n[i], r[i]) })
		return r, t
	}
	each(func(i int) { e.s.negativeMultiplyAdd(e.log2e, d[i], t[i]) })
	each(func(i int) { n[i] = e.s.vector(); VSUBPS(e.magic, t[i], n[i]) })
	each(func(i int) { VFNMSUB231PS(e.hi, n[i], d[i]) })
	each(func(i int) { VFNMADD231PS(e.lo, n[i], d[i]) })
	return d, t
}

// power returns the table's entries of n, which stands in the low bits of t.
func (e exponential) power(t []VecVirtual) (w []VecVirtual) {
	for i := range t {
		w = append(w, e.s.vector())
		e.s.lookUp(e.powers, t[i], w[i])
	}
	return w
}

// normal returns e^−d, which must be a normal number, or 0 for −d = expZero. It
// overwrites d.
func (e exponential) normal(d []VecVirtual) []VecVirtual {
	r, t := e.reduce(d)
	w := e.power(t)
	for i := range t {
		VPSLLD(operand.Imm(powerShift), t[i], t[i])
		VPADDD(t[i], w[i], w[i])
	}
	e.multiply(r, w)
	return w
}

// multiply sets w to w·e^r, w + w·(r·(1 + r·(exp2 + r·exp3))). It overwrites r. (r·w could
// be subnormal.)
func (e exponential) multiply(r, w []VecVirtual) {
	var p []VecVirtual
	for range r {
		p = append(p, e.s.load(e.exp2))
	}
	for i := range r {
		VFMADD231PS(e.exp3, r[i], p[i])
	}
	for i := range r {
		e.s.multiplyAdd(r[i], p[i], e.one)
	}
	for i := range r {
		VMULPS(p[i], r[i], r[i])
	}
	for i := range r {
		VFMADD231PS(r[i], w[i], w[i])
	}
}

// large returns e^−d up to +∞, multiplying by 2ⁿ in two steps.
func (e exponential) large(d []VecVirtual) []VecVirtual {
	bias, low := e.s.integers("bias", 127), e.s.integers("low", steps-1)
	r, t := e.reduce(d)
	w := e.power(t)
	for i := range d {
		k := e.s.vector()
		e.s.and(low, t[i], k)
		VPSLLD(operand.Imm(powerShift), k, k)
		VPADDD(k, w[i], w[i])
	}
	e.multiply(r, w)
	for i := range d {
		half := e.s.vector()
		VPSUBD(e.magic, t[i], t[i])
		VPSRAD(operand.Imm(4), t[i], t[i])
		VPSRAD(operand.Imm(1), t[i], half)
		VPSUBD(half, t[i], t[i])
		for _, n := range []VecVirtual{half, t[i]} {
			VPADDD(bias, n, n)
			VPSLLD(operand.Imm(23), n, n)
			VMULPS(n, w[i], w[i])
		}
	}
	return w
}
