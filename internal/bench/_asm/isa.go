package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// An isa is a set of vector instructions.
type isa struct {
	name   string
	bytes  int // of a vector
	chains int // of multiply-adds: enough to hide what one waits, few enough for the registers
}

var sets = []isa{{"AVX512", 64, 16}, {"AVX2", 32, 12}}

// unit is how many bytes the memory loops take at once: their lengths are
// multiples of it.
const unit = 512

// ahead is how far in front of a load its line is asked for, in bytes.
const ahead = 4096

// line is the bytes of a cache line.
const line = 64

// vector is a new register.
func (s isa) vector() VecVirtual {
	if s.bytes == 64 {
		return ZMM()
	}
	return YMM()
}

// zero clears a register.
func (s isa) zero(x VecVirtual) {
	if s.bytes == 64 {
		VPXORD(x, x, x)
	} else {
		VPXOR(x, x, x)
	}
}

// load is a new register full of v.
func (s isa) load(v float32) VecVirtual {
	r := s.vector()
	VBROADCASTSS(constant(v), r)
	return r
}

var constants = map[float32]operand.Mem{}

// constant is v in read-only data, once.
func constant(v float32) operand.Mem {
	m, ok := constants[v]
	if !ok {
		m = ConstData("float"+hex(v), operand.U32(math.Float32bits(v)))
		constants[v] = m
	}
	return m
}

func hex(v float32) (s string) {
	for bits := math.Float32bits(v); bits != 0; bits <<= 4 {
		s += string("0123456789abcdef"[bits>>28])
	}
	return s
}

// loop emits a loop that takes unit bytes at each turn until n is 0.
func loop(n Register, body func()) {
	Label("loop")
	body()
	SUBQ(operand.U32(unit), n)
	JNE(operand.LabelRef("loop"))
}
