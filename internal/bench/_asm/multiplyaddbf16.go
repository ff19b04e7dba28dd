package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// multiplyAddBF16 does nothing but multiply pairs of bfloat16 and add.
func multiplyAddBF16() {
	s := sets[0]
	x := []VecPhysical{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15}
	TEXT("multiplyAddBF16", NOSPLIT, "func(n int) float32")
	Doc(
		fmt.Sprintf("multiplyAddBF16 does n ≥ 1 times, in %d registers of %d numbers that start from 0,", len(x), s.bytes/4),
		"",
		"\tx = x + 1·1 + 0·1",
		"",
		fmt.Sprintf("with factors of bfloat16, which is %d operations each time, and returns the sum of the", s.bytes*len(x)),
		"numbers.",
	)
	n := Load(Param("n"), GP64())
	pair, ones := Z16, Z17
	VBROADCASTSS(bits("pair", 0x00003f80), pair) // 1 and, in the upper half, 0
	VBROADCASTSS(bits("ones", 0x3f803f80), ones)
	for _, x := range x {
		VPXORD(x, x, x)
	}
	Label("loop")
	for _, x := range x {
		vdpbf16ps(pair, ones, x)
	}
	DECQ(n)
	JNE(operand.LabelRef("loop"))
	total(s, x[0], operands(x))
}

func bits(name string, v uint32) operand.Mem { return ConstData(name, operand.U32(v)) }

// vdpbf16ps adds to each float32 of c the products of the two bfloat16 in the same 32
// bits of a and b. Go's assembler does not know it, so it is written as bytes: Intel's
// manual, volume 2, EVEX.512.F3.0F38.W0 52 /r, here for c below 16 and a and b from 16
// to 23.
func vdpbf16ps(a, b, c VecPhysical) {
	rm, v, r := uint32(a.PhysicalIndex()), uint32(b.PhysicalIndex()), uint32(c.PhysicalIndex())
	if rm>>3 != 2 || v>>3 != 2 || r >= 16 {
		panic("vdpbf16ps: other registers")
	}
	const map0F38, prefixF3, vectors512 = 2, 2, 2
	p0 := (^r>>3&1)<<7 | 1<<5 | 1<<4 | map0F38 // R, B and R′ are inverted, and so is X, the highest bit of rm
	p1 := (^v&15)<<3 | 1<<2 | prefixF3
	p2 := uint32(vectors512) << 5 // V′, inverted, is the highest bit of v
	modrm := 3<<6 | (r&7)<<3 | rm&7
	for _, part := range []struct {
		opcode string
		bytes  operand.Op
	}{{"LONG", operand.U32(0x62 | p0<<8 | p1<<16 | p2<<24)}, {"WORD", operand.U16(0x52 | modrm<<8)}} {
		Instruction(&ir.Instruction{Opcode: part.opcode, Operands: []operand.Op{part.bytes}, Inputs: []operand.Op{a, b, c}, Outputs: []operand.Op{c}})
	}
}
