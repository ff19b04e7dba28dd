package main

import (
	"fmt"

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
	far := GP64() // masked loads are slow from memory, unless their lines were asked for
	MOVQ(row, far)
	SHLQ(operand.Imm(4), far)
	low, high := K(), K()
	KMOVW(mask, low)
	SHRL(operand.Imm(16), mask)
	KMOVW(mask, high)
	Label("loop")
	v, w := ZMM(), ZMM()
	VMOVUPS_Z(operand.Mem{Base: src}, low, v)
	VMOVUPS_Z(operand.Mem{Base: src, Disp: 64}, high, w)
	PREFETCHT0(operand.Mem{Base: src, Index: far, Scale: 1})
	PREFETCHT0(operand.Mem{Base: src, Index: far, Scale: 1, Disp: 64})
	VMOVUPS(v, low, operand.Mem{Base: dst})
	VMOVUPS(w, high, operand.Mem{Base: dst, Disp: 64})
	ADDQ(row, src)
	ADDQ(dstRow, dst)
	DECQ(k)
	JNE(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// linesFullAVX512 copies lines of the width of a tile's rows, which is not that of
// a register. Whole registers go faster than masked ones, many times so from
// memory; all but the last may read and write what the next line begins with.
func linesFullAVX512(width int) {
	name := fmt.Sprintf("lines%dAVX512", width)
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
		"with k ≥ 1 and srcRow of no less than a line.",
	)
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	row, k := Load(Param("srcRow"), GP64()), Load(Param("k"), GP64())
	v, mask, m, far := ZMM(), K(), GP32(), GP64()
	MOVQ(row, far)
	SHLQ(operand.Imm(4), far)
	DECQ(k)
	JE(operand.LabelRef("last"))
	Label("loop")
	VMOVUPS(operand.Mem{Base: src}, v)
	PREFETCHT0(operand.Mem{Base: src, Index: far, Scale: 1})
	VMOVUPS(v, operand.Mem{Base: dst})
	ADDQ(row, src)
	ADDQ(operand.Imm(uint64(4*width)), dst)
	DECQ(k)
	JNE(operand.LabelRef("loop"))
	Label("last")
	MOVL(operand.U32(1<<width-1), m)
	KMOVW(m, mask)
	VMOVUPS_Z(operand.Mem{Base: src}, mask, v)
	VMOVUPS(v, mask, operand.Mem{Base: dst})
	VZEROUPPER()
	RET()
}
