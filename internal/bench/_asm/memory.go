package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// read looks at every byte.
func read(s isa) {
	TEXT("read"+s.name, NOSPLIT, "func(src *byte, n int) uint32")
	Doc(fmt.Sprintf("read%s is the sum of n bytes, a positive multiple of %d, as words of 32 bits.", s.name, unit))
	Pragma("noescape")
	src, n := Load(Param("src"), GP64()), Load(Param("n"), GP64())
	var sums []VecVirtual
	for k := range 8 {
		sums = append(sums, s.vector())
		s.zero(sums[k])
	}
	loop(n, func() {
		for i := range unit / s.bytes {
			prefetch(src, i*s.bytes)
			sum := sums[i%len(sums)]
			VPADDD(operand.Mem{Base: src, Disp: i * s.bytes}, sum, sum)
		}
		ADDQ(operand.U32(unit), src)
	})
	for k := len(sums) / 2; k > 0; k /= 2 {
		for i := range k {
			VPADDD(sums[i+k], sums[i], sums[i])
		}
	}
	sum := sums[0]
	if s.bytes == 64 {
		half := YMM()
		VEXTRACTI64X4(operand.Imm(1), sum, half)
		VPADDD(sum.AsY(), half, half)
		sum = half
	}
	quarter, other := XMM(), XMM()
	VEXTRACTI128(operand.Imm(1), sum.AsY(), quarter)
	VPADDD(sum.AsX(), quarter, quarter)
	for _, order := range []uint64{0x4e, 0xb1} { // halves, then neighbours, change places
		VPSHUFD(operand.Imm(order), quarter, other)
		VPADDD(other, quarter, quarter)
	}
	word := GP32()
	VMOVD(quarter, word)
	Store(word, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// move copies, with stream past the caches.
func move(s isa, stream bool) {
	name, how := "copy"+s.name, ""
	if stream {
		name, how = "stream"+s.name, ", past the caches; dst is aligned to 64 bytes"
	}
	TEXT(name, NOSPLIT, "func(dst, src *byte, n int)")
	Doc(fmt.Sprintf("%s copies n bytes, a positive multiple of %d%s.", name, unit, how))
	Pragma("noescape")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	loop(n, func() {
		for i := range unit / s.bytes {
			v := s.vector()
			prefetch(src, i*s.bytes)
			VMOVUPS(operand.Mem{Base: src, Disp: i * s.bytes}, v)
			to := operand.Mem{Base: dst, Disp: i * s.bytes}
			if stream {
				VMOVNTPS(v, to)
			} else {
				VMOVUPS(v, to)
			}
		}
		ADDQ(operand.U32(unit), src)
		ADDQ(operand.U32(unit), dst)
	})
	if stream {
		SFENCE()
	}
	VZEROUPPER()
	RET()
}

// prefetch asks for a line that will be wanted, once for each.
func prefetch(src Register, at int) {
	if at%line == 0 {
		PREFETCHT0(operand.Mem{Base: src, Disp: at + ahead})
	}
}
