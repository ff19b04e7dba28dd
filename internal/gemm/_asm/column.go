package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A tile is what a micro-kernel keeps in registers: rows × two vectors of
// accumulators. Two vectors of B and one of A come beside them.
type tile struct {
	isa   string
	rows  int
	size  int  // bytes of a vector
	pairs bool // each 32 bits of A and B are two bfloat16, which one step multiplies
}

var (
	tileAVX2   = tile{"AVX2", 6, 32, false}    // 12 + 3 of 16 registers
	tileAVX512 = tile{"AVX512", 14, 64, false} // 28 + 3 of 32 registers
	tileBF16   = tile{"BF16", 14, 64, true}
)

// The vectors of a tile have fixed registers, since VDPBF16PS is written as bytes.
func (t tile) acc(row, half int) VecPhysical { return t.vector(2*row + half) }
func (t tile) b(half int) VecPhysical        { return t.vector(2*t.rows + half) }
func (t tile) v() VecPhysical                { return t.vector(2*t.rows + 2) }

func (t tile) vector(i int) VecPhysical {
	if t.size == 32 {
		return []VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15}[i]
	}
	return zmm[i]
}

// multiply emits c += v·b.
func (t tile) multiply(b, v, c VecPhysical) {
	if t.pairs {
		VDPBF16PS(b, v, c)
		return
	}
	VFMADD231PS(b, v, c)
}

// columnKernel is the micro-kernel and the loop that takes it down a column of
// tiles, so that short chains do not pay for a call each.
func columnKernel(t tile) {
	TEXT("column"+t.isa, NOSPLIT, "func(rows, k int, a *float32, aRow, aCol, aStep int, b *float32, bRow int, c *float32, cRow int, add bool, next *float32, nextStep int)")
	Doc(t.doc()...)
	Pragma("noescape")
	x := newColumn(t)

	rows := GP64()
	Label("full")
	MOVQ(x.left, rows)
	CMPQ(rows, operand.Imm(uint64(t.rows)))
	JL(operand.LabelRef("tail"))
	SUBQ(operand.Imm(uint64(t.rows)), rows)
	MOVQ(rows, x.left)
	x.rows(t.rows)
	step := Load(Param("aStep"), GP64())
	ADDQ(step, x.a)
	JMP(operand.LabelRef("full"))

	Label("tail")
	TESTQ(rows, rows)
	JE(operand.LabelRef("done"))
	for n := t.rows - 1; n > 1; n-- {
		CMPQ(rows, operand.Imm(uint64(n)))
		JE(operand.LabelRef(fmt.Sprintf("tail%d", n)))
	}
	for n := 1; n < t.rows; n++ {
		Label(fmt.Sprintf("tail%d", n))
		x.rows(n)
		JMP(operand.LabelRef("done"))
	}
	Label("done")
	VZEROUPPER()
	RET()
}

// doc says what a column kernel is.
func (t tile) doc() []string {
	with := "with FMA for every multiply-add and strides in bytes,"
	step := "s += a[%s] * b[p*bRow+j]"
	where := []string{"with"}
	if t.pairs {
		with = "with strides in bytes,"
		step = "s = dot(s, a[%s], b[p*bRow+j])"
		where = []string{
			"where dot adds the product of the bfloat16 in the upper halves, rounds, and adds",
			"that of those in the lower halves (VDPBF16PS: subnormal numbers count as 0), with",
		}
	}
	doc := []string{
		fmt.Sprintf("column%s is, %s", t.isa, with),
		"",
		"\tfor i := range rows {",
		fmt.Sprintf("\t\tfor j := range %d {", t.size/2),
		"\t\t\ts := float32(0)",
		"\t\t\tif add {",
		"\t\t\t\ts = c[i*cRow+j]",
		"\t\t\t}",
		"\t\t\tfor p := range k {",
		"\t\t\t\t" + fmt.Sprintf(step, fmt.Sprintf("i/%d*aStep+i%%%d*aRow+p*aCol", t.rows, t.rows)),
		"\t\t\t}",
		"\t\t\tc[i*cRow+j] = s",
		"\t\t}",
		"\t}",
		"",
	}
	doc = append(doc, where...)
	doc[len(doc)-1] += " rows ≥ 1 and k ≥ 1."
	return append(doc,
		"It also asks for cache lines: those of c below a whole tile in its first steps in",
		"p, in all others the one at next, nextStep bytes on each time.",
	)
}

// column holds the registers that last from tile to tile; there are few, so
// what only a tile's start and end need is loaded there.
type column struct {
	tile
	a, aCol, bRow, c Register
	aRow             [6]Register // multiples 1, 3 and 5 of the stride
	left, next       operand.Mem // rows not begun; the next line to ask for
}

func newColumn(t tile) *column {
	x := &column{
		tile: t,
		a:    Load(Param("a"), GP64()),
		aCol: Load(Param("aCol"), GP64()),
		bRow: Load(Param("bRow"), GP64()),
		c:    Load(Param("c"), GP64()),
		left: AllocLocal(8),
		next: AllocLocal(8),
	}
	rows, next := Load(Param("rows"), GP64()), Load(Param("next"), GP64())
	MOVQ(rows, x.left)
	MOVQ(next, x.next)
	x.aRow[1] = Load(Param("aRow"), GP64())
	x.aRow[3], x.aRow[5] = GP64(), GP64()
	LEAQ(operand.Mem{Base: x.aRow[1], Index: x.aRow[1], Scale: 2}, x.aRow[3])
	LEAQ(operand.Mem{Base: x.aRow[1], Index: x.aRow[1], Scale: 4}, x.aRow[5])
	return x
}

