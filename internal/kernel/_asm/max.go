package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// maximum looks for the greatest element.
func maximum(s isa) {
	name := "max" + s.name
	TEXT(name, NOSPLIT, "func(x *float32, n int) float32")
	Doc(
		name + " is the greatest of n elements, n a multiple of 32; −∞ of none, NaN if one is.",
	)
	Pragma("noescape")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	vectors := 32 / s.lanes()
	var top []VecVirtual
	for range vectors {
		top = append(top, s.load(s.integers("negInf", math.Float32bits(float32(math.Inf(-1))))))
	}
	seen := GP32()
	XORL(seen, seen)
	i := GP64()
	XORQ(i, i)
	Label("loop")
	CMPQ(i, n)
	JGE(operand.LabelRef("done"))
	for v := 0; v < vectors; v += 2 {
		a, b := s.vector(), s.vector()
		VMOVUPS(at(x, i, v*s.lanes()), a)
		VMOVUPS(at(x, i, (v+1)*s.lanes()), b)
		m := s.compare(unordered, a, b)
		bits := GP32()
		if s.wide {
			KMOVW(m.k, bits)
		} else {
			VMOVMSKPS(m.v, bits)
		}
		ORL(bits, seen)
		VMAXPS(a, top[v], top[v])
		VMAXPS(b, top[v+1], top[v+1])
	}
	ADDQ(operand.Imm(32), i)
	JMP(operand.LabelRef("loop"))

	Label("done")
	for k := vectors / 2; k > 0; k /= 2 {
		for v := range k {
			VMAXPS(top[v+k], top[v], top[v])
		}
	}
	quarter := s.largest(top[0])
	TESTL(seen, seen)
	JEQ(operand.LabelRef("number"))
	VMOVSS(table("nan", math.Float32bits(float32(math.NaN()))), quarter)
	Label("number")
	Store(quarter, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
