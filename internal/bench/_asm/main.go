// Command _asm prints the loops of package bench. It is a module of its own so
// that avo reaches nobody who imports xent. In the package's folder:
//
//	go generate
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	for _, s := range sets {
		read(s)
		move(s, false)
		move(s, true)
		multiplyAdd(s)
	}
	multiplyAddBF16()
	Generate()
}
