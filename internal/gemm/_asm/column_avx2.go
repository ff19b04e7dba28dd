package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const tileRows = 6 // 6×16: twelve accumulators, two vectors of B and one of A

// columnAVX2 is the micro-kernel and the loop that takes it down a column of
// tiles, so that short chains do not pay for a call each.
func columnAVX2() {
	TEXT("columnAVX2", NOSPLIT, "func(rows, k int, a *float32, aRow, aCol, aStep int, b *float32, bRow int, c *float32, cRow int, add bool, next *float32, nextStep int)")
	Doc(
		"columnAVX2 is, with FMA for every multiply-add and strides in bytes,",
		"",
		"\tfor i := range rows {",
		"\t\tfor j := range 16 {",
		"\t\t\ts := float32(0)",
		"\t\t\tif add {",
		"\t\t\t\ts = c[i*cRow+j]",
		"\t\t\t}",
		"\t\t\tfor p := range k {",
		"\t\t\t\ts += a[i/6*aStep+i%6*aRow+p*aCol] * b[p*bRow+j]",
		"\t\t\t}",
		"\t\t\tc[i*cRow+j] = s",
		"\t\t}",
		"\t}",
		"",
		"with rows ≥ 1 and k ≥ 1. Each step in p also asks for the cache line at next",
		"and moves next on by nextStep bytes.",
	)
	Pragma("noescape")
	rows := Load(Param("rows"), GP64())
	x := &column{
		a:    Load(Param("a"), GP64()),
		aCol: Load(Param("aCol"), GP64()),
		b:    Load(Param("b"), GP64()),
		bRow: Load(Param("bRow"), GP64()),
		c:    Load(Param("c"), GP64()),
		cRow: Load(Param("cRow"), GP64()),
		next: Load(Param("next"), GP64()),
	}
	x.aRow[1] = Load(Param("aRow"), GP64())
	x.aRow[3], x.aRow[5] = GP64(), GP64()
	LEAQ(operand.Mem{Base: x.aRow[1], Index: x.aRow[1], Scale: 2}, x.aRow[3])
	LEAQ(operand.Mem{Base: x.aRow[1], Index: x.aRow[1], Scale: 4}, x.aRow[5])

	SUBQ(operand.Imm(tileRows), rows)
	JL(operand.LabelRef("tail"))
	Label("full")
	x.tile(tileRows)
	step := Load(Param("aStep"), GP64())
	ADDQ(step, x.a)
	SUBQ(operand.Imm(tileRows), rows)
	JGE(operand.LabelRef("full"))

	Label("tail")
	ADDQ(operand.Imm(tileRows), rows)
	JE(operand.LabelRef("done"))
	for n := tileRows - 1; n > 1; n-- {
		CMPQ(rows, operand.Imm(uint64(n)))
		JE(operand.LabelRef(fmt.Sprintf("tail%d", n)))
	}
	for n := 1; n < tileRows; n++ {
		Label(fmt.Sprintf("tail%d", n))
		x.tile(n)
		JMP(operand.LabelRef("done"))
	}
	Label("done")
	VZEROUPPER()
	RET()
}

// column holds the registers that last from tile to tile.
type column struct {
	a, aCol, b, bRow, c, cRow, next Register
	aRow                            [6]Register // multiples 1, 3 and 5 of the stride
}

// tile emits one tile of n×16 and leaves c at the rows below it.
func (x *column) tile(n int) {
	name := func(s string) string { return fmt.Sprintf("%s%d", s, n) }
	acc := make([][2]VecVirtual, n)
	for i := range acc {
		acc[i] = [2]VecVirtual{YMM(), YMM()}
	}
	add, c := GP8(), GP64()
	Load(Param("add"), add)
	TESTB(add, add)
	JE(operand.LabelRef(name("zero")))
	MOVQ(x.c, c)
	for i := range acc {
		VMOVUPS(operand.Mem{Base: c}, acc[i][0])
		VMOVUPS(operand.Mem{Base: c, Disp: 32}, acc[i][1])
		ADDQ(x.cRow, c)
	}
	JMP(operand.LabelRef(name("start")))
	Label(name("zero"))
	for i := range acc {
		VXORPS(acc[i][0], acc[i][0], acc[i][0])
		VXORPS(acc[i][1], acc[i][1], acc[i][1])
	}

	Label(name("start"))
	a, b, k, step := GP64(), GP64(), Load(Param("k"), GP64()), Load(Param("nextStep"), GP64())
	MOVQ(x.a, a)
	MOVQ(x.b, b)
	Label(name("loop"))
	b0, b1, v := YMM(), YMM(), YMM()
	VMOVUPS(operand.Mem{Base: b}, b0)
	VMOVUPS(operand.Mem{Base: b, Disp: 32}, b1)
	for i := range acc {
		VBROADCASTSS(x.row(a, i), v)
		VFMADD231PS(b0, v, acc[i][0])
		VFMADD231PS(b1, v, acc[i][1])
	}
	PREFETCHT1(operand.Mem{Base: x.next})
	ADDQ(step, x.next)
	ADDQ(x.aCol, a)
	ADDQ(x.bRow, b)
	DECQ(k)
	JNE(operand.LabelRef(name("loop")))

	for i := range acc {
		VMOVUPS(acc[i][0], operand.Mem{Base: x.c})
		VMOVUPS(acc[i][1], operand.Mem{Base: x.c, Disp: 32})
		ADDQ(x.cRow, x.c)
	}
}

// row addresses row i of the tile of A at a.
func (x *column) row(a Register, i int) operand.Mem {
	switch i {
	case 0:
		return operand.Mem{Base: a}
	case 2, 4:
		return operand.Mem{Base: a, Index: x.aRow[1], Scale: uint8(i)}
	default:
		return operand.Mem{Base: a, Index: x.aRow[i], Scale: 1}
	}
}
