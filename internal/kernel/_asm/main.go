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
		sumExp(s)
		exps(s, false)
		exps(s, true)
		widen(s, "BFloat16", bfloat16)
		widen(s, "Float16", float16)
	}
	Generate()
}
