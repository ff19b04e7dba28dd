package kernel

import "math"

// A Half is a type of floating-point number of 16 bits.
type Half bool

// The types of 16 bits.
const (
	BFloat16 Half = false // the upper half of a float32
	Float16  Half = true  // IEEE binary16
)

// Widen sets dst[i] to the value of x[i].
func (h Half) Widen(dst []float32, x []uint16) {
	if h == BFloat16 {
		WidenBFloat16(dst, x)
	} else {
		WidenFloat16(dst, x)
	}
}

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

// Round rounds to the nearest of the type, ties to even; what is beyond the largest
// becomes ±∞, and a NaN stays one.
func (h Half) Round(x float32) uint16 {
	if h == BFloat16 {
		return roundBFloat16(x)
	}
	return roundFloat16(x)
}

func roundBFloat16(x float32) uint16 {
	b := math.Float32bits(x)
	if x != x {
		return uint16(b>>16) | 1<<6
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

func roundFloat16(x float32) uint16 {
	b := math.Float32bits(x)
	sign, abs := uint16(b>>16)&0x8000, b&0x7fffffff
	switch {
	case abs > 0x7f800000: // NaN
		return sign | 0x7e00
	case abs >= 0x477ff000: // 65520: halfway to the next power of two
		return sign | 0x7c00
	case abs < 0x38800000: // below 2⁻¹⁴: a multiple of 2⁻²⁴, which adding 0.5 leaves in the low bits
		return sign | uint16(math.Float32bits(math.Float32frombits(abs)+0.5)-0x3f000000)
	}
	return sign | uint16((abs-0x38000000+0xfff+abs>>13&1)>>13)
}
