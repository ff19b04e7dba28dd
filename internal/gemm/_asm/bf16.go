package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Go's assembler does not know AVX512_BF16, so these two are written as bytes, with
// operands in Go's order. Intel's manual, volume 2: EVEX.512.F3.0F38.W0 52 /r and
// EVEX.512.F3.0F38.W0 72 /r.

// VDPBF16PS adds to each float32 of c the products of the two bfloat16 in the same
// 32 bits of a and b, the upper ones first.
func VDPBF16PS(a, b, c VecPhysical) { bytes512(0x52, number(a), number(b), number(c), a, b, c) }

// VCVTNEPS2BF16 rounds sixteen float32 to bfloat16, the nearest, ties to even.
func VCVTNEPS2BF16(x, y VecPhysical) { bytes512(0x72, number(x), 0, number(y), x, y) }

var zmm = []VecPhysical{
	Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
	Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31,
}

// number of a register, as instructions have it.
func number(v VecPhysical) uint32 { return uint32(v.PhysicalIndex()) }

// bytes512 emits an instruction of EVEX.512.F3.0F38.W0 between registers: rm and v
// are read, reg is written.
func bytes512(opcode, rm, v, reg uint32, operands ...VecPhysical) {
	not := func(x, bit, at uint32) uint32 { return (^x >> bit & 1) << at }
	p0 := not(reg, 3, 7) | not(rm, 4, 6) | not(rm, 3, 5) | not(reg, 4, 4) | 2
	p1 := (^v&15)<<3 | 1<<2 | 2
	p2 := uint32(2<<5) | not(v, 4, 3)
	modrm := 3<<6 | (reg&7)<<3 | rm&7
	all := make([]operand.Op, len(operands))
	for i, r := range operands {
		all[i] = r
	}
	last := all[len(all)-1:]
	Instruction(&ir.Instruction{Opcode: "LONG", Operands: []operand.Op{operand.U32(0x62 | p0<<8 | p1<<16 | p2<<24)}, Inputs: all, Outputs: last})
	Instruction(&ir.Instruction{Opcode: "WORD", Operands: []operand.Op{operand.U16(opcode | modrm<<8)}, Inputs: all, Outputs: last})
}

// mergeBF16 rounds lines to bfloat16 and joins them two by two.
func mergeBF16() {
	TEXT("mergeBF16", NOSPLIT, "func(dst *float32, dstRow int, src *float32, srcRow, k int, mask uint32)")
	Doc(
		"mergeBF16 is, with strides in bytes and a line of zeros after the last,",
		"",
		"\tfor p := 0; p < k; p += 2 {",
		"\t\tfor j := range 32 {",
		"\t\t\tif mask>>j&1 != 0 {",
		"\t\t\t\tdst[p/2*dstRow+j] = pair(src[p*srcRow+j], src[(p+1)*srcRow+j])",
		"\t\t\t}",
		"\t\t}",
		"\t}",
		"",
		"where pair has the nearest bfloat16 of its first number in the lower 16 bits and",
		"that of the second in the upper, with k ≥ 1.",
	)
	Pragma("noescape")
	dst, dstRow := Load(Param("dst"), GP64()), Load(Param("dstRow"), GP64())
	src, row := Load(Param("src"), GP64()), Load(Param("srcRow"), GP64())
	k, mask := Load(Param("k"), GP64()), Load(Param("mask"), GP32())
	masks := [2]OpmaskVirtual{K(), K()}
	KMOVW(mask, masks[0])
	SHRL(operand.Imm(16), mask)
	KMOVW(mask, masks[1])
	far := GP64() // masked loads are slow from memory, unless their lines were asked for
	MOVQ(row, far)
	SHLQ(operand.Imm(4), far)
	line := func(at, low, high int) {
		VMOVUPS_Z(operand.Mem{Base: src}, masks[0], zmm[low])
		VMOVUPS_Z(operand.Mem{Base: src, Disp: 64}, masks[1], zmm[high])
		PREFETCHT0(operand.Mem{Base: src, Index: far, Scale: 1})
		PREFETCHT0(operand.Mem{Base: src, Index: far, Scale: 1, Disp: 64})
		ADDQ(row, src)
	}
	join := func() {
		for half := range 2 {
			low, high := zmm[half], zmm[2+half]
			VCVTNEPS2BF16(low, low)
			VCVTNEPS2BF16(high, high)
			VPMOVZXWD(low.AsY(), low)
			VPMOVZXWD(high.AsY(), high)
			VPSLLD(operand.Imm(16), high, high)
			VPORD(high, low, low)
			VMOVUPS(low, masks[half], operand.Mem{Base: dst, Disp: 64 * half})
		}
	}
	SUBQ(operand.Imm(2), k)
	JL(operand.LabelRef("last"))
	Label("loop")
	line(0, 0, 1)
	line(1, 2, 3)
	join()
	ADDQ(dstRow, dst)
	SUBQ(operand.Imm(2), k)
	JGE(operand.LabelRef("loop"))
	Label("last")
	ADDQ(operand.Imm(2), k)
	JE(operand.LabelRef("done"))
	line(0, 0, 1)
	VXORPS(zmm[2], zmm[2], zmm[2])
	VXORPS(zmm[3], zmm[3], zmm[3])
	join()
	Label("done")
	VZEROUPPER()
	RET()
}

// narrowBF16 rounds a line to bfloat16.
func narrowBF16() {
	TEXT("narrowBF16", NOSPLIT, "func(dst, src *float32, n int)")
	Doc(
		"narrowBF16 is, with zero after the last number,",
		"",
		"\tfor p := 0; p < n; p += 2 {",
		"\t\tdst[p/2] = pair(src[p], src[p+1])",
		"\t}",
		"",
		"where pair is that of mergeBF16.",
	)
	Pragma("noescape")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	z := zmm[0]
	SUBQ(operand.Imm(16), n)
	JL(operand.LabelRef("last"))
	Label("loop")
	VMOVUPS(operand.Mem{Base: src}, z)
	VCVTNEPS2BF16(z, z)
	VMOVUPS(z.AsY(), operand.Mem{Base: dst})
	ADDQ(operand.Imm(64), src)
	ADDQ(operand.Imm(32), dst)
	SUBQ(operand.Imm(16), n)
	JGE(operand.LabelRef("loop"))
	Label("last")
	ADDQ(operand.Imm(16), n)
	JE(operand.LabelRef("done"))
	numbers, pairs, one, count := K(), K(), GP32(), n
	MOVL(operand.U32(1), one)
	mask := GP32()
	SHLXL(count.(GPVirtual).As32(), one, mask)
	DECL(mask)
	KMOVW(mask, numbers)
	INCQ(count)
	SHRQ(operand.Imm(1), count)
	SHLXL(count.(GPVirtual).As32(), one, mask)
	DECL(mask)
	KMOVW(mask, pairs)
	VMOVUPS_Z(operand.Mem{Base: src}, numbers, z)
	VCVTNEPS2BF16(z, z)
	VMOVUPS(z, pairs, operand.Mem{Base: dst})
	Label("done")
	VZEROUPPER()
	RET()
}
