// Command _asm prints the assembly of package gemm. It is a module of its own
// so that avo reaches nobody who imports xent. In the package's folder:
//
//	go generate
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	columnKernel(tileAVX2)
	transposeAVX2()
	linesAVX2(tileAVX2.rows)
	linesAVX2(16)
	columnKernel(tileAVX512)
	linesAVX512()
	linesFullAVX512(tileAVX512.rows)
	columnKernel(tileBF16)
	mergeBF16()
	narrowBF16()
	Generate()
}
