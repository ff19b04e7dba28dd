package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// index looks for an element.
func index(s isa) {
	name := "index" + s.name
	TEXT(name, NOSPLIT, "func(x *float32, n int, v float32) int")
	Doc(name + " is where the first 64 of n elements, a multiple of 64, begin that have one equal to v; n for none.")
	Pragma("noescape")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	v := s.broadcast("v")
	i := GP64()
	XORQ(i, i)
	Label("loop")
	CMPQ(i, n)
	JGE(operand.LabelRef("done"))
	found := s.compare(equal, v, at(x, i, 0))
	for first := s.lanes(); first < 64; first += s.lanes() {
		s.either(found, s.compare(equal, v, at(x, i, first)))
	}
	s.jumpIf(found, "done")
	ADDQ(operand.Imm(64), i)
	JMP(operand.LabelRef("loop"))
	Label("done")
	Store(i, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
