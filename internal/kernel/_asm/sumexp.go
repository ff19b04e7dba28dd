package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// block is how many elements' sums are taken by themselves.
const block = 1024

// A sumKernel is a loop that adds exponentials, and their products with their exponents,
// block by block.
type sumKernel struct {
	exponential
	from    source
	keep    bool // the exponentials are written
	scaled  bool // d/T instead of d
	x, i, e Register
	factors Register // scaled
	m       operand.Op

	limit, zero operand.Op      // greatest m − x of a normal exponential; of one that is 0
	top         VecVirtual      // greatest m − x of each lane, as an unsigned integer
	sums        [2][]operand.Op // of the block in float64, 16 lanes each: registers, or else memory
}

// Offsets in the factors of a scaled kernel.
const (
	factorLog2e = 4 * iota
	factorHi
	factorLo
	factorLimit
	factorZero
)

// sumExp emits the loop for a source; keep and scaled as in a sumKernel.
func sumExp(s isa, from source, keep, scaled bool) {
	name, args := "sumExp"+from.name, "x *"+from.kind+", n int, m float32, sums *[2]float64"
	if keep {
		name, args = name+"Keep", args+", e *float32"
	}
	if scaled {
		name, args = name+"Scaled", args+", f *[5]float32, inverse float64"
	}
	name += s.name
	TEXT(name, NOSPLIT, "func("+args+") (done int, top float32)")
	Doc(
		name+" takes blocks of 1024 elements of n, a multiple of 16, the last with what is",
		"left. To sums it adds each block's Σ e and Σ e·d until a block has an element above m:",
		"see sumExp32.",
	)
	Pragma("noescape")
	k := sumKernel{exponential: newExponential(s), from: from, keep: keep, scaled: scaled}
	k.emit()
}

func (t *sumKernel) emit() {
	s := t.s
	t.begin()
	n, start, end, wholes, slow := Load(Param("n"), GP64()), GP64(), GP64(), GP64(), GP64()
	XORQ(t.i, t.i)
	XORQ(slow, slow)
	Label("block")
	CMPQ(t.i, n)
	JGE(operand.LabelRef("finished"))
	MOVQ(t.i, start)
	LEAQ(operand.Mem{Base: t.i, Disp: block}, end)
	CMPQ(end, n)
	CMOVQGT(n, end)
	MOVQ(end, wholes)
	SUBQ(t.i, wholes)
	ANDQ(operand.I8(-128), wholes)
	ADDQ(t.i, wholes)
	t.clear()
	TESTQ(slow, slow)
	JNE(operand.LabelRef("look"))
	t.loop("fast", 8, wholes, false)
	t.loop("fast", 1, end, false)
	s.jumpIfAbove(t.top, t.limit, "look")
	Label("add")
	for k := range t.sums {
		sum, total := t.sum(k), operand.Mem{Base: Load(Param("sums"), GP64()), Disp: 8 * k}
		old := XMM()
		VMOVSD(total, old)
		if k == 0 {
			VADDSD(sum, old, old)
		} else {
			if t.scaled {
				VMULSD(Load(Param("inverse"), XMM()), sum, sum)
			}
			VSUBSD(sum, old, old) // of m − x
		}
		VMOVSD(old, total)
	}
	JMP(operand.LabelRef("block"))

	// An element is above m, or no number, or so far below m that its exponential is no
	// normal number.
	Label("look")
	MOVQ(operand.U64(1), slow)
	MOVQ(start, t.i)
	t.clear()
	greatest := t.look(end)
	rise := s.compare(above, greatest, s.each(t.m))
	s.jumpIf(rise, "rise")
	MOVQ(start, t.i)
	t.loop("slow", 8, wholes, true)
	t.loop("slow", 1, end, true)
	JMP(operand.LabelRef("add"))

	Label("nan")
	sums, nan := Load(Param("sums"), GP64()), GP64()
	MOVQ(operand.U64(0x7ff8000000000001), nan)
	MOVQ(nan, operand.Mem{Base: sums})
	MOVQ(n, t.i)
	Label("finished")
	VMOVAPS(s.each(t.m), greatest)
	JMP(operand.LabelRef("return"))
	Label("rise")
	MOVQ(start, t.i)
	Label("return")
	Store(t.i, ReturnIndex(0))
	Store(s.largest(greatest), ReturnIndex(1))
	VZEROUPPER()
	RET()
}

