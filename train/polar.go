package train

import (
	"math"

	"xent/internal/gemm"
	"xent/internal/tensor"
	"xent/internal/vec"
	"xent/lm"
)

// Where X = U·Σ·Vᵀ is a singular value decomposition, U·Vᵀ is the polar factor of X: the
// nearest matrix with orthonormal rows (or columns, where it has fewer of them).
// Products alone come near it, X ← (aI + bG + cG²)·X with G = X·Xᵀ, which turns each
// singular value σ into p(σ) = aσ + bσ³ + cσ⁵ (the Newton–Schulz iteration in the form
// of Jordan et al. 2024, Muon).
//
// polarSteps are the best coefficients for three steps (Amsel et al. 2025, The Polar
// Express): p₁ is the odd polynomial of degree 5 that is nearest to 1 over
// [polarFloor, 1], p₂ that over the values that p₁ takes there, and so on. Then
// |p₃(p₂(p₁(σ))) − 1| ≤ polarError there, and smaller σ grow by up to 78.
var polarSteps = [...]polynomial{
	{8.093368512548254, -23.62043032882427, 17.446151749836247},
	{3.6365855542590393, -2.721926746608907, 0.5365462883273612},
	{2.661299985777101, -1.9771545218846254, 0.4526164069964009},
}

const (
	polarFloor = 1e-2
	polarError = 0.27
)

// A polynomial is aσ + bσ³ + cσ⁵.
type polynomial struct{ a, b, c float32 }

// A polar is the memory for finding polar factors.
type polar struct {
	other        []float32 // of the matrix's size
	gram, square []float32 // d×d for d = min(rows, columns)
}

// newPolar returns memory for matrices of at most so many elements whose shorter
// sides are at most d.
func newPolar(in lm.Memory, elements, d int) polar {
	return polar{in.Floats(elements), in.Floats(d * d), in.Floats(d * d)}
}

// polarBytes is what newPolar takes.
func polarBytes(elements, d int) int64 { return 4 * (int64(elements) + 2*int64(d)*int64(d)) }

// factor: x R×C, its rows one behind the other, of Frobenius norm norm → about its polar
// factor, in place. A matrix whose norm is 0, or has no reciprocal, becomes 0. The number
// of workers changes no bit.
func (p *polar) factor(workers int, x tensor.Matrix, norm float64) {
	scale := float32(1 / norm)
	if !(scale <= math.MaxFloat32) {
		clear(x.Data())
		return
	}
	d, wide := min(x.Rows, x.Cols), x.Rows <= x.Cols
	from, to := x, tensor.Float32(p.other, x.Rows, x.Cols)
	if len(polarSteps)%2 == 1 { // then the last step writes to x
		copy(to.Data(), from.Data())
		from, to = to, from
	}
	vec.Scale(from.Data(), scale)
	gram, square := tensor.Float32(p.gram, d, d), tensor.Float32(p.square, d, d)
	for _, s := range polarSteps {
		if wide {
			gemm.Mul(workers, gram, from, from.T())
		} else {
			gemm.Mul(workers, gram, from.T(), from)
		}
		gemm.Mul(workers, square, gram, gram)
		s.of(gram, square)
		if wide {
			gemm.Mul(workers, to, gram, from)
		} else {
			gemm.Mul(workers, to, from, gram)
		}
		from, to = to, from
	}
}

// of: g d×d and its square → aI + bg + cg², in place of g.
func (s polynomial) of(g, square tensor.Matrix) {
	data, squares := g.Data(), square.Data()
	for i, x := range squares {
		data[i] = float32(s.b*data[i]) + float32(s.c*x)
	}
	for i := 0; i < len(data); i += g.Cols + 1 {
		data[i] += s.a
	}
}
