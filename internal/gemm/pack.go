package gemm

import "xent/internal/tensor"

// packPanel copies columns [lo, lo+w) of rows [from, from+k) of x, as float32,
// to a panel of k×width: dst[p·width+j] = x[from+p, lo+j], and zeros for
// w ≤ j < width. A panel of B is packed as it stands, one of A from the
// transpose. line holds k values in between.
func (be *backend) packPanel(dst []float32, width int, x tensor.Matrix, lo, w, from, k int, line []float32) {
	dst = dst[:k*width]
	if w < width {
		clear(dst)
	}
	switch {
	case x.RowMajor() && x.DType == tensor.F32:
		copyLines(dst, width, x.Data()[from*x.RowStride+lo:], x.RowStride, w, k)
	case x.RowMajor():
		for p := range k {
			x.Gather(dst[p*width:][:w], from+p, lo)
		}
	case x.DType == tensor.F32:
		be.transpose(dst, width, x.Data()[lo*x.ColStride+from:], x.ColStride, w, k)
	default:
		t := x.T()
		for j := range w {
			t.Gather(line[:k], lo+j, from)
			genericTranspose(dst[j:], width, line, k, 1, k)
		}
	}
}

// copyLines writes dst[p·width+j] = src[p·stride+j] for p < k and j < w. Whole
// lines of the widths that tiles have are moved as arrays, a few instructions
// each where copy would be a call.
func copyLines(dst []float32, width int, src []float32, stride, w, k int) {
	switch {
	case w == 16 && width == 16:
		for p := range k {
			*(*[16]float32)(dst[16*p:]) = *(*[16]float32)(src[p*stride:])
		}
	case w == 6 && width == 6:
		for p := range k {
			*(*[6]float32)(dst[6*p:]) = *(*[6]float32)(src[p*stride:])
		}
	default:
		for p := range k {
			copy(dst[p*width:][:w], src[p*stride:])
		}
	}
}
