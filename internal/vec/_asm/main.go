// Command _asm prints the assembly of package vec. It is a module of its own so
// that avo reaches nobody who imports xent. In the package's folder:
//
//	go generate
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	for _, s := range sets {
		add(s)
		mul(s)
		scale(s)
		negate(s)
		norm(s)
		normGradient(s)
		addProduct(s)
		gate(s)
		gateGradient(s)
		adamW(s)
		rotate(s)
		sum(s, "sum", 1)
		sum(s, "dot", 2)
		sum(s, "dot3", 3)
		squares(s)
	}
	Generate()
}
