// Package gemm multiplies matrices of float32.
//
// Mul writes C = A·B and MulAdd adds, C += A·B, for C of m×n, A of m×k and B
// of k×n. A and B are views in any storage type, so a transpose costs nothing
// to ask for; half types become float32 as they are packed. C is row-major
// float32 with any row stride and must share no memory with A or B.
//
// # One order of summation
//
// Element (i, j) is one chain over increasing p:
//
//	c ← 0 or C[i,j];   for p = 0 … k−1:   c ← c ⊕ A[i,p]·B[p,j]
//
// where ⊕ is a fused multiply-add in the assembly back ends and a rounded
// product followed by a rounded addition in the generic one. Blocks of k
// store C and load it again, which changes no bit. So the result depends on
// nothing but the element's row of A, its column of B and the back end: not on
// workers, tiles, strides, nor on which other rows and columns are computed
// beside it, and two MulAdd calls over the halves of k give the bits of one.
//
// The error of an element is at most γ·Σ|A[i,p]·B[p,j]| (+ |C[i,j]|) with
// γ = k·2⁻²⁴/(1 − k·2⁻²⁴) for fused chains and (k+1) in place of k for the
// generic one (Higham, Accuracy and Stability of Numerical Algorithms, §3.1),
// underflow aside.
//
// Precision chooses products of bfloat16 instead, with a chain of their own.
package gemm

import (
	"fmt"

	"xent/internal/par"
	"xent/internal/tensor"
)

// Mul computes C = A·B of float32, as Float32.Mul does.
func Mul(workers int, c, a, b tensor.Matrix) { Float32.Mul(workers, c, a, b) }

// MulAdd computes C += A·B of float32, as Float32.MulAdd does.
func MulAdd(workers int, c, a, b tensor.Matrix) { Float32.MulAdd(workers, c, a, b) }

// Backend names what computes products of float32 here.
func Backend() string { return Float32.Backend() }

// Scratch is how many bytes a product with B of k×n packs its factors into at most, in
// float32 and on so many goroutines. They are kept for the products after it.
func Scratch(workers, n, k int) int64 {
	if n == 0 || k == 0 {
		return 0
	}
	be := backends[Float32]
	ks, ns := be.blocking.slabs(be, n, k)
	packed, count := min(k, ks)*ns, 1
	if ks < k || ns < n {
		count = 2
	}
	mr, nr, b := be.mr, be.nr, be.blocking
	each := roundUp(b.mc, mr)*(b.kc+nr) + b.kc*(nr+max(mr, nr)*be.per)
	return 4 * (int64(count)*int64(packed) + int64(par.Workers(workers))*int64(each))
}

// multiply is Mul or MulAdd with a given back end and given block sizes.
func multiply(be *backend, blk blocking, workers int, c, a, b tensor.Matrix, add bool) {
	if a.Rows != c.Rows || b.Cols != c.Cols || a.Cols != b.Rows {
		panic(fmt.Sprintf("gemm: %d×%d · %d×%d into %d×%d", a.Rows, a.Cols, b.Rows, b.Cols, c.Rows, c.Cols))
	}
	c, a, b = normal(c), normal(a), normal(b)
	if c.DType != tensor.F32 || !c.RowMajor() {
		panic("gemm: the result must be row-major float32")
	}
	switch {
	case c.Rows == 0 || c.Cols == 0:
	case a.Cols > 0:
		j := jobs.Get().(*job)
		j.run(be, blk, workers, c, a, b, add)
		j.release()
		jobs.Put(j)
	case !add:
		for i := range c.Rows {
			clear(c.Row(i))
		}
	}
}

// normal gives a vector the strides of a row-major matrix where it has the
// choice, since the stride of a dimension of one element means nothing.
func normal(m tensor.Matrix) tensor.Matrix {
	switch {
	case m.ColStride == 1:
	case m.Cols == 1:
		m.ColStride = 1
	case m.Rows == 1:
		m.RowStride = 1
	}
	return m
}
