//go:build amd64 && !purego

package kernel

import (
	"unsafe"

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

// sumExp32 is SumExp at temperature 1.
func sumExp32(x []float32, m float32, sums *[2]float64) (done int, top float32) {
	n := len(x) &^ (group - 1)
	for done < n {
		k := min(n-done, piece)
		step, top := sumExpVector(&x[done], k, m, sums)
		if done += step; step < k {
			return done, top
		}
	}
	if n == len(x) {
		return n, m
	}
	var left [group]float32
	for i := copy(left[:], x[n:]); i < group; i++ {
		left[i] = negInf
	}
	if step, top := sumExpVector(&left[0], group, m, sums); step == 0 {
		return n, top
	}
	return len(x), m
}

func sumExpVector(x *float32, n int, m float32, sums *[2]float64) (done int, top float32) {
	if hasAVX512 {
		return sumExpAVX512(x, n, m, sums)
	}
	return sumExpAVX2(x, n, m, sums)
}

// streamExps is scaledExps past the caches, for differences of at most 88, none
// NaN.
func streamExps(dst, x []float32, m, a float32) {
	dst = dst[:len(x)]
	if !hasAVX2 || len(x) < 4*group {
		scaledExps(dst, x, m, a)
		return
	}
	head := int(-uintptr(unsafe.Pointer(&dst[0]))%64) / 4 // to the next line
	scaledExps(dst[:head], x[:head], m, a)
	dst, x = dst[head:], x[head:]
	for len(x) >= group {
		n := min(len(x), piece) &^ (group - 1)
		if hasAVX512 {
			expsStreamAVX512(&dst[0], &x[0], n, m, a)
		} else {
			expsStreamAVX2(&dst[0], &x[0], n, m, a)
		}
		dst, x = dst[n:], x[n:]
	}
	scaledExps(dst, x, m, a)
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
