package gemm

import (
	"math"

	"xent/internal/tensor"
)

// packRounded is pack for BFloat16 on back ends that know only float32: factors are
// rounded, and those of each pair change places, so that the chain takes the later
// one first.
func packRounded(be *backend, dst []float32, width int, x tensor.Matrix, lo, w, from, k int, lines []float32) {
	dst = dst[:k*width]
	if w < width {
		clear(dst)
	}
	if x.RowMajor() {
		for p := range k {
			line := dst[p*width:][:w]
			x.Gather(line, from+other(p, k), lo)
			roundAll(line)
		}
		return
	}
	t := x.T()
	for j := range w {
		line := lines[j*k:][:k]
		t.Gather(line, lo+j, from)
		roundAll(line)
		for p := 0; p+1 < k; p += 2 {
			line[p], line[p+1] = line[p+1], line[p]
		}
	}
	be.transpose(dst, width, lines, k, w, k)
}

// other is the other one of p's pair, and p itself when it has none.
func other(p, k int) int {
	if q := p ^ 1; q < k {
		return q
	}
	return p
}

// roundAll rounds numbers to bfloat16, subnormal ones to zero.
func roundAll(x []float32) {
	for i, v := range x {
		x[i] = rounded(v)
	}
}

func rounded(x float32) float32 {
	b := math.Float32bits(x)
	if b&0x7f800000 == 0 {
		return math.Float32frombits(b & 0x80000000)
	}
	return math.Float32frombits(uint32(tensor.Float32ToBFloat16(x)) << 16)
}
