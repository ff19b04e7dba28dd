package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// sum adds the products of the elements of so many arrays, from the left.
func sum(s isa, name string, arrays int) {
	names := []string{"x", "y", "z"}[:arrays]
	list := strings.Join(names, ", ")
	TEXT(name+s.name, NOSPLIT, fmt.Sprintf("func(%s *float32, n int, tail *float32) float32", list))
	Doc(
		name+s.name+" is Σ "+strings.Join(names, "[i]·")+"[i] over n elements, n a multiple of 32, and then, unless tail",
		"is nil, over 32 of each array one after the other in tail. Element i goes to lane",
		"i mod 32; the lanes are added by halves.",
	)
	Pragma("noescape")
	var base []Register
	for _, a := range names {
		base = append(base, Load(Param(a), GP64()))
	}
	n, tail := Load(Param("n"), GP64()), Load(Param("tail"), GP64())
	i := GP64()
	t := &loop{s: s}
	var lane []VecVirtual
	for range 32 / s.lanes() {
		lane = append(lane, s.zero())
	}
	Label("again")
	XORQ(i, i)
	JMP(operand.LabelRef("next"))
	Label("loop")
	for k := range lane {
		v := s.vector()
		VMOVUPS(at(base[0], i, k*s.lanes()), v)
		for _, b := range base[1:] {
			v = t.mul(v, at(b, i, k*s.lanes()))
		}
		VADDPS(v, lane[k], lane[k])
	}
	ADDQ(operand.Imm(32), i)
	Label("next")
	CMPQ(i, n)
	JLT(operand.LabelRef("loop"))
	TESTQ(tail, tail)
	JEQ(operand.LabelRef("tree"))
	for k, b := range base {
		LEAQ(operand.Mem{Base: tail, Disp: 4 * 32 * k}, b)
	}
	XORQ(tail, tail)
	MOVQ(operand.U64(32), n)
	JMP(operand.LabelRef("again"))
	Label("tree")
	Store(fold(s, lane), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// fold adds lanes by halves.
func fold(s isa, lane []VecVirtual) Register {
	for k := len(lane) / 2; k > 0; k /= 2 {
		for l := range k {
			VADDPS(lane[l+k], lane[l], lane[l])
		}
	}
	half := lane[0]
	if s.wide {
		half = YMM()
		VEXTRACTF32X8(operand.Imm(1), lane[0], half)
		VADDPS(half, lane[0].AsY(), half)
	}
	quarter, pair, one := XMM(), XMM(), XMM()
	VEXTRACTF128(operand.Imm(1), half.AsY(), quarter)
	VADDPS(quarter, half.AsX(), quarter)
	VMOVHLPS(quarter, quarter, pair)
	VADDPS(pair, quarter, quarter)
	VMOVSHDUP(quarter, one)
	VADDSS(one, quarter, quarter)
	return quarter
}

// squares adds squares in float64.
func squares(s isa) {
	name := "squares" + s.name
	TEXT(name, NOSPLIT, "func(x *float32, n int) float64")
	Doc(
		name+" is Σ x[i]² in float64, where a square is exact, over n elements, n a multiple",
		"of 16. Element i goes to lane i mod 16; the lanes are added by halves.",
	)
	Pragma("noescape")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	doubles := s.lanes() / 2
	var lane []VecVirtual
	for range group / doubles {
		lane = append(lane, s.zero())
	}
	i := GP64()
	while("loop", i, n, func() {
		for k := range lane {
			v := s.vector()
			VCVTPS2PD(at(x, i, k*doubles), v)
			VFMADD231PD(v, v, lane[k])
		}
	})
	for k := len(lane) / 2; k > 0; k /= 2 {
		for l := range k {
			VADDPD(lane[l+k], lane[l], lane[l])
		}
	}
	quarter := lane[0]
	if s.wide {
		quarter = YMM()
		VEXTRACTF64X4(operand.Imm(1), lane[0], quarter)
		VADDPD(quarter, lane[0].AsY(), quarter)
	}
	pair, one := XMM(), XMM()
	VEXTRACTF128(operand.Imm(1), quarter.AsY(), pair)
	VADDPD(pair, quarter.AsX(), pair)
	VUNPCKHPD(pair, pair, one)
	VADDSD(one, pair, pair)
	Store(pair, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
