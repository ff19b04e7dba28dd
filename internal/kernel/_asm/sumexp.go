package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// block is how many elements' sums are taken by themselves.
const block = 1024

// sumExp adds exponentials, and their products with their exponents, block by block.
func sumExp(s isa) {
	name := "sumExp" + s.name
	TEXT(name, NOSPLIT, "func(x *float32, n int, m float32, sums *[2]float64) (done int, top float32)")
	Doc(
		name+" takes blocks of 1024 elements of n, a multiple of 16, the last with what is",
		"left. To sums it adds each block's",
		"",
		"\tΣ e, Σ e·d\td = x[i] − m, e = exp(d)",
		"",
		"until a block has an element above m: of that one it adds nothing, and returns how",
		"many elements are done and the block's greatest, else n and m. A NaN makes sums NaN.",
		"",
		"The sums are taken in lanes i mod 8, which are added by halves. Of each 64 elements",
		"a lane adds eight in float32: with x₀ … x₇ in their order,",
		"((x₀+x₂)+(x₄+x₆)) + ((x₁+x₃)+(x₅+x₇)), the products (x₀+x₄)+(x₂+x₆) and so on by fused",
		"additions, and that in float64; of what is left after the last 64, two and two.",
	)
	Pragma("noescape")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	sums := Load(Param("sums"), GP64())
	t := sumTask{exponential: newExponential(s), m: s.parameter("m"), zero: s.constant("expZero", expZero), x: x, i: GP64()}
	start, end, wholes := GP64(), GP64(), GP64()
	t.begin()
	XORQ(t.i, t.i)
	VMOVAPS(s.each(t.m), t.top[0]) // of no block at all
	Label("block")
	CMPQ(t.i, n)
	JGE(operand.LabelRef("done"))
	MOVQ(t.i, start)
	LEAQ(operand.Mem{Base: t.i, Disp: block}, end)
	CMPQ(end, n)
	CMOVQGT(n, end)
	MOVQ(end, wholes)
	SUBQ(t.i, wholes)
	ANDQ(operand.I8(-64), wholes)
	ADDQ(t.i, wholes)
	t.clear()
	t.loop(4, wholes)
	t.loop(1, end)
	top := t.highest()
	rise := s.compare(above, top, s.each(t.m))
	s.jumpIf(rise, "rise")
	for k := range t.sums {
		sum, total := t.sum(k), operand.Mem{Base: sums, Disp: 8 * k}
		VADDSD(total, sum, sum)
		VMOVSD(sum, total)
	}
	JMP(operand.LabelRef("block"))

	Label("rise")
	MOVQ(start, t.i)
	Label("done")
	Store(t.i, ReturnIndex(0))
	Store(s.largest(t.top[0]), ReturnIndex(1))
	VZEROUPPER()
	RET()
}

// A sumTask is the state of sumExp.
type sumTask struct {
	exponential
	m, zero operand.Op
	x, i    Register
	top     []VecVirtual    // greatest element of each lane
	sums    [2][]operand.Op // of the block in float64, 8 lanes each: registers, or else memory
}

// begin takes room.
func (t *sumTask) begin() {
	for k := range t.sums {
		for range 16 / t.s.lanes() {
			if t.s.wide {
				t.sums[k] = append(t.sums[k], ZMM())
			} else {
				t.sums[k] = append(t.sums[k], AllocLocal(32))
			}
		}
	}
	for range min(2, t.s.together()) {
		t.top = append(t.top, t.s.vector())
	}
}

// clear begins a block.
func (t *sumTask) clear() {
	none := t.s.vector()
	t.s.zero(none)
	for k := range t.sums {
		for _, v := range t.sums[k] {
			VMOVUPS(none, v)
		}
	}
	for _, v := range t.top {
		VMOVAPS(t.s.each(t.m), v)
	}
}

