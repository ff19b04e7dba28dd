package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// rotate turns the pairs of every head of a row.
func rotate(s isa) {
	name := "rotate" + s.name
	TEXT(name, NOSPLIT, "func(x *float32, heads, half int, cos, sin *float32, c, s float32)")
	Doc(
		name+" is, for each of heads, 2·half elements of x one after the other, half a",
		"multiple of 16, and 0 ≤ i < half,",
		"",
		"\tu, v := x[i], x[half+i]",
		"\tx[i] = u*(cos[i]*c) - v*(sin[i]*s)",
		"\tx[half+i] = v*(cos[i]*c) + u*(sin[i]*s)",
	)
	Pragma("noescape")
	x, heads, half := Load(Param("x"), GP64()), Load(Param("heads"), GP64()), Load(Param("half"), GP64())
	t := &loop{s: s, i: GP64()}
	cos, sin, b := Load(Param("cos"), GP64()), Load(Param("sin"), GP64()), GP64()
	c, sn := s.broadcast("c"), s.broadcast("s")
	TESTQ(heads, heads)
	JLE(operand.LabelRef("done"))
	Label("head")
	LEAQ(operand.Mem{Base: x, Index: half, Scale: 4}, b)
	while("loop", t.i, half, func() {
		for by := 0; by < group; by += s.lanes() {
			u, v := s.vector(), s.vector()
			VMOVUPS(at(x, t.i, by), u)
			VMOVUPS(at(b, t.i, by), v)
			cosine, sine := t.mul(c, at(cos, t.i, by)), t.mul(sn, at(sin, t.i, by))
			VMOVUPS(t.sub(t.mul(u, cosine), t.mul(v, sine)), at(x, t.i, by))
			VMOVUPS(t.add(t.mul(v, cosine), t.mul(u, sine)), at(b, t.i, by))
		}
	})
	LEAQ(operand.Mem{Base: b, Index: half, Scale: 4}, x)
	DECQ(heads)
	JNE(operand.LabelRef("head"))
	Label("done")
	VZEROUPPER()
	RET()
}
