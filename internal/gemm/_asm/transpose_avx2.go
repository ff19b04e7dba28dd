package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// transposeAVX2 turns blocks of 8×8. Loading halves of lines i and i+4 into
// one register leaves only shuffles within 128-bit lanes.
func transposeAVX2() {
	TEXT("transposeAVX2", NOSPLIT, "func(dst *float32, dstRow int, src *float32, srcRow, blocks int)")
	Doc(
		"transposeAVX2 is, with strides in bytes,",
		"",
		"\tfor p := range 8 * blocks {",
		"\t\tfor j := range 8 {",
		"\t\t\tdst[p*dstRow+j] = src[j*srcRow+p]",
		"\t\t}",
		"\t}",
		"",
		"with blocks ≥ 1. It also asks for the eight lines below.",
	)
	Pragma("noescape")
	dst, dstRow := Load(Param("dst"), GP64()), Load(Param("dstRow"), GP64())
	src, row := Load(Param("src"), GP64()), Load(Param("srcRow"), GP64())
	blocks := Load(Param("blocks"), GP64())
	row3, row5, row7 := GP64(), GP64(), GP64()
	LEAQ(operand.Mem{Base: row, Index: row, Scale: 2}, row3)
	LEAQ(operand.Mem{Base: row, Index: row, Scale: 4}, row5)
	LEAQ(operand.Mem{Base: row3, Index: row, Scale: 4}, row7)
	lines := func(base Register) []operand.Mem {
		return []operand.Mem{
			{Base: base},
			{Base: base, Index: row, Scale: 1},
			{Base: base, Index: row, Scale: 2},
			{Base: base, Index: row3, Scale: 1},
			{Base: base, Index: row, Scale: 4},
			{Base: base, Index: row5, Scale: 1},
			{Base: base, Index: row3, Scale: 2},
			{Base: base, Index: row7, Scale: 1},
		}
	}
	line, below := lines(src), GP64()
	LEAQ(operand.Mem{Base: src, Index: row, Scale: 8}, below)
	Label("loop")
	for _, next := range lines(below) {
		PREFETCHT0(next)
	}
	ADDQ(operand.Imm(32), below)
	for half := 0; half < 8; half += 4 {
		var r, u [4]VecVirtual // four lines and their interleaved pairs
		for i := range r {
			r[i] = YMM()
			VMOVUPS(line[i].Offset(4*half), r[i].AsX())
			VINSERTF128(operand.Imm(1), line[i+4].Offset(4*half), r[i], r[i])
		}
		for i := range u {
			u[i] = YMM()
		}
		VUNPCKLPS(r[1], r[0], u[0])
		VUNPCKHPS(r[1], r[0], u[1])
		VUNPCKLPS(r[3], r[2], u[2])
		VUNPCKHPS(r[3], r[2], u[3])
		for i, pair := range []int{0, 0, 1, 1} {
			v := YMM()
			if i%2 == 0 {
				VUNPCKLPD(u[pair+2], u[pair], v)
			} else {
				VUNPCKHPD(u[pair+2], u[pair], v)
			}
			VMOVUPS(v, operand.Mem{Base: dst})
			ADDQ(dstRow, dst)
		}
	}
	ADDQ(operand.Imm(32), src)
	DECQ(blocks)
	JNE(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}
