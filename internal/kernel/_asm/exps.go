package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// exps writes scaled exponentials. With stream, dst is written past the caches.
func exps(s isa, stream bool) {
	name := "exps" + s.name
	if stream {
		name = "expsStream" + s.name
	}
	TEXT(name, NOSPLIT, "func(dst, x *float32, n int, m, a float32)")
	doc := []string{
		name + " is, for n a multiple of 16,",
		"",
		"\tfor i := range n {",
		"\t\tdst[i] = a * exp(x[i]-m) // 0 where x[i]-m < expMin",
		"\t}",
	}
	if stream {
		doc = append(doc, "", "It writes past the caches: dst is aligned to 64 bytes, and x[i] ≤ m + 88, no NaN.")
	}
	Doc(doc...)
	Pragma("noescape")
	dst, x := Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	m, a := s.broadcast("m"), s.broadcast("a")
	e := newExponential(s)
	i := GP64()
	XORQ(i, i)
	s.loops("loop", i, n, func(vectors int) { e.write(dst, x, i, vectors, m, a, stream) })
	if stream {
		SFENCE()
	}
	VZEROUPPER()
	RET()
}

// write takes that many vectors from i on.
func (e exponential) write(dst, x, i Register, vectors int, m, a VecVirtual, stream bool) {
	var d []VecVirtual
	for k := range vectors {
		d = append(d, e.s.vector())
		VMOVUPS(at(x, i, k*e.s.lanes()), d[k])
		VSUBPS(m, d[k], d[k])
	}
	keep := make([]mask, vectors)
	for k := range d {
		keep[k] = e.s.compare(notLess, d[k], e.s.constant("expMin", expMin))
	}
	small, written := fmt.Sprintf("small%d", vectors), fmt.Sprintf("written%d", vectors)
	if !stream {
		// Exponents that one power of two does not hold are rare: a way of their own,
		// with the same bits where it is not needed.
		most := e.s.constant("expMax", expMax)
		large := e.s.compare(notAtMost, d[0], most)
		for _, d := range d[1:] {
			e.s.either(large, e.s.compare(notAtMost, d, most))
		}
		e.s.jumpUnless(large, small)
		for k := range d {
			VMINPS(d[k], e.s.load(e.s.constant("expInf", 89)), d[k]) // e⁸⁹ is +∞; NaN stays
		}
		e.store(dst, i, e.large(d), a, keep, stream)
		JMP(operand.LabelRef(written))
		Label(small)
	}
	e.store(dst, i, e.normal(d), a, keep, stream)
	Label(written)
}

// store writes a·p, and 0 where it is not kept.
func (e exponential) store(dst, i Register, p []VecVirtual, a VecVirtual, keep []mask, stream bool) {
	for k := range p {
		to := at(dst, i, k*e.s.lanes())
		VMULPS(a, p[k], p[k])
		e.s.keep(keep[k], p[k]) // after a, which may be infinite
		if stream {
			VMOVNTPS(p[k], to)
		} else {
			VMOVUPS(p[k], to)
		}
	}
}
