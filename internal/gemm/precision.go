package gemm

import (
	"slices"

	"xent/internal/tensor"
)

// A Precision is what the factors of a product are rounded to. Sums are float32
// whatever it is.
type Precision uint8

const (
	// Float32 takes them as they are.
	Float32 Precision = iota
	// BFloat16 rounds them to the nearest bfloat16, ties to even, and subnormal ones
	// to zero, as they are packed. It is twice as fast where the processor multiplies
	// such pairs (AVX512_BF16), and a little slower than Float32 elsewhere. The chain
	// of an element takes two steps of k at a time, the later one first:
	//
	//	for q = 0 … ⌈k/2⌉−1:   c ← c ⊕ A[i,2q+1]·B[2q+1,j];   c ← c ⊕ A[i,2q]·B[2q,j]
	//
	// Products of two bfloat16 are exact in float32, so all back ends compute the
	// same bits, the sign of a zero aside, where no number is subnormal, which
	// AVX512_BF16 takes for zero. Two MulAdd calls give the bits of one if k is cut
	// at an even number.
	BFloat16
)

// String is "fp32" or "bf16".
func (p Precision) String() string { return []string{"fp32", "bf16"}[p] }

// backends are what computes products of each precision here.
var backends = [...]*backend{Float32: available()[0], BFloat16: pairing()[0]}

// pairing lists the back ends for BFloat16 that this CPU can run, the fastest first.
func pairing() []*backend {
	all := pairs()
	for _, be := range available() {
		r := *be
		r.strided, r.pack = false, packRounded
		all = append(all, &r)
	}
	return all
}

// Mul computes C = A·B on at most workers goroutines: GOMAXPROCS of them when
// workers ≤ 0, the caller's alone when it is 1. With k = 0 it zeroes C. It
// panics when the shapes do not fit or C is not row-major float32.
func (p Precision) Mul(workers int, c, a, b tensor.Matrix) {
	multiply(backends[p], backends[p].blocking, workers, c, a, b, false)
}

// MulAdd computes C += A·B, and is otherwise as Mul.
func (p Precision) MulAdd(workers int, c, a, b tensor.Matrix) {
	multiply(backends[p], backends[p].blocking, workers, c, a, b, true)
}

// Backend names what computes the products here: "avx512", "avx2" or "generic",
// and for BFloat16 "avx512_bf16" or what of these stands in for it.
func (p Precision) Backend() string { return backends[p].name }

// SameBits reports whether the back ends of two names compute the same bits for any
// factors at all: those with AVX2 and AVX-512 do.
func SameBits(a, b string) bool {
	vectors := []string{"avx2", "avx512"}
	return a == b || slices.Contains(vectors, a) && slices.Contains(vectors, b)
}
