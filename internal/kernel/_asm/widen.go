package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// widen makes float32 of a 16-bit type, exactly.
func widen(s isa, from source) {
	name := "widen" + from.name + s.name
	TEXT(name, NOSPLIT, "func(dst *float32, x *uint16, n int)")
	Doc(name + " sets dst[i] to the value of x[i] for n elements, n a multiple of 32.")
	Pragma("noescape")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	from.prepare(s)
	i := GP64()
	XORQ(i, i)
	Label("loop")
	CMPQ(i, n)
	JGE(operand.LabelRef("done"))
	for at := 0; at < 32; at += s.lanes() {
		VMOVUPS(from.load(x, i, at), operand.Mem{Base: dst, Index: i, Scale: 4, Disp: 4 * at})
	}
	ADDQ(operand.Imm(32), i)
	JMP(operand.LabelRef("loop"))
	Label("done")
	VZEROUPPER()
	RET()
}
