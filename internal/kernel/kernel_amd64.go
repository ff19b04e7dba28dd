//go:build amd64 && !purego

package kernel

import (
	"golang.org/x/sys/cpu"
)

//go:generate go -C _asm run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg kernel

var (
	hasAVX2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	hasAVX512 = hasAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW
)

// group is how many elements the vector loops take at once. What is left over goes
// through them in a group that is filled up, so that every element has the bits it
// would have anywhere.
const group = 16

// maxGroup is group for Max.
const maxGroup = 32

// piece bounds a call of assembly, which Go cannot preempt, to some tens of µs.
const piece = 1 << 16

func max32(x []float32) float32 {
	n := len(x) &^ (maxGroup - 1)
	if n == 0 {
		return genericMax(x)
	}
	m, rest := negInf, genericMax(x[n:])
	for x := x[:n]; len(x) > 0; x = x[min(piece, len(x)):] {
		k := min(piece, len(x))
		switch {
		case hasAVX512:
			m = max(m, maxAVX512(&x[0], k))
		case hasAVX2:
			m = max(m, maxAVX2(&x[0], k))
		default:
			m = max(m, genericMax(x[:k]))
		}
	}
	return max(m, rest)
}

// index32 is a place that v is not before.
func index32(x []float32, v float32) int {
	const group = 64
	n := len(x) &^ (group - 1)
	for done := 0; done < n; {
		k, found := min(n-done, piece), 0
		switch {
		case hasAVX512:
			found = indexAVX512(&x[done], k, v)
		case hasAVX2:
			found = indexAVX2(&x[done], k, v)
		}
		if done += found; found < k {
			return done
		}
	}
	return n
}

// sumExp32 is SumExp.
func sumExp32(scale *Scale, x []float32, m float32, sums *[2]float64, keep []float32) (done int, top float32) {
	n := len(x) &^ (group - 1)
	for done < n {
		k := min(n-done, piece)
		var e *float32
		if keep != nil {
			e = &keep[done]
		}
		step, top := sumExpVector(scale, &x[done], k, m, sums, e)
		if done += step; step < k {
			return done, top
		}
	}
	if n == len(x) {
		return n, m
	}
	var left, kept [group]float32
	for i := copy(left[:], x[n:]); i < group; i++ {
		left[i] = negInf
	}
	var e *float32
	if keep != nil {
		e = &kept[0]
	}
	if step, top := sumExpVector(scale, &left[0], group, m, sums, e); step == 0 {
		return n, top
	}
	if keep != nil {
		copy(keep[n:len(x)], kept[:])
	}
	return len(x), m
}

// sumExpVector takes blocks of n elements, a multiple of 16, as SumExp does, and writes
// the exponentials to e unless that is nil.
//
// The sums are taken in lanes i mod 16, which are added by halves. Of each 128 elements a
// lane adds x₀ … x₇ in float32, ((x₀+x₁)+(x₂+x₃)) + ((x₄+x₅)+(x₆+x₇)), and of the
// products (x₀+x₂)+(x₁+x₃) and so on, the inner ones fused, and that in float64; of what
// is left after the last 128, one at a time.
func sumExpVector(scale *Scale, x *float32, n int, m float32, sums *[2]float64, e *float32) (done int, top float32) {
	switch plain := scale.inverse == 1; {
	case hasAVX512 && plain && e == nil:
		return sumExpAVX512(x, n, m, sums)
	case hasAVX512 && plain:
		return sumExpKeepAVX512(x, n, m, sums, e)
	case hasAVX512 && e == nil:
		return sumExpScaledAVX512(x, n, m, sums, &scale.factors, scale.inverse)
	case hasAVX512:
		return sumExpKeepScaledAVX512(x, n, m, sums, e, &scale.factors, scale.inverse)
	case plain && e == nil:
		return sumExpAVX2(x, n, m, sums)
	case plain:
		return sumExpKeepAVX2(x, n, m, sums, e)
	case e == nil:
		return sumExpScaledAVX2(x, n, m, sums, &scale.factors, scale.inverse)
	default:
		return sumExpKeepScaledAVX2(x, n, m, sums, e, &scale.factors, scale.inverse)
	}
}

// sumExpHalf is SumExpHalf of n elements, a multiple of 16, at temperature 1, or false.
func sumExpHalf(h Half, x []uint16, m float32, sums *[2]float64, keep []float32) (done int, top float32, ok bool) {
	if !hasAVX512 {
		return 0, 0, false
	}
	for done < len(x) {
		k := min(len(x)-done, piece)
		var step int
		var e *float32
		if keep != nil {
			e = &keep[done]
		}
		switch at := &x[done]; {
		case h == BFloat16 && e == nil:
			step, top = sumExpBFloat16AVX512(at, k, m, sums)
		case h == BFloat16:
			step, top = sumExpBFloat16KeepAVX512(at, k, m, sums, e)
		case e == nil:
			step, top = sumExpFloat16AVX512(at, k, m, sums)
		default:
			step, top = sumExpFloat16KeepAVX512(at, k, m, sums, e)
		}
		if done += step; step < k {
			return done, top, true
		}
	}
	return done, m, true
}

func scaledExps(dst, x []float32, m, a float32) {
	dst = dst[:len(x)]
	if !hasAVX2 {
		genericExps(dst, x, m, a)
		return
	}
	for len(x) >= group {
		n := min(len(x), piece) &^ (group - 1)
		if hasAVX512 {
			expsAVX512(&dst[0], &x[0], n, m, a)
		} else {
			expsAVX2(&dst[0], &x[0], n, m, a)
		}
		dst, x = dst[n:], x[n:]
	}
	if len(x) == 0 {
		return
	}
	var left [group]float32
	copy(left[:], x)
	if hasAVX512 {
		expsAVX512(&left[0], &left[0], group, m, a)
	} else {
		expsAVX2(&left[0], &left[0], group, m, a)
	}
	copy(dst, left[:])
}

// widenGroup is group for Widen.
const widenGroup = 32

// widenBFloat16 is WidenBFloat16 on as many elements as it returns: all but the last
// few.
func widenBFloat16(dst []float32, x []uint16) (done int) {
	for n := len(x) &^ (widenGroup - 1); done < n; {
		k := min(n-done, piece)
		switch {
		case hasAVX512:
			widenBFloat16AVX512(&dst[done], &x[done], k)
		case hasAVX2:
			widenBFloat16AVX2(&dst[done], &x[done], k)
		default:
			return 0
		}
		done += k
	}
	return done
}

// widenFloat16 is widenBFloat16 for WidenFloat16.
func widenFloat16(dst []float32, x []uint16) (done int) {
	for n := len(x) &^ (widenGroup - 1); done < n; {
		k := min(n-done, piece)
		switch {
		case hasAVX512:
			widenFloat16AVX512(&dst[done], &x[done], k)
		case hasAVX2:
			widenFloat16AVX2(&dst[done], &x[done], k)
		default:
			return 0
		}
		done += k
	}
	return done
}
