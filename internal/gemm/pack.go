package gemm

import "xent/internal/tensor"

// packValues is pack for factors that stay as they are: it copies columns [lo, lo+w) of rows [from, from+k) of x, as float32,
// to a panel of k×width: dst[p·width+j] = x[from+p, lo+j], and zeros for
// w ≤ j < width. A panel of B is packed as it stands, one of A from the
// transpose.
func packValues(be *backend, dst []float32, width int, x tensor.Matrix, lo, w, from, k int, lines []float32) {
	dst = dst[:k*width]
	if w < width {
		clear(dst)
	}
	switch {
	case x.RowMajor() && x.DType == tensor.F32:
		be.lines(dst, width, x.Data()[from*x.RowStride+lo:], x.RowStride, w, k)
	case x.RowMajor():
		for p := range k {
			x.Gather(dst[p*width:][:w], from+p, lo)
		}
	case x.DType == tensor.F32:
		be.transpose(dst, width, x.Data()[lo*x.ColStride+from:], x.ColStride, w, k)
	default:
		t := x.T()
		for j := range w {
			t.Gather(lines[j*k:][:k], lo+j, from)
		}
		be.transpose(dst, width, lines, k, w, k)
	}
}
