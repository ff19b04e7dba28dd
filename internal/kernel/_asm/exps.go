package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// exps writes scaled exponentials.
func exps(s isa) {
	name := "exps" + s.name
	TEXT(name, NOSPLIT, "func(dst, x *float32, n int, m, a float32)")
	Doc(
		name+" is, for n a multiple of 16,",
		"",
		"\tfor i := range n {",
		"\t\tdst[i] = a * exp(x[i]-m) // 0 where x[i]-m < expMin",
		"\t}",
	)
	Pragma("noescape")
	dst, x := Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	m, a := s.broadcast("m"), s.broadcast("a")
	e := newExponential(s)
	i := GP64()
	XORQ(i, i)
	s.loops("loop", i, n, func(vectors int) { e.write(dst, x, i, vectors, m, a) })
	VZEROUPPER()
	RET()
}

// write takes that many vectors from i on.
func (e exponential) write(dst, x, i Register, vectors int, m, a VecVirtual) {
	var d []VecVirtual
	for k := range vectors {
		d = append(d, e.s.vector())
		VSUBPS(at(x, i, k*e.s.lanes()), m, d[k])
	}
	keep := make([]mask, vectors)
	for k := range d {
		keep[k] = e.s.compare(notAbove, d[k], e.s.load(table("expLimit", bits(-expMin))))
	}
	small, written := fmt.Sprintf("small%d", vectors), fmt.Sprintf("written%d", vectors)
	// Exponents that one power of two does not hold are rare: a way of their own, with
	// the same bits where it is not needed.
	least := e.s.load(table("expMax", bits(-expMax)))
	large := e.s.compare(notLeast, d[0], least)
	for _, d := range d[1:] {
		e.s.either(large, e.s.compare(notLeast, d, least))
	}
	e.s.jumpUnless(large, small)
	for k := range d {
		VMAXPS(d[k], e.s.load(table("expInf", bits(-89))), d[k]) // e⁸⁹ is +∞; NaN stays
	}
	e.store(dst, i, e.large(d), a, keep)
	JMP(operand.LabelRef(written))
	Label(small)
	e.store(dst, i, e.normal(d), a, keep)
	Label(written)
}

// store writes a·p, and 0 where it is not kept.
func (e exponential) store(dst, i Register, p []VecVirtual, a VecVirtual, keep []mask) {
	for k := range p {
		VMULPS(a, p[k], p[k])
		e.s.keep(keep[k], p[k]) // after a, which may be infinite
		VMOVUPS(p[k], at(dst, i, k*e.s.lanes()))
	}
}