// begin loads what does not change, and takes room.
func (t *sumKernel) begin() {
	s := t.s
	t.x, t.i = Load(Param("x"), GP64()), GP64()
	t.m = s.parameter("m")
	if t.keep {
		t.e = Load(Param("e"), GP64())
	}
	t.limit, t.zero = table("expLimit", bits(-expMin)), table("expZero", bits(-expZero))
	if t.scaled {
		t.factors = Load(Param("f"), GP64())
		at := func(disp int) operand.Mem { return operand.Mem{Base: t.factors, Disp: disp} }
		t.limit, t.zero = at(factorLimit), at(factorZero)
		t.scale = &scaling{log2e: at(factorLog2e), hi: at(factorHi), lo: at(factorLo)}
	}
	t.top = s.vector()
	for k := range t.sums {
		for range 32 / s.lanes() {
			if s.wide {
				t.sums[k] = append(t.sums[k], ZMM())
			} else {
				t.sums[k] = append(t.sums[k], AllocLocal(32))
			}
		}
	}
	t.from.prepare(s)
}

// clear begins a block.
func (t *sumKernel) clear() {
	t.s.zero(t.top)
	for k := range t.sums {
		for _, v := range t.sums[k] {
			VMOVUPS(t.top, v)
		}
	}
}

// look returns the greatest elements up to end, and jumps to nan if there is one.
func (t *sumKernel) look(end Register) VecVirtual {
	s := t.s
	greatest, odd := s.vector(), mask{}
	VMOVAPS(s.each(t.m), greatest)
	none := s.vector()
	s.zero(none)
	odd = s.compare(unordered, none, none)
	Label("looking")
	for first := 0; first < group; first += s.lanes() {
		x := t.from.load(t.x, t.i, first)
		VMAXPS(greatest, x, greatest) // not NaN
		s.either(odd, s.compare(unordered, x, x))
	}
	ADDQ(operand.Imm(group), t.i)
	CMPQ(t.i, end)
	JLT(operand.LabelRef("looking"))
	s.jumpIf(odd, "nan")
	return greatest
}

// loop takes count groups of 16 elements at once, up to end.
func (t *sumKernel) loop(name string, count int, end Register, slow bool) {
	label := fmt.Sprintf("%s%d", name, count)
	Label(label)
	CMPQ(t.i, end)
	JGE(operand.LabelRef(label + "done"))
	for at := 0; at < count*group; at += 64 / t.from.size {
		PREFETCHT0(t.from.at(t.x, t.i, 8192/t.from.size+at))
	}
	for first := 0; first < group; first += t.s.lanes() {
		var whole chain
		for k := 0; k < count; k += 4 {
			var c chain
			for j := 0; j < min(4, count); j += t.together() {
				t.add(&c, j, min(t.together(), count), (k+j)*group+first, slow)
			}
			whole.join(c)
		}
		t.flush(first, whole)
	}
	ADDQ(operand.U32(count*group), t.i)
	JMP(operand.LabelRef(label))
	Label(label + "done")
}

// together is how many vectors there are registers for.
func (t *sumKernel) together() int {
	if t.scaled {
		return min(2, t.s.together())
	}
	return t.s.together()
}

// A chain is (e₀+e₁)+(e₂+e₃) and (e₀d₀+e₂d₂)+(e₁d₁+e₃d₃) as far as they are there, and
// in the end s[0] and d[0].
type chain struct{ s, d [2]VecVirtual }

// join adds another chain to one that is done.
func (c *chain) join(other chain) {
	if c.s[0] == nil {
		*c = other
		return
	}
	VADDPS(other.s[0], c.s[0], c.s[0])
	VADDPS(other.d[0], c.d[0], c.d[0])
}

