package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The constants of exp.go.
const (
	expMin     = -87.3
	expMax     = 88
	log2e      = 1.0 / math.Ln2
	ln2Hi      = 355.0 / 512
	ln2Lo      = math.Ln2 - ln2Hi
	roundMagic = 3 << 22
	exp2       = 0x1.fffffcp-2
	exp3       = 0x1.555492p-3
	exp4       = 0x1.5558f2p-5
	exp5       = 0x1.1239e2p-7
	exp6       = 0x1.6a2434p-10
)

// expsAVX2 takes the steps of reduce and expPoly on eight elements at a time,
// every product rounded before it is added, so that its bits are theirs.
func expsAVX2() {
	TEXT("expsAVX2", NOSPLIT, "func(dst, x *float32, n int, m, a float32) int")
	Doc(
		"expsAVX2 is, for n a multiple of 8,",
		"",
		"\tfor i := range n {",
		"\t\tdst[i] = a * exp(x[i]-m) // 0 where x[i]-m < expMin",
		"\t}",
		"",
		"up to the first eight elements of which one differs from m by more than 88;",
		"it returns how many it did.",
	)
	Pragma("noescape")
	dst, x := Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	m, a := YMM(), YMM()
	mAddr, _ := Param("m").Resolve()
	aAddr, _ := Param("a").Resolve()
	VBROADCASTSS(mAddr.Addr, m)
	VBROADCASTSS(aAddr.Addr, a)
	magic, lo, hi := constant("magic", roundMagic), constant("min", expMin), constant("max", expMax)
	toBase2, one := constant("log2e", log2e), constant("one", 1)
	c2, c3, c4 := constant("exp2", exp2), constant("exp3", exp3), constant("exp4", exp4)

	i := GP64()
	XORQ(i, i)
	Label("loop")
	CMPQ(i, n)
	JGE(operand.LabelRef("done"))
	d, seen, t, e, p := YMM(), YMM(), YMM(), YMM(), YMM()
	any := GP32()
	VMOVUPS(operand.Mem{Base: x, Index: i, Scale: 4}, d)
	VSUBPS(m, d, d)
	VCMPPS(operand.Imm(0x1e), hi, d, seen) // d > 88
	VMOVMSKPS(seen, any)
	TESTL(any, any)
	JNE(operand.LabelRef("done"))
	VCMPPS(operand.Imm(0x05), lo, d, seen) // not d < expMin

	// t = x·log2e + magic, r = x − n·ln2Hi − n·ln2Lo with n = t − magic
	r := d
	VMULPS(toBase2, d, t)
	VADDPS(magic, t, t)
	VSUBPS(magic, t, e)
	VMULPS(table("ln2hi", ln2Hi), e, p)
	VSUBPS(p, r, r)
	VMULPS(table("ln2lo", ln2Lo), e, p)
	VSUBPS(p, r, r)
	// pow = 2ⁿ from the low bits of t
	VPADDD(integers("bias", 127), t, t)
	VPSLLD(operand.Imm(23), t, t)
	// expPoly
	VMULPS(table("exp6", exp6), r, p)
	VADDPS(table("exp5", exp5), p, p)
	for _, c := range []VecVirtual{c4, c3, c2} {
		VMULPS(r, p, p)
		VADDPS(c, p, p)
	}
	VMULPS(r, p, p)
	VMULPS(r, p, p)
	VADDPS(r, p, p)
	VADDPS(one, p, p)
	VMULPS(t, p, p)
	VMULPS(a, p, p)
	VANDPS(seen, p, p) // after a, which may be infinite
	VMOVUPS(p, operand.Mem{Base: dst, Index: i, Scale: 4})
	ADDQ(operand.Imm(8), i)
	JMP(operand.LabelRef("loop"))
	Label("done")
	Store(i, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// table holds eight copies of v.
func table(name string, v float64) operand.Mem { return integers(name, math.Float32bits(float32(v))) }

func integers(name string, v uint32) operand.Mem {
	g := GLOBL(name, RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, operand.U32(v))
	}
	return g
}

// constant is a register of eight copies of v.
func constant(name string, v float64) VecVirtual {
	r := YMM()
	VMOVUPS(table(name, v), r)
	return r
}
