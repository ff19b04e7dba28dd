package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// sumExp adds exponentials, and their products with their exponents.
func sumExp(s isa) {
	name := "sumExp" + s.name
	TEXT(name, NOSPLIT, "func(x *float32, n int, tail *float32, m float32) (s, sd float64)")
	Doc(
		name+" is, of n elements of x, a multiple of 16, and then of 16 of tail unless that is nil,",
		"",
		"\ts += e, sd += e·d\td = x[i] − m, e = exp(d)",
		"",
		"in lanes i mod 16, which are added by halves. A lane adds four elements in float32,",
		"sd by fused products, and their sum in float64; of what is left after the last 64",
		"elements, one at a time. d < expMin adds nothing. No d may be above 0 or NaN. It asks",
		"for the 4 KB behind x as it goes.",
	)
	Pragma("noescape")
	x, n, tail := Load(Param("x"), GP64()), Load(Param("n"), GP64()), Load(Param("tail"), GP64())
	t := sumTask{exponential: newExponential(s), m: s.broadcast("m"), x: x, i: GP64()}
	t.begin()
	Label("again")
	XORQ(t.i, t.i)
	for _, count := range []int{4, 1} {
		t.loop(count, n)
	}
	TESTQ(tail, tail)
	JEQ(operand.LabelRef("tree"))
	MOVQ(tail, x)
	XORQ(tail, tail)
	MOVQ(operand.U64(group), n)
	JMP(operand.LabelRef("again"))

	Label("tree")
	t.end()
	VZEROUPPER()
	RET()
}

// A sumTask is the state of sumExp.
type sumTask struct {
	exponential
	m     VecVirtual
	x, i  Register
	sums  [2][]VecVirtual // s and sd in float64, 16 lanes each; wide
	stack [2]operand.Mem  // the same; else
}

func (t *sumTask) begin() {
	if !t.s.wide {
		zero := t.s.vector()
		t.s.zero(zero)
		for k := range t.stack {
			t.stack[k] = AllocLocal(16 * 8)
			for at := 0; at < 16*8; at += 32 {
				VMOVUPS(zero, t.stack[k].Offset(at))
			}
		}
		return
	}
	for k := range t.sums {
		for range 2 {
			v := ZMM()
			t.s.zero(v)
			t.sums[k] = append(t.sums[k], v)
		}
	}
}

// loop takes count groups of 16 elements at once, as often as they are there.
func (t *sumTask) loop(count int, n Register) {
	label := fmt.Sprintf("loop%d", count)
	end := GP64()
	Label(label)
	LEAQ(operand.Mem{Base: t.i, Disp: count * group}, end)
	CMPQ(end, n)
	JGT(operand.LabelRef(label + "done"))
	for line := range count {
		PREFETCHT0(at(t.x, t.i, 1024+line*group))
	}
	for first := 0; first < group; first += t.s.lanes() {
		var chain [2]VecVirtual
		step := t.s.together()
		for k := 0; k < count; k += step {
			var z []VecVirtual
			for j := range min(step, count) {
				z = append(z, t.s.vector())
				VMOVUPS(at(t.x, t.i, (k+j)*group+first), z[j])
			}
			t.add(z, &chain)
		}
		t.flush(first, chain)
	}
	MOVQ(end, t.i)
	JMP(operand.LabelRef(label))
	Label(label + "done")
}

// add adds vectors of x, one after the other, to the chain of s and sd.
func (t *sumTask) add(d []VecVirtual, chain *[2]VecVirtual) {
	exponents := make([]VecVirtual, len(d)) // parts overwrites d
	for k := range d {
		VSUBPS(t.m, d[k], d[k])
		exponents[k] = t.s.vector()
		VMOVAPS(d[k], exponents[k])
	}
	p, n := t.parts(d)
	for k := range d {
		keep := t.s.compare(notLess, exponents[k], t.min)
		VPSLLD(operand.Imm(23), n[k], n[k])
		if t.s.wide {
			VPADDD_Z(n[k], p[k], keep.k, p[k])
			VMOVAPS_Z(exponents[k], keep.k, exponents[k])
		} else {
			VPADDD(n[k], p[k], p[k])
			t.s.keep(keep, p[k])
			t.s.keep(keep, exponents[k]) // 0·(−∞) would be NaN
		}
		if chain[0] == nil {
			VMULPS(p[k], exponents[k], exponents[k])
			chain[0], chain[1] = p[k], exponents[k]
			continue
		}
		VFMADD231PS(p[k], exponents[k], chain[1])
		VADDPS(p[k], chain[0], chain[0])
	}
}

// flush adds a chain of lanes from first on to the sums.
func (t *sumTask) flush(first int, chain [2]VecVirtual) {
	for k, c := range chain {
		if t.s.wide {
			lo, hi, top := ZMM(), ZMM(), YMM()
			VEXTRACTF32X8(operand.Imm(1), c, top)
			VCVTPS2PD(c.AsY(), lo)
			VCVTPS2PD(top, hi)
			VADDPD(lo, t.sums[k][0], t.sums[k][0])
			VADDPD(hi, t.sums[k][1], t.sums[k][1])
			continue
		}
		top := XMM()
		VEXTRACTF128(operand.Imm(1), c, top)
		for half, from := range []operand.Op{c.AsX(), top} {
			v, at := YMM(), t.stack[k].Offset(8*(first+4*half))
			VCVTPS2PD(from, v)
			VADDPD(at, v, v)
			VMOVUPD(v, at)
		}
	}
}

// end adds the lanes by halves and returns the sums.
func (t *sumTask) end() {
	for k := range 2 {
		var quarter [2]VecVirtual
		if t.s.wide {
			v := t.sums[k]
			VADDPD(v[1], v[0], v[0])
			top := YMM()
			VEXTRACTF64X4(operand.Imm(1), v[0], top)
			VADDPD(top, v[0].AsY(), top)
			quarter[0] = top
		} else {
			for half := range 2 {
				quarter[half] = YMM()
				VMOVUPD(t.stack[k].Offset(32*half), quarter[half])
				VADDPD(t.stack[k].Offset(32*half+64), quarter[half], quarter[half])
			}
			VADDPD(quarter[1], quarter[0], quarter[0])
		}
		pair, one := XMM(), XMM()
		VEXTRACTF128(operand.Imm(1), quarter[0].AsY(), pair)
		VADDPD(pair, quarter[0].AsX(), pair)
		VUNPCKHPD(pair, pair, one)
		VADDSD(one, pair, pair)
		Store(pair, ReturnIndex(k))
	}
}