// add adds n vectors, from element at on, the first of which is the chain's kth.
func (t *sumKernel) add(c *chain, k, n, at int, slow bool) {
	d, exponents := make([]VecVirtual, n), make([]VecVirtual, n) // reduce overwrites d
	for j := range d {
		d[j] = t.from.less(t.x, t.i, at+j*group, t.s.each(t.m))
	}
	masked := make([]mask, n)
	for j := range d {
		if slow {
			if t.keep {
				// Not m − x, which may have overflown.
				x := t.from.load(t.x, t.i, at+j*group)
				masked[j] = t.s.compare(equal, x, t.s.load(table("negInf", 0xff800000)))
			}
			VPMINUD(t.s.load(t.zero), d[j], d[j])
		} else {
			VPMAXUD(d[j], t.top, t.top)
		}
		exponents[j] = t.s.vector()
		VMOVAPS(d[j], exponents[j])
	}
	e := t.normal(d)
	for j := range e {
		to := operand.Mem{Base: t.e, Index: t.i, Scale: 4, Disp: 4 * (at + j*group)}
		switch {
		case t.keep && slow:
			marked := t.s.chosen(masked[j], table("sign", 1<<31))
			t.s.or(e[j], marked, marked)
			VMOVUPS(marked, to)
		case t.keep:
			VMOVUPS(e[j], to)
		}
	}
	for j := range e {
		if k+j < 2 {
			VMULPS(e[j], exponents[j], exponents[j])
			c.d[k+j] = exponents[j]
		} else {
			VFMADD231PS(e[j], exponents[j], c.d[k+j-2])
		}
	}
	for j := range e {
		if half := (k + j) / 2; c.s[half] == nil {
			c.s[half] = e[j]
		} else {
			VADDPS(e[j], c.s[half], c.s[half])
		}
	}
	if k+n == 4 {
		VADDPS(c.s[1], c.s[0], c.s[0])
		VADDPS(c.d[1], c.d[0], c.d[0])
	}
}

// flush adds the lanes of a chain from first on to the sums.
func (t *sumKernel) flush(first int, c chain) {
	for k, v := range []VecVirtual{c.s[0], c.d[0]} {
		if t.s.wide {
			upper, lo, hi := YMM(), ZMM(), ZMM()
			VEXTRACTF32X8(operand.Imm(1), v, upper)
			VCVTPS2PD(v.AsY(), lo)
			VCVTPS2PD(upper, hi)
			VADDPD(lo, t.sums[k][0], t.sums[k][0])
			VADDPD(hi, t.sums[k][1], t.sums[k][1])
			continue
		}
		upper := XMM()
		VEXTRACTF128(operand.Imm(1), v, upper)
		for half, from := range []operand.Op{v.AsX(), upper} {
			wide, to := YMM(), t.sums[k][first/4+half]
			VCVTPS2PD(from, wide)
			VADDPD(to, wide, wide)
			VMOVUPD(wide, to)
		}
	}
}

// sum adds the lanes of s or d by halves.
func (t *sumKernel) sum(k int) VecVirtual {
	v, quarter := t.sums[k], YMM()
	if t.s.wide {
		half := ZMM()
		VADDPD(v[1], v[0], half)
		VEXTRACTF64X4(operand.Imm(1), half, quarter)
		VADDPD(quarter, half.AsY(), quarter)
	} else {
		upper := YMM()
		VMOVUPD(v[0], quarter)
		VADDPD(v[2], quarter, quarter)
		VMOVUPD(v[1], upper)
		VADDPD(v[3], upper, upper)
		VADDPD(upper, quarter, quarter)
	}
	pair, one := XMM(), XMM()
	VEXTRACTF128(operand.Imm(1), quarter, pair)
	VADDPD(pair, quarter.AsX(), pair)
	VUNPCKHPD(pair, pair, one)
	VADDSD(one, pair, pair)
	return pair
}
