package gemm

import (
	"fmt"

	"xent/internal/tensor"
)

// Transpose copies xᵀ to c, on the caller's goroutine: for what several products
// read, each of which would turn it on its own. Both are row-major float32 and apart;
// it panics where the shapes do not fit.
func Transpose(c, x tensor.Matrix) {
	if c.Rows != x.Cols || c.Cols != x.Rows || !c.RowMajor() || !x.RowMajor() {
		panic(fmt.Sprintf("gemm: the transpose of %d×%d into %d×%d", x.Rows, x.Cols, c.Rows, c.Cols))
	}
	if x.Rows > 0 && x.Cols > 0 {
		backends[Float32].transpose(c.Data(), c.RowStride, x.Data(), x.RowStride, x.Rows, x.Cols)
	}
}
