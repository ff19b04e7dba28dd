package gemm

import (
	"testing"

	"xent/internal/tensor"
)

// TestTranspose: every small shape, between strides, and nothing besides.
func TestTranspose(t *testing.T) {
	const stride = 40
	for rows := range 37 {
		for cols := range 35 {
			x, c := random(37*stride), random(37*stride)
			was := append([]float32(nil), c...)
			Transpose(tensor.Strided(c, cols, rows, stride), tensor.Strided(x, rows, cols, stride))
			for i, v := range c {
				want := was[i]
				if p, j := i/stride, i%stride; p < cols && j < rows {
					want = x[j*stride+p]
				}
				if v != want {
					t.Fatalf("%d×%d: element %d is %v, want %v", rows, cols, i, v, want)
				}
			}
		}
	}
}
