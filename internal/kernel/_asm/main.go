// Command _asm prints the assembly of package kernel. It is a module of its own
// so that avo reaches nobody who imports xent. In the package's folder:
//
//	go generate
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	for _, s := range sets {
		maximum(s)
		index(s)
		sources := []source{float32s, bfloat16s, quietFloat16s}
		if !s.wide {
			sources = sources[:1] // others are widened before
		}
		for _, from := range sources {
			sumExp(s, from, false, false)
			sumExp(s, from, true, false)
		}
		sumExp(s, float32s, false, true)
		sumExp(s, float32s, true, true)
		exps(s)
		for _, to := range sinks {
			for _, less := range []bool{false, true} {
				gradient(s, to, less, false)
				gradient(s, to, less, true)
			}
		}
		widen(s, bfloat16s)
		widen(s, float16s)
	}
	Generate()
}