// loop takes count groups of 16 elements at once, up to end.
func (t *sumTask) loop(count int, end Register) {
	label := fmt.Sprintf("loop%d", count)
	Label(label)
	CMPQ(t.i, end)
	JGE(operand.LabelRef(label + "done"))
	for line := range count {
		PREFETCHT0(at(t.x, t.i, 2048+line*group))
	}
	var halves []chain
	for first := 0; first < group; first += t.s.lanes() {
		var c chain
		for k := 0; k < count; k += t.s.together() {
			var z []VecVirtual
			for j := range min(t.s.together(), count) {
				z = append(z, t.s.vector())
				VMOVUPS(at(t.x, t.i, (k+j)*group+first), z[j])
			}
			t.add(z, k, &c)
		}
		halves = append(halves, c)
	}
	t.flush(halves)
	ADDQ(operand.U32(count*group), t.i)
	JMP(operand.LabelRef(label))
	Label(label + "done")
}

// A chain is (e₀+e₁)+(e₂+e₃) and (e₀d₀+e₂d₂)+(e₁d₁+e₃d₃) as far as they are there, and
// in the end s[0] and d[0].
type chain struct{ s, d [2]VecVirtual }

// add adds vectors of x, of which the first is the chain's kth.
func (t *sumTask) add(d []VecVirtual, k int, c *chain) {
	for j := range d {
		top := t.top[j%len(t.top)]
		VMAXPS(top, d[j], top) // not NaN
	}
	for j := range d {
		VSUBPS(t.s.each(t.m), d[j], d[j])
	}
	exponents := make([]VecVirtual, len(d)) // parts overwrites d
	for j := range d {
		VMAXPS(d[j], t.s.load(t.zero), d[j]) // NaN stays
		exponents[j] = t.s.vector()
		VMOVAPS(d[j], exponents[j])
	}
	e := t.normal(d)
	for j := range d {
		switch k + j {
		case 0, 1:
			VMULPS(e[j], exponents[j], exponents[j])
			c.d[k+j] = exponents[j]
		case 2, 3:
			VFMADD231PS(e[j], exponents[j], c.d[k+j-2])
		}
	}
	for j := range d {
		switch half := (k + j) / 2; {
		case c.s[half] == nil:
			c.s[half] = e[j]
		default:
			VADDPS(e[j], c.s[half], c.s[half])
		}
	}
	if k+len(d) == 4 {
		VADDPS(c.s[1], c.s[0], c.s[0])
		VADDPS(c.d[1], c.d[0], c.d[0])
	}
}

// flush adds the lanes' two halves, and that to the sums.
func (t *sumTask) flush(halves []chain) {
	for k := range 2 {
		of := func(c chain) VecVirtual { return []VecVirtual{c.s[0], c.d[0]}[k] }
		c := of(halves[0])
		if t.s.wide {
			upper, wide := YMM(), ZMM()
			VEXTRACTF32X8(operand.Imm(1), c, upper)
			VADDPS(upper, c.AsY(), upper)
			VCVTPS2PD(upper, wide)
			VADDPD(wide, t.sums[k][0], t.sums[k][0])
			continue
		}
		upper := XMM()
		VADDPS(of(halves[1]), c, c)
		VEXTRACTF128(operand.Imm(1), c, upper)
		for half, from := range []operand.Op{c.AsX(), upper} {
			wide := YMM()
			VCVTPS2PD(from, wide)
			VADDPD(t.sums[k][half], wide, wide)
			VMOVUPD(wide, t.sums[k][half])
		}
	}
}

// highest is the greatest of each lane's elements.
func (t *sumTask) highest() VecVirtual {
	if len(t.top) > 1 {
		VMAXPS(t.top[1], t.top[0], t.top[0])
	}
	return t.top[0]
}

// sum adds the lanes of s or sd by halves.
func (t *sumTask) sum(k int) VecVirtual {
	v, quarter := t.sums[k], YMM()
	if t.s.wide {
		VEXTRACTF64X4(operand.Imm(1), v[0], quarter)
		VADDPD(quarter, v[0].(VecVirtual).AsY(), quarter)
	} else {
		VMOVUPD(v[0], quarter)
		VADDPD(v[1], quarter, quarter)
	}
	pair, one := XMM(), XMM()
	VEXTRACTF128(operand.Imm(1), quarter, pair)
	VADDPD(pair, quarter.AsX(), pair)
	VUNPCKHPD(pair, pair, one)
	VADDSD(one, pair, pair)
	return pair
}
