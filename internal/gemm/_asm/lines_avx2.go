package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// linesAVX2 copies lines as wide as a tile has rows (6) or columns (16).
func linesAVX2(width int) {
	name := fmt.Sprintf("lines%dAVX2", width)
	TEXT(name, NOSPLIT, "func(dst, src *float32, srcRow, k int)")
	Doc(
		name+" is, with the stride in bytes,",
		"",
		"\tfor p := range k {",
		fmt.Sprintf("\t\tfor j := range %d {", width),
		fmt.Sprintf("\t\t\tdst[p*%d+j] = src[p*srcRow+j]", width),
		"\t\t}",
		"\t}",
		"",
		"with k ≥ 1.",
	)
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	row, k := Load(Param("srcRow"), GP64()), Load(Param("k"), GP64())
	Label("loop")
	if width == 6 {
		v, w := XMM(), XMM()
		VMOVUPS(operand.Mem{Base: src}, v)
		VMOVSD(operand.Mem{Base: src, Disp: 16}, w)
		VMOVUPS(v, operand.Mem{Base: dst})
		VMOVSD(w, operand.Mem{Base: dst, Disp: 16})
	} else {
		v, w := YMM(), YMM()
		VMOVUPS(operand.Mem{Base: src}, v)
		VMOVUPS(operand.Mem{Base: src, Disp: 32}, w)
		VMOVUPS(v, operand.Mem{Base: dst})
		VMOVUPS(w, operand.Mem{Base: dst, Disp: 32})
	}
	ADDQ(row, src)
	ADDQ(operand.Imm(uint64(4*width)), dst)
	DECQ(k)
	JNE(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}
