package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// linesAVX512 copies lines up to a tile's width, as a mask has it.
func linesAVX512() {
	TEXT("linesAVX512", NOSPLIT, "func(dst *float32, dstRow int, src *float32, srcRow, k int, mask uint32)")
	Doc(
		"linesAVX512 is, with strides in bytes,",
		"",
		"\tfor p := range k {",
		"\t\tfor j := range 32 {",
		"\t\t\tif mask>>j&1 != 0 {",
		"\t\t\t\tdst[p*dstRow+j] = src[p*srcRow+j]",
		"\t\t\t}",
		"\t\t}",
		"\t}",
		"",
		"with k ≥ 1.",
	)
	Pragma("noescape")
	dst, dstRow := Load(Param("dst"), GP64()), Load(Param("dstRow"), GP64())
	src, row := Load(Param("src"), GP64()), Load(Param("srcRow"), GP64())
	k, mask := Load(Param("k"), GP64()), Load(Param("mask"), GP32())
	low, high := K(), K()
	KMOVW(mask, low)
	SHRL(operand.Imm(16), mask)
	KMOVW(mask, high)
	Label("loop")
	v, w := ZMM(), ZMM()
	VMOVUPS_Z(operand.Mem{Base: src}, low, v)
	VMOVUPS_Z(operand.Mem{Base: src, Disp: 64}, high, w)
	VMOVUPS(v, low, operand.Mem{Base: dst})
	VMOVUPS(w, high, operand.Mem{Base: dst, Disp: 64})
	ADDQ(row, src)
	ADDQ(dstRow, dst)
	DECQ(k)
	JNE(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}
