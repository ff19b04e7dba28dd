package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A loop computes elements from elements of the same index.
type loop struct {
	s       isa
	arrays  map[string]Register
	scalars map[string]VecVirtual
	i       Register
	by      int // of the vector at hand, from i on
}

// An operation is what a loop does: its formula, in Go, over arrays, with scalars that
// are parameters and constants that are not.
type operation struct {
	name, arrays, scalars, formula string
	constants                      map[string]float32
}

// elements writes the loop of an operation. body computes one vector.
func elements(s isa, o operation, body func(t *loop)) {
	TEXT(o.name+s.name, NOSPLIT, fmt.Sprintf("func(%s *float32, n int%s)", o.arrays, typed(o.scalars)))
	doc := []string{o.name + s.name + " is, for 0 ≤ i < n, n a multiple of 16,", ""}
	for line := range strings.Lines(o.formula) {
		doc = append(doc, "\t"+strings.TrimSpace(line))
	}
	Doc(doc...)
	Pragma("noescape")
	t := &loop{s: s, arrays: map[string]Register{}, scalars: map[string]VecVirtual{}, i: GP64()}
	for _, a := range split(o.arrays) {
		t.arrays[a] = Load(Param(a), GP64())
	}
	n := Load(Param("n"), GP64())
	for _, c := range split(o.scalars) {
		t.scalars[c] = s.broadcast(c)
	}
	for name, v := range o.constants {
		t.scalars[name] = s.constant(name, v)
	}
	while("loop", t.i, n, func() {
		for t.by = 0; t.by < group; t.by += s.lanes() {
			body(t)
		}
	})
	VZEROUPPER()
	RET()
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' })
}

// typed declares scalars behind other parameters.
func typed(scalars string) string {
	if scalars == "" {
		return ""
	}
	return ", " + scalars + " float32"
}

// at is where the vector at hand stands in an array.
func (t *loop) at(array string) operand.Mem { return at(t.arrays[array], t.i, t.by) }

// load is the vector at hand of an array.
func (t *loop) load(array string) VecVirtual {
	v := t.s.vector()
	VMOVUPS(t.at(array), v)
	return v
}

// store writes it.
func (t *loop) store(v VecVirtual, array string) { VMOVUPS(v, t.at(array)) }

// mul, add, sub and div are new vectors; an operand that may lie in memory is the last.
func (t *loop) mul(a VecVirtual, b operand.Op) VecVirtual {
	v := t.s.vector()
	VMULPS(b, a, v)
	return v
}

func (t *loop) add(a VecVirtual, b operand.Op) VecVirtual {
	v := t.s.vector()
	VADDPS(b, a, v)
	return v
}

func (t *loop) sub(a VecVirtual, b operand.Op) VecVirtual { // a − b
	v := t.s.vector()
	VSUBPS(b, a, v)
	return v
}

func (t *loop) div(a VecVirtual, b operand.Op) VecVirtual { // a / b
	v := t.s.vector()
	VDIVPS(b, a, v)
	return v
}
