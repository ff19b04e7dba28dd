//go:build amd64 && !purego

package kernel

import "unsafe"

// ones are the weights of classes without any.
var ones = [group]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}

// gradient32 is Gradient.
func gradient32(dst, e []float32, s *Slope, stream bool) {
	if len(e) < 8*group {
		stream = false
	}
	done := 0
	if stream { // to the next line
		done = int(-uintptr(unsafe.Pointer(&dst[0]))%64) / 4
		gradientRest32(dst[:done], e, s.cut(0, done))
	}
	for len(e)-done >= group {
		n := min(len(e)-done, piece) &^ (group - 1)
		part := s.cut(done, done+n)
		gradientVector32(&dst[done], &e[done], n, &part, stream)
		done += n
	}
	gradientRest32(dst[done:], e[done:], s.cut(done, len(e)))
}

// gradientRest32 computes len(dst) < group elements.
func gradientRest32(dst, e []float32, s Slope) {
	if len(dst) == 0 {
		return
	}
	var to, from, w [group]float32
	copy(from[:], e[:len(dst)])
	if s.W != nil {
		copy(w[:], s.W)
		s.W = w[:]
	}
	gradientVector32(&to[0], &from[0], group, &s, false)
	copy(dst, to[:])
}

// gradient16 is GradientHalf.
func gradient16(h Half, dst []uint16, e []float32, s *Slope, stream bool) {
	if len(e) < 8*group {
		stream = false
	}
	done := 0
	if stream { // to the next line
		done = int(-uintptr(unsafe.Pointer(&dst[0]))%64) / 2
		for done > group {
			gradientRest16(h, dst[done-group:done], e[done-group:], s.cut(done-group, done))
			done -= group
		}
		gradientRest16(h, dst[:done], e, s.cut(0, done))
		done = int(-uintptr(unsafe.Pointer(&dst[0]))%64) / 2
	}
	for len(e)-done >= group {
		n := min(len(e)-done, piece) &^ (group - 1)
		part := s.cut(done, done+n)
		gradientVector16(h, &dst[done], &e[done], n, &part, stream)
		done += n
	}
	gradientRest16(h, dst[done:], e[done:], s.cut(done, len(e)))
}

// gradientRest16 computes len(dst) ≤ group elements.
func gradientRest16(h Half, dst []uint16, e []float32, s Slope) {
	if len(dst) == 0 {
		return
	}
	var to [group]uint16
	var from, w [group]float32
	copy(from[:], e[:len(dst)])
	if s.W != nil {
		copy(w[:], s.W)
		s.W = w[:]
	}
	gradientVector16(h, &to[0], &from[0], group, &s, false)
	copy(dst, to[:])
}

// weights returns what the loops read as weights, B in two parts, and how many bytes
// one weight is from the next.
func (s *Slope) weights() (w *float32, step int, hi, lo float32) {
	hi = float32(s.B)
	lo = float32(s.B - float64(hi))
	if s.W == nil {
		return &ones[0], 0, hi, lo
	}
	return &s.W[0], 4, hi, lo
}

func gradientVector32(dst, e *float32, n int, s *Slope, stream bool) {
	a := float32(s.A)
	if s.B == 0 {
		switch {
		case hasAVX512 && stream:
			gradientStreamAVX512(dst, e, n, a)
		case hasAVX512:
			gradientAVX512(dst, e, n, a)
		case stream:
			gradientStreamAVX2(dst, e, n, a)
		default:
			gradientAVX2(dst, e, n, a)
		}
		return
	}
	w, step, hi, lo := s.weights()
	switch {
	case hasAVX512 && stream:
		gradientLessStreamAVX512(dst, e, n, a, w, step, hi, lo)
	case hasAVX512:
		gradientLessAVX512(dst, e, n, a, w, step, hi, lo)
	case stream:
		gradientLessStreamAVX2(dst, e, n, a, w, step, hi, lo)
	default:
		gradientLessAVX2(dst, e, n, a, w, step, hi, lo)
	}
}

func gradientVector16(h Half, dst *uint16, e *float32, n int, s *Slope, stream bool) {
	if h == BFloat16 {
		gradientVectorBFloat16(dst, e, n, s, stream)
	} else {
		gradientVectorFloat16(dst, e, n, s, stream)
	}
}

func gradientVectorBFloat16(dst *uint16, e *float32, n int, s *Slope, stream bool) {
	a := float32(s.A)
	if s.B == 0 {
		switch {
		case hasAVX512 && stream:
			gradientBFloat16StreamAVX512(dst, e, n, a)
		case hasAVX512:
			gradientBFloat16AVX512(dst, e, n, a)
		case stream:
			gradientBFloat16StreamAVX2(dst, e, n, a)
		default:
			gradientBFloat16AVX2(dst, e, n, a)
		}
		return
	}
	w, step, hi, lo := s.weights()
	switch {
	case hasAVX512 && stream:
		gradientBFloat16LessStreamAVX512(dst, e, n, a, w, step, hi, lo)
	case hasAVX512:
		gradientBFloat16LessAVX512(dst, e, n, a, w, step, hi, lo)
	case stream:
		gradientBFloat16LessStreamAVX2(dst, e, n, a, w, step, hi, lo)
	default:
		gradientBFloat16LessAVX2(dst, e, n, a, w, step, hi, lo)
	}
}

func gradientVectorFloat16(dst *uint16, e *float32, n int, s *Slope, stream bool) {
	a := float32(s.A)
	if s.B == 0 {
		switch {
		case hasAVX512 && stream:
			gradientFloat16StreamAVX512(dst, e, n, a)
		case hasAVX512:
			gradientFloat16AVX512(dst, e, n, a)
		case stream:
			gradientFloat16StreamAVX2(dst, e, n, a)
		default:
			gradientFloat16AVX2(dst, e, n, a)
		}
		return
	}
	w, step, hi, lo := s.weights()
	switch {
	case hasAVX512 && stream:
		gradientFloat16LessStreamAVX512(dst, e, n, a, w, step, hi, lo)
	case hasAVX512:
		gradientFloat16LessAVX512(dst, e, n, a, w, step, hi, lo)
	case stream:
		gradientFloat16LessStreamAVX2(dst, e, n, a, w, step, hi, lo)
	default:
		gradientFloat16LessAVX2(dst, e, n, a, w, step, hi, lo)
	}
}
