package kernel

import "math"

// WidenBFloat16 sets dst[i] to the value of the bfloat16 x[i].
func WidenBFloat16(dst []float32, x []uint16) {
	dst = dst[:len(x)]
	n := widenBFloat16(dst, x)
	for i, h := range x[n:] {
		dst[n+i] = math.Float32frombits(uint32(h) << 16)
	}
}

// WidenFloat16 sets dst[i] to the value of the IEEE binary16 x[i]; a NaN keeps its
// payload.
func WidenFloat16(dst []float32, x []uint16) {
	dst = dst[:len(x)]
	n := widenFloat16(dst, x)
	for i, h := range x[n:] {
		dst[n+i] = HalfToFloat32(h)
	}
}

// HalfToFloat32 is one element of WidenFloat16.
func HalfToFloat32(h uint16) float32 {
	sign, x := uint32(h>>15)<<31, uint32(h&0x7fff)<<13
	special := uint32(0)
	if x > 0x7bff<<13 {
		special = 0x7f800000
	}
	// 2¹¹² too small, subnormal or not: multiplying is exact.
	return math.Float32frombits(math.Float32bits(math.Float32frombits(x)*0x1p112) | special | sign)
}
