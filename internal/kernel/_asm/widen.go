package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// widen makes float32 of a 16-bit type, exactly.
func widen(s isa, kind string, convert func(s isa) func(x VecVirtual)) {
	name := "widen" + kind + s.name
	TEXT(name, NOSPLIT, "func(dst *float32, x *uint16, n int)")
	Doc(name + " sets dst[i] to the value of x[i] for n elements, n a multiple of 32.")
	Pragma("noescape")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	f := convert(s)
	i := GP64()
	XORQ(i, i)
	Label("loop")
	CMPQ(i, n)
	JGE(operand.LabelRef("done"))
	for at := 0; at < 32; at += s.lanes() {
		v := s.vector()
		VPMOVZXWD(operand.Mem{Base: x, Index: i, Scale: 2, Disp: 2 * at}, v)
		f(v)
		VMOVUPS(v, operand.Mem{Base: dst, Index: i, Scale: 4, Disp: 4 * at})
	}
	ADDQ(operand.Imm(32), i)
	JMP(operand.LabelRef("loop"))
	Label("done")
	VZEROUPPER()
	RET()
}

// bfloat16 is the upper half of a float32.
func bfloat16(isa) func(x VecVirtual) {
	return func(x VecVirtual) { VPSLLD(operand.Imm(16), x, x) }
}

// float16 has 5 bits of exponent and 10 of fraction, which stand 13 bits lower than a
// float32's. Moved there without the sign they are a number that is 2¹¹² too small,
// subnormal or not; multiplying is exact. ∞ and NaN get a float32's exponent.
func float16(s isa) func(x VecVirtual) {
	magnitude, power := s.integers("half", 0x7fff), s.integers("pow112", (127+112)<<23)
	largest, infinite := s.integers("maxHalf", 0x7bff<<13), s.integers("inf", 0x7f800000)
	return func(x VecVirtual) {
		sign, special := s.vector(), s.vector()
		VPSRLD(operand.Imm(15), x, sign)
		VPSLLD(operand.Imm(31), sign, sign)
		s.and(magnitude, x, x)
		VPSLLD(operand.Imm(13), x, x)
		if s.wide {
			k := K()
			VPCMPGTD(largest, x, k)
			VMOVDQA32_Z(infinite, k, special)
		} else {
			VPCMPGTD(largest, x, special)
			VPAND(infinite, special, special)
		}
		VMULPS(power, x, x)
		s.or(special, x, x)
		s.or(sign, x, x)
	}
}
