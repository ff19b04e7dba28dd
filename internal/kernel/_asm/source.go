package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A source is how logits come from memory: float32 elements as they are, those of 16
// bits widened.
type source struct {
	name, kind string
	size       int
	convert    func(s isa) func(from operand.Op, to VecVirtual) // nil for float32
	state      *sourceState
}

type sourceState struct {
	s       isa
	convert func(from operand.Op, to VecVirtual)
}

var (
	float32s  = source{name: "", kind: "float32", size: 4}
	bfloat16s = source{name: "BFloat16", kind: "uint16", size: 2, convert: bfloat16}
	float16s  = source{name: "Float16", kind: "uint16", size: 2, convert: float16}

	quietFloat16s = source{name: "Float16", kind: "uint16", size: 2, convert: quietFloat16}
)

// prepare loads what converting needs.
func (f *source) prepare(s isa) {
	f.state = &sourceState{s: s}
	if f.convert != nil {
		f.state.convert = f.convert(s)
	}
}

// at is element i of base, and by elements more.
func (f source) at(base, i Register, by int) operand.Mem {
	return operand.Mem{Base: base, Index: i, Scale: uint8(f.size), Disp: f.size * by}
}

// load returns a vector of elements.
func (f source) load(base, i Register, by int) VecVirtual {
	v := f.state.s.vector()
	if f.convert == nil {
		VMOVUPS(f.at(base, i, by), v)
	} else {
		f.state.convert(f.at(base, i, by), v)
	}
	return v
}

// less returns m less a vector of elements.
func (f source) less(base, i Register, by int, m operand.Op) VecVirtual {
	v := f.state.s.vector()
	if f.convert == nil {
		VSUBPS(f.at(base, i, by), m, v)
		return v
	}
	f.state.convert(f.at(base, i, by), v)
	VSUBPS(v, m, v)
	return v
}

// bfloat16 is the upper half of a float32.
func bfloat16(isa) func(from operand.Op, to VecVirtual) {
	return func(from operand.Op, to VecVirtual) {
		VPMOVZXWD(from, to)
		VPSLLD(operand.Imm(16), to, to)
	}
}

// float16 has 5 bits of exponent and 10 of fraction, which stand 13 bits lower than a
// float32's. Moved there without the sign they are a number that is 2¹¹² too small,
// subnormal or not; multiplying is exact. ∞ and NaN get a float32's exponent.
func float16(s isa) func(from operand.Op, to VecVirtual) {
	magnitude, power := s.integers("half", 0x7fff), s.integers("pow112", (127+112)<<23)
	largest, infinite := s.integers("maxHalf", 0x7bff<<13), s.integers("infinity", 0x7f800000)
	return func(from operand.Op, x VecVirtual) {
		sign, special := s.vector(), s.vector()
		VPMOVZXWD(from, x)
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

// quietFloat16 is float16 but for the bits of NaNs, in one instruction of AVX-512.
func quietFloat16(isa) func(from operand.Op, to VecVirtual) {
	return func(from operand.Op, to VecVirtual) { VCVTPH2PS(from, to) }
}
