package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A sink is how a gradient goes to memory.
type sink struct {
	name, kind string
	size       int
	round      func(s isa) func(x VecVirtual) // leaves 16 bits in each 32; nil for float32
}

var sinks = []sink{
	{"", "float32", 4, nil},
	{"BFloat16", "uint16", 2, roundBFloat16},
	{"Float16", "uint16", 2, roundFloat16},
}

// gradient emits a loop that multiplies exponentials by a factor, and with less takes a
// share of each class from that. With stream, dst is written past the caches.
func gradient(s isa, to sink, less, stream bool) {
	name, args := "gradient"+to.name, "dst *"+to.kind+", e *float32, n int, a float32"
	if less {
		name, args = name+"Less", args+", w *float32, step int, hi, lo float32"
	}
	if stream {
		name += "Stream"
	}
	name += s.name
	TEXT(name, NOSPLIT, "func("+args+")")
	doc := []string{name + " sets dst[i] = a·e[i] for n elements, a multiple of 16."}
	if less {
		doc = []string{
			name + " sets dst[i] = a·e[i] − (hi+lo)·w[i·step/4], and 0 where e[i] is −0, for n",
			"elements, a multiple of 16, rounded once but for a·e[i] − lo·w.",
		}
	}
	if stream {
		doc = append(doc, "It writes past the caches: dst is aligned to 64 bytes.")
	}
	Doc(doc...)
	Pragma("noescape")
	g := gradientKernel{s: s, to: to, less: less, stream: stream}
	g.dst, g.e, g.i = Load(Param("dst"), GP64()), Load(Param("e"), GP64()), GP64()
	n := Load(Param("n"), GP64())
	g.a = s.broadcast("a")
	if less {
		g.hi, g.lo = s.broadcast("hi"), s.broadcast("lo")
		g.w, g.step = Load(Param("w"), GP64()), Load(Param("step"), GP64())
	}
	if to.round != nil {
		g.round = to.round(s)
	}
	XORQ(g.i, g.i)
	g.loop(4, n)
	g.loop(1, n)
	if stream {
		SFENCE()
	}
	VZEROUPPER()
	RET()
}

type gradientKernel struct {
	s            isa
	to           sink
	less, stream bool
	dst, e, i    Register
	w, step      Register
	a, hi, lo    VecVirtual
	round        func(x VecVirtual)
}

// loop takes count groups of 16 elements at once.
func (g *gradientKernel) loop(count int, n Register) {
	label, end := fmt.Sprintf("loop%d", count), GP64()
	Label(label)
	LEAQ(operand.Mem{Base: g.i, Disp: count * group}, end)
	CMPQ(end, n)
	JGT(operand.LabelRef(label + "done"))
	for k := range count {
		var x []VecVirtual
		for first := 0; first < group; first += g.s.lanes() {
			x = append(x, g.values(k*group+first, first))
		}
		if g.less {
			LEAQ(operand.Mem{Base: g.w, Index: g.step, Scale: 8}, g.w)
			LEAQ(operand.Mem{Base: g.w, Index: g.step, Scale: 8}, g.w)
		}
		g.write(x, k*group)
	}
	MOVQ(end, g.i)
	JMP(operand.LabelRef(label))
	Label(label + "done")
}

// values computes a vector, element first of a group.
func (g *gradientKernel) values(at, first int) VecVirtual {
	s, x := g.s, g.s.vector()
	from := operand.Mem{Base: g.e, Index: g.i, Scale: 4, Disp: 4 * at}
	s.zero(x)
	if !g.less {
		VFMADD231PS(from, g.a, x) // −0 becomes +0
		return x
	}
	e, weight := s.vector(), s.vector()
	VMOVUPS(from, e)
	if s.wide {
		masked := K()
		VPCMPEQD(s.load(table("sign", 1<<31)), e, masked)
		KNOTW(masked, masked)
		VMOVUPS_Z(operand.Mem{Base: g.w}, masked, weight)
	} else {
		masked := s.vector()
		VPCMPEQD(table("sign", 1<<31), e, masked)
		half := operand.Mem{Base: g.w} // all the same if step is 0
		if first > 0 {
			half = operand.Mem{Base: g.w, Index: g.step, Scale: 8}
		}
		VPANDN(half, masked, weight)
	}
	VFNMADD231PS(g.lo, weight, x)
	VFMADD231PS(g.a, e, x)
	VFNMADD231PS(g.hi, weight, x)
	return x
}

// write writes a group.
func (g *gradientKernel) write(x []VecVirtual, at int) {
	to := operand.Mem{Base: g.dst, Index: g.i, Scale: uint8(g.to.size), Disp: g.to.size * at}
	if g.to.round == nil {
		for k, v := range x {
			to := to.Offset(32 * k)
			if g.stream {
				VMOVNTPS(v, to)
			} else {
				VMOVUPS(v, to)
			}
		}
		return
	}
	packed := YMM()
	switch {
	case g.s.wide && g.to.name == "Float16":
		VCVTPS2PH(operand.Imm(0), x[0], packed) // to nearest, ties to even
	case g.s.wide:
		g.round(x[0])
		VPMOVDW(x[0], packed)
	default:
		for _, v := range x {
			g.round(v)
		}
		VPACKUSDW(x[1], x[0], packed)
		VPERMQ(operand.Imm(0xd8), packed, packed)
	}
	if g.stream {
		VMOVNTDQ(packed, to)
	} else {
		VMOVDQU(packed, to)
	}
}

// roundBFloat16 rounds to the nearest, ties to even: no NaN.
func roundBFloat16(s isa) func(x VecVirtual) {
	half, one := s.integers("belowHalf", 0x7fff), s.integers("bit", 1)
	return func(x VecVirtual) {
		odd := s.vector()
		VPSRLD(operand.Imm(16), x, odd)
		s.and(one, odd, odd)
		VPADDD(half, x, x)
		VPADDD(odd, x, x)
		VPSRLD(operand.Imm(16), x, x)
	}
}

// roundFloat16 is tensor.Float32ToHalf of what is no NaN. AVX-512 has an instruction.
func roundFloat16(s isa) func(x VecVirtual) {
	if s.wide {
		return nil
	}
	return func(x VecVirtual) {
		sign, odd, small, subnormal := s.vector(), s.vector(), s.vector(), s.vector()
		VPSRLD(operand.Imm(16), x, sign)
		VPAND(table("halfSign", 0x8000), sign, sign)
		VPAND(table("magnitude", 0x7fffffff), x, x)
		VADDPS(table("oneHalf", 0x3f000000), x, subnormal)
		VPSUBD(table("oneHalf", 0x3f000000), subnormal, subnormal)
		VMOVDQU(table("halfNormal", 0x38800000), small)
		VPCMPGTD(x, small, small)
		VPSRLD(operand.Imm(13), x, odd)
		VPAND(table("bit", 1), odd, odd)
		VPADDD(odd, x, x)
		VPSUBD(table("halfBias", 0x38000000-0xfff), x, x)
		VPSRLD(operand.Imm(13), x, x)
		VPMINUD(table("halfInfinity", 0x7c00), x, x)
		VPBLENDVB(small, subnormal, x, x)
		VPOR(sign, x, x)
	}
}
