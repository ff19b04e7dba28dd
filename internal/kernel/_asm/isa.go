package main

import (
	"fmt"
	"math"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// An isa is a set of vector instructions. Kernels are written once: every set
// takes the same steps with each element, so that their bits are the same.
type isa struct {
	name string
	wide bool // 16 elements, masks in registers; else 8, masks in vectors
}

var sets = []isa{{"AVX512", true}, {"AVX2", false}}

// lanes is how many elements a vector has.
func (s isa) lanes() int {
	if s.wide {
		return 16
	}
	return 8
}

// group is how many elements there are at least, and of how many any number is a
// multiple.
const group = 16

// together is how many vectors go through their steps side by side where many
// registers are in use.
func (s isa) together() int {
	if s.wide {
		return 4
	}
	return 1
}

// steps are the numbers of vectors that a loop takes at once, one loop after the
// other. Several go through their steps together, since one alone would wait for
// itself; there are registers for no more.
func (s isa) steps() []int {
	if s.wide {
		return []int{4, 1}
	}
	return []int{2}
}

// loops emits a loop for each of steps over n elements, counted by i: body(vectors)
// is what is done with that many vectors from i on.
func (s isa) loops(name string, i, n Register, body func(vectors int)) {
	for _, vectors := range s.steps() {
		label := fmt.Sprintf("%s%d", name, vectors)
		// while i + elements ≤ n
		end := GP64()
		Label(label)
		LEAQ(operand.Mem{Base: i, Disp: vectors * s.lanes()}, end)
		CMPQ(end, n)
		JGT(operand.LabelRef(label + "done"))
		body(vectors)
		MOVQ(end, i)
		JMP(operand.LabelRef(label))
		Label(label + "done")
	}
}

// vector is a new register.
func (s isa) vector() VecVirtual {
	if s.wide {
		return ZMM()
	}
	return YMM()
}

// A mask chooses elements.
type mask struct {
	k Register   // wide
	v VecVirtual // else: all bits of an element
}

// compare sets a mask where the predicate holds of a and b, in the order of the
// manual: "a predicate b".
func (s isa) compare(predicate int, a VecVirtual, b operand.Op) mask {
	if s.wide {
		k := K()
		VCMPPS(operand.Imm(uint64(predicate)), b, a, k)
		return mask{k: k}
	}
	v := YMM()
	VCMPPS(operand.Imm(uint64(predicate)), b, a, v)
	return mask{v: v}
}

// Predicates of VCMPPS.
const (
	equal     = 0x00
	unordered = 0x03
	notLeast  = 0x09 // not at least: true for NaN
	notAbove  = 0x0a // true for NaN
	above     = 0x1e // false for NaN
)

// either adds to a mask what another one chooses.
func (s isa) either(m, other mask) {
	if s.wide {
		KORW(other.k, m.k, m.k)
	} else {
		VORPS(other.v, m.v, m.v)
	}
}

// jumpUnless jumps when the mask chooses no element.
func (s isa) jumpUnless(m mask, label string) {
	s.test(m)
	JEQ(operand.LabelRef(label))
}

// jumpIf jumps when the mask chooses an element.
func (s isa) jumpIf(m mask, label string) {
	s.test(m)
	JNE(operand.LabelRef(label))
}

func (s isa) test(m mask) {
	if s.wide {
		KORTESTW(m.k, m.k)
		return
	}
	any := GP32()
	VMOVMSKPS(m.v, any)
	TESTL(any, any)
}

// largest is the greatest element of v, which it overwrites.
func (s isa) largest(v VecVirtual) VecVirtual {
	if s.wide {
		half := YMM()
		VEXTRACTF32X8(operand.Imm(1), v, half)
		VMAXPS(half, v.AsY(), half)
		v = half
	}
	quarter, pair := XMM(), XMM()
	VEXTRACTF128(operand.Imm(1), v.AsY(), quarter)
	VMAXPS(quarter, v.AsX(), quarter)
	VMOVHLPS(quarter, quarter, pair)
	VMAXPS(pair, quarter, quarter)
	VMOVSHDUP(quarter, pair)
	VMAXSS(pair, quarter, quarter)
	return quarter
}

// zero clears a register.
func (s isa) zero(x VecVirtual) {
	if s.wide {
		VPXORD(x, x, x)
	} else {
		VXORPS(x, x, x)
	}
}

// keep sets x to 0 where the mask does not choose it.
func (s isa) keep(m mask, x VecVirtual) {
	if s.wide {
		VMOVAPS_Z(x, m.k, x)
	} else {
		VANDPS(m.v, x, x)
	}
}

// chosen is c where the mask chooses, and 0 elsewhere.
func (s isa) chosen(m mask, c operand.Op) VecVirtual {
	r := s.load(c)
	s.keep(m, r)
	return r
}

// jumpIfAbove jumps when an element of v, an unsigned integer, is above limit.
func (s isa) jumpIfAbove(v VecVirtual, limit operand.Op, label string) {
	most, greater := s.vector(), s.vector()
	if m, ok := limit.(operand.Mem); ok {
		VBROADCASTSS(m, most)
	}
	VPMAXUD(most, v, greater)
	if s.wide {
		same := K()
		VPCMPEQD(most, greater, same)
		KORTESTW(same, same)
		JCC(operand.LabelRef(label)) // not all ones
		return
	}
	VPCMPEQD(most, greater, greater)
	all := GP32()
	VMOVMSKPS(greater, all)
	CMPL(all, operand.Imm(0xff))
	JNE(operand.LabelRef(label))
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

// parameter is broadcast where there are enough registers, and else memory to be
// used with each.
func (s isa) parameter(name string) operand.Op {
	if s.wide {
		return s.broadcast(name)
	}
	from, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return from.Addr
}

// constant is v as an operand: in a register where there are enough of them.
func (s isa) constant(name string, v float64) operand.Op {
	return s.integers(name, bits(v))
}

// integers is constant for an integer.
func (s isa) integers(name string, v uint32) operand.Op {
	if s.wide {
		return s.load(table(name, v))
	}
	return table(name, v)
}

// each is a float32 in memory as an operand, repeated.
func (s isa) each(c operand.Op) operand.Op {
	if m, ok := c.(operand.Mem); ok {
		r := s.vector()
		VBROADCASTSS(m, r)
		return r
	}
	return c
}

// lookUp sets w to the elements of a table of sixteen that the low bits of t say.
func (s isa) lookUp(table [2]operand.Op, t, w VecVirtual) {
	if s.wide {
		VPERMPS(table[0], t, w)
		return
	}
	upper, eighth := s.vector(), s.vector()
	VPERMPS(table[0], t, w)
	VPERMPS(table[1], t, upper)
	VPSLLD(operand.Imm(28), t, eighth)
	VBLENDVPS(eighth, upper, w, w)
}

// negativeMultiplyAdd sets x to x − c·a, for a constant in memory.
func (s isa) negativeMultiplyAdd(c operand.Op, a, x VecVirtual) {
	if s.wide {
		VFNMADD231PS_BCST(c, a, x)
	} else {
		VFNMADD231PS(c, a, x)
	}
}

// multiplyAdd sets x to a·x + c, for a constant in memory.
func (s isa) multiplyAdd(a, x VecVirtual, c operand.Op) {
	if s.wide {
		VFMADD213PS_BCST(c, a, x)
	} else {
		VFMADD213PS(c, a, x)
	}
}

// and sets to to the bits that a and b have in common.
func (s isa) and(a operand.Op, b, to VecVirtual) {
	if s.wide {
		VPANDD(a, b, to)
	} else {
		VPAND(a, b, to)
	}
}

// or sets to to the bits that a or b has.
func (s isa) or(a operand.Op, b, to VecVirtual) {
	if s.wide {
		VPORD(a, b, to)
	} else {
		VPOR(a, b, to)
	}
}

// load copies a constant to a new register.
func (s isa) load(c operand.Op) VecVirtual {
	r := s.vector()
	if m, ok := c.(operand.Mem); ok && (s.wide || m.Symbol.Name == "") {
		VBROADCASTSS(m, r)
	} else {
		VMOVUPS(c, r)
	}
	return r
}

// bits are those of v as a float32.
func bits(v float64) uint32 { return math.Float32bits(float32(v)) }

var tables = map[string]operand.Mem{}

// table holds eight copies of v in read-only data, once.
func table(name string, v uint32) operand.Mem {
	return words(name, slices.Repeat([]uint32{v}, 8))
}

// words holds numbers in read-only data, once.
func words(name string, v []uint32) operand.Mem {
	m, ok := tables[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		for i, x := range v {
			DATA(4*i, operand.U32(x))
		}
		tables[name] = m
	}
	return m
}

// at is element i of base, and by elements more.
func at(base, i Register, by int) operand.Mem {
	return operand.Mem{Base: base, Index: i, Scale: 4, Disp: 4 * by}
}
