package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// multiplyAdd does nothing but multiply and add.
func multiplyAdd(s isa) {
	lanes := s.bytes / 4
	TEXT("multiplyAdd"+s.name, NOSPLIT, "func(n int) float32")
	Doc(
		fmt.Sprintf("multiplyAdd%s does n ≥ 1 times, in %d registers of %d numbers that start from 1, 2, 3, …,", s.name, s.chains, lanes),
		"",
		"\tx = x·½ + 1",
		"",
		fmt.Sprintf("which is %d operations each time, and returns the sum of the numbers.", 2*lanes*s.chains),
	)
	n := Load(Param("n"), GP64())
	half, one := s.load(0.5), s.load(1)
	var x []VecVirtual
	for i := range s.chains {
		x = append(x, s.load(float32(1+i)))
	}
	Label("loop")
	for _, x := range x {
		VFMADD213PS(one, half, x)
	}
	DECQ(n)
	JNE(operand.LabelRef("loop"))
	total(s, x[0], operands(x))
}

// operands are registers for instructions.
func operands[R operand.Op](x []R) (all []operand.Op) {
	for _, r := range x {
		all = append(all, r)
	}
	return all
}

// total returns the sum of all numbers of some registers, first among them.
func total(s isa, first Vec, x []operand.Op) {
	for _, other := range x[1:] {
		VADDPS(other, x[0], x[0])
	}
	sum := first.AsY()
	if s.bytes == 64 {
		upper := YMM()
		VEXTRACTF64X4(operand.Imm(1), x[0], upper)
		VADDPS(sum, upper, upper)
		sum = upper
	}
	quarter, other := XMM(), XMM()
	VEXTRACTF128(operand.Imm(1), sum, quarter)
	VADDPS(sum.(Vec).AsX(), quarter, quarter)
	VMOVHLPS(quarter, quarter, other)
	VADDPS(other, quarter, quarter)
	VMOVSHDUP(quarter, other)
	VADDSS(other, quarter, quarter)
	Store(quarter, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