// rows emits one tile of n rows and leaves c at the rows below it.
func (x *column) rows(n int) {
	name := func(s string) string { return fmt.Sprintf("%s%d", s, n) }
	x.start(n, name)

	Label(name("start"))
	b := Load(Param("b"), GP64())
	a := x.bases(n)
	k := Load(Param("k"), GP64())
	if n == x.tile.rows {
		x.fetchBelow(a, b, name)
		Load(Param("k"), k)
		SUBQ(operand.Imm(uint64(n)), k)
		JLE(operand.LabelRef(name("end")))
	}
	next, step := GP64(), Load(Param("nextStep"), GP64())
	MOVQ(x.next, next)
	Label(name("loop"))
	x.step(n, a, b)
	PREFETCHT1(operand.Mem{Base: next})
	ADDQ(step, next)
	DECQ(k)
	JNE(operand.LabelRef(name("loop")))
	MOVQ(next, x.next)

	Label(name("end"))
	cRow := Load(Param("cRow"), GP64())
	for i := range n {
		VMOVUPS(x.acc(i, 0), operand.Mem{Base: x.c})
		VMOVUPS(x.acc(i, 1), operand.Mem{Base: x.c, Disp: x.size})
		ADDQ(cRow, x.c)
	}
}

// fetchBelow emits the first steps, as many as a tile has rows, which ask for the
// rows of C below: without that every tile but the first would wait for them.
func (x *column) fetchBelow(a []Register, b Register, name func(string) string) {
	n := x.tile.rows
	below, cRow, k, most := GP64(), Load(Param("cRow"), GP64()), Load(Param("k"), GP64()), GP64()
	MOVQ(operand.U32(uint64(n)), most)
	CMPQ(k, most)
	CMOVQGT(most, k)
	MOVQ(x.c, below)
	for range n {
		ADDQ(cRow, below)
	}
	Label(name("first"))
	x.step(n, a, b)
	for at := 0; at < 2*x.size; at += 64 {
		PREFETCHT0(operand.Mem{Base: below, Disp: at})
	}
	ADDQ(cRow, below)
	DECQ(k)
	JNE(operand.LabelRef(name("first")))
}

// step emits one step in p, and leaves a and b at the next.
func (x *column) step(n int, a []Register, b Register) {
	VMOVUPS(operand.Mem{Base: b}, x.tile.b(0))
	VMOVUPS(operand.Mem{Base: b, Disp: x.size}, x.tile.b(1))
	for i := range n {
		VBROADCASTSS(x.row(a, i), x.v())
		x.multiply(x.tile.b(0), x.v(), x.acc(i, 0))
		x.multiply(x.tile.b(1), x.v(), x.acc(i, 1))
	}
	for _, base := range a {
		ADDQ(x.aCol, base)
	}
	ADDQ(x.bRow, b)
}

// start emits the start of the chains: C's values or zeros.
func (x *column) start(n int, name func(string) string) {
	add, c := Load(Param("add"), GP8()), GP64()
	TESTB(add, add)
	JE(operand.LabelRef(name("zero")))
	MOVQ(x.c, c)
	cRow := Load(Param("cRow"), GP64())
	for i := range n {
		VMOVUPS(operand.Mem{Base: c}, x.acc(i, 0))
		VMOVUPS(operand.Mem{Base: c, Disp: x.size}, x.acc(i, 1))
		ADDQ(cRow, c)
	}
	JMP(operand.LabelRef(name("start")))
	Label(name("zero"))
	for i := range n {
		VXORPS(x.acc(i, 0), x.acc(i, 0), x.acc(i, 0))
		VXORPS(x.acc(i, 1), x.acc(i, 1), x.acc(i, 1))
	}
}

// reach is how many rows can be addressed from one register.
const reach = 7

// bases emits registers that reach n rows of the tile of A at x.a.
func (x *column) bases(n int) []Register {
	a := []Register{GP64()}
	MOVQ(x.a, a[0])
	if n > reach { // a[1] = a[0] + 7·aRow
		a = append(a, GP64())
		LEAQ(operand.Mem{Base: x.a, Index: x.aRow[3], Scale: 2}, a[1])
		ADDQ(x.aRow[1], a[1])
	}
	return a
}

// row addresses row i of the tile of A at a.
func (x *column) row(a []Register, i int) operand.Mem {
	base, i := a[i/reach], i%reach
	switch i {
	case 0:
		return operand.Mem{Base: base}
	case 2, 4:
		return operand.Mem{Base: base, Index: x.aRow[1], Scale: uint8(i)}
	case 6:
		return operand.Mem{Base: base, Index: x.aRow[3], Scale: 2}
	default:
		return operand.Mem{Base: base, Index: x.aRow[i], Scale: 1}
	}
}
