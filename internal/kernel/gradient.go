package kernel

import "math"

// A Slope makes a gradient of exponentials,
//
//	g_i = A·e_i − B·w_i
//
// and 0 where e_i is −0, as SumExp leaves it for a masked class.
type Slope struct {
	A, B float64
	W    []float32 // one for each element; nil for 1 everywhere
}

// inFloat32 reports whether float32 holds the factors. Where it does not, it may hold the
// gradient.
func (s *Slope) inFloat32() bool {
	return math.Abs(s.A) <= math.MaxFloat32 && math.Abs(s.B) <= math.MaxFloat32
}

// cut is the slope of elements [lo, hi).
func (s *Slope) cut(lo, hi int) Slope {
	t := *s
	if s.W != nil {
		t.W = s.W[lo:hi]
	}
	return t
}

// Gradient sets dst to s of e, past the caches with stream. Of B·w nothing but the last
// rounding is lost; A is rounded to float32.
func Gradient[T Float](dst, e []T, s *Slope, stream bool) {
	dst = dst[:len(e)]
	if e, ok := any(e).([]float32); ok && hasAVX2 && s.inFloat32() {
		gradient32(any(dst).([]float32), e, s, stream)
		return
	}
	for i, x := range e {
		dst[i] = T(s.at(i, float64(x)))
	}
}

// GradientHalf is Gradient to numbers of 16 bits: to float32, and that to the nearest,
// ties to even.
func GradientHalf(h Half, dst []uint16, e []float32, s *Slope, stream bool) {
	dst = dst[:len(e)]
	if hasAVX2 && s.inFloat32() {
		gradient16(h, dst, e, s, stream)
		return
	}
	for i, x := range e {
		dst[i] = h.Round(float32(s.at(i, float64(x))))
	}
}

// at is element i.
func (s *Slope) at(i int, e float64) float64 {
	if e == 0 && math.Signbit(e) {
		return 0
	}
	g := 0.0
	if e != 0 { // A may be infinite
		g = float64(s.A * e)
	}
	switch {
	case s.B == 0:
	case s.W == nil:
		g -= s.B
	default:
		g -= float64(s.B * float64(s.W[i]))
	}
	return g
}
