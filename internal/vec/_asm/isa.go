package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// An isa is a set of vector instructions. Loops are written once: every set takes the
// same steps with each element, so that their bits are the same.
type isa struct {
	name string
	wide bool // 16 elements; else 8
}

var sets = []isa{{"AVX512", true}, {"AVX2", false}}

// lanes is how many elements a vector has.
func (s isa) lanes() int {
	if s.wide {
		return 16
	}
	return 8
}

// group is the number of elements that every loop takes at once: lengths are its
// multiples.
const group = 16

// vector is a new register.
func (s isa) vector() VecVirtual {
	if s.wide {
		return ZMM()
	}
	return YMM()
}

// zero is a register of zeros.
func (s isa) zero() VecVirtual {
	x := s.vector()
	if s.wide {
		VPXORD(x, x, x)
	} else {
		VXORPS(x, x, x)
	}
	return x
}

// broadcast is a register full of a parameter.
func (s isa) broadcast(name string) VecVirtual {
	r := s.vector()
	from, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(from.Addr, r)
	return r
}

// constant is a register full of v.
func (s isa) constant(name string, v float32) VecVirtual {
	r := s.vector()
	VBROADCASTSS(table(name, math.Float32bits(v)), r)
	return r
}

var tables = map[string]operand.Mem{}

// table holds v in read-only data, once.
func table(name string, v uint32) operand.Mem {
	m, ok := tables[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		DATA(0, operand.U32(v))
		tables[name] = m
	}
	return m
}

// at is element i of base, and by elements more.
func at(base, i Register, by int) operand.Mem {
	return operand.Mem{Base: base, Index: i, Scale: 4, Disp: 4 * by}
}

// while emits a loop over i from 0 in steps of group, up to n.
func while(name string, i, n Register, body func()) {
	XORQ(i, i)
	JMP(operand.LabelRef(name + "next"))
	Label(name)
	body()
	ADDQ(operand.Imm(group), i)
	Label(name + "next")
	CMPQ(i, n)
	JLT(operand.LabelRef(name))
}
