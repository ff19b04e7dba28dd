//go:build amd64 && !purego

package vec

import "golang.org/x/sys/cpu"

//go:generate go -C _asm run . -out ../vec_amd64.s -stubs ../stubs_amd64.go -pkg vec

var (
	hasAVX2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	hasAVX512 = hasAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ
)

// whole is how many of n elements the vector loops take. Calls are not divided,
// although Go cannot preempt them: they are for rows and for spans of the optimiser,
// which take some µs.
func whole(n int) int {
	if !hasAVX2 {
		return 0
	}
	return n &^ (group - 1)
}

func add(z, x, y []float32) int {
	n := whole(len(z))
	switch {
	case n == 0:
	case hasAVX512:
		addAVX512(&z[0], &x[0], &y[0], n)
	default:
		addAVX2(&z[0], &x[0], &y[0], n)
	}
	return n
}

func mul(z, x, y []float32) int {
	n := whole(len(z))
	switch {
	case n == 0:
	case hasAVX512:
		mulAVX512(&z[0], &x[0], &y[0], n)
	default:
		mulAVX2(&z[0], &x[0], &y[0], n)
	}
	return n
}

func scale(x []float32, a float32) int {
	n := whole(len(x))
	switch {
	case n == 0:
	case hasAVX512:
		scaleAVX512(&x[0], n, a)
	default:
		scaleAVX2(&x[0], n, a)
	}
	return n
}

func negate(y, x []float32) int {
	n := whole(len(y))
	switch {
	case n == 0:
	case hasAVX512:
		negateAVX512(&y[0], &x[0], n)
	default:
		negateAVX2(&y[0], &x[0], n)
	}
	return n
}

func norm(y, x, w []float32, r float32) int {
	n := whole(len(y))
	switch {
	case n == 0:
	case hasAVX512:
		normAVX512(&y[0], &x[0], &w[0], n, r)
	default:
		normAVX2(&y[0], &x[0], &w[0], n, r)
	}
	return n
}

func normGradient(dx, dy, x, w []float32, r, k float32) int {
	n := whole(len(dx))
	switch {
	case n == 0:
	case hasAVX512:
		normGradientAVX512(&dx[0], &dy[0], &x[0], &w[0], n, r, k)
	default:
		normGradientAVX2(&dx[0], &dy[0], &x[0], &w[0], n, r, k)
	}
	return n
}

func addProduct(dw, dy, x []float32, r float32) int {
	n := whole(len(dw))
	switch {
	case n == 0:
	case hasAVX512:
		addProductAVX512(&dw[0], &dy[0], &x[0], n, r)
	default:
		addProductAVX2(&dw[0], &dy[0], &x[0], n, r)
	}
	return n
}

func gated(y, gate, up []float32) int {
	n := whole(len(y))
	switch {
	case n == 0:
	case hasAVX512:
		gateAVX512(&y[0], &gate[0], &up[0], n)
	default:
		gateAVX2(&y[0], &gate[0], &up[0], n)
	}
	return n
}

func gateGradient(gate, up, e, dy []float32) int {
	n := whole(len(gate))
	switch {
	case n == 0:
	case hasAVX512:
		gateGradientAVX512(&gate[0], &up[0], &e[0], &dy[0], n)
	default:
		gateGradientAVX2(&gate[0], &up[0], &e[0], &dy[0], n)
	}
	return n
}

func adamW(w, g, m, v []float32, u *Update) int {
	n := whole(len(w))
	switch {
	case n == 0:
	case hasAVX512:
		adamWAVX512(&w[0], &g[0], &m[0], &v[0], n, u.Clip, u.Beta1, u.Rest1, u.Beta2, u.Rest2, u.Correct, u.Rate, u.Decay, u.Epsilon)
	default:
		adamWAVX2(&w[0], &g[0], &m[0], &v[0], n, u.Clip, u.Beta1, u.Rest1, u.Beta2, u.Rest2, u.Correct, u.Rate, u.Decay, u.Epsilon)
	}
	return n
}

// rotate takes whole rows only, and says whether it has.
func rotate(x, cos, sin []float32, c, s float32) bool {
	half := len(cos)
	heads := len(x) / (2 * half)
	switch {
	case half == 0 || half != whole(half) || heads == 0:
		return heads == 0
	case hasAVX512:
		rotateAVX512(&x[0], heads, half, &cos[0], &sin[0], c, s)
	default:
		rotateAVX2(&x[0], heads, half, &cos[0], &sin[0], c, s)
	}
	return true
}

// rest copies what follows n elements to rows of lanes that are filled up with zeros,
// which change no sum.
func rest(room *[3 * lanes]float32, n int, x ...[]float32) *float32 {
	for k, x := range x {
		copy(room[k*lanes:(k+1)*lanes], x[n:])
	}
	return &room[0]
}

func sum(x []float32) float32 {
	switch n := len(x) &^ (lanes - 1); {
	case !hasAVX2 || len(x) == 0:
		return genericSum(x)
	case n == len(x):
		return sumVectors(x, n, nil)
	default:
		var room [3 * lanes]float32
		return sumVectors(x, n, rest(&room, n, x))
	}
}

func sumVectors(x []float32, n int, tail *float32) float32 {
	if hasAVX512 {
		return sumAVX512(&x[0], n, tail)
	}
	return sumAVX2(&x[0], n, tail)
}

func dot(x, y []float32) float32 {
	switch n := len(x) &^ (lanes - 1); {
	case !hasAVX2 || len(x) == 0:
		return genericDot(x, y)
	case n == len(x):
		return dotVectors(x, y, n, nil)
	default:
		var room [3 * lanes]float32
		return dotVectors(x, y, n, rest(&room, n, x, y))
	}
}

func dotVectors(x, y []float32, n int, tail *float32) float32 {
	if hasAVX512 {
		return dotAVX512(&x[0], &y[0], n, tail)
	}
	return dotAVX2(&x[0], &y[0], n, tail)
}

func dot3(x, y, z []float32) float32 {
	switch n := len(x) &^ (lanes - 1); {
	case !hasAVX2 || len(x) == 0:
		return genericDot3(x, y, z)
	case n == len(x):
		return dot3Vectors(x, y, z, n, nil)
	default:
		var room [3 * lanes]float32
		return dot3Vectors(x, y, z, n, rest(&room, n, x, y, z))
	}
}

func dot3Vectors(x, y, z []float32, n int, tail *float32) float32 {
	if hasAVX512 {
		return dot3AVX512(&x[0], &y[0], &z[0], n, tail)
	}
	return dot3AVX2(&x[0], &y[0], &z[0], n, tail)
}

func squares(x []float32) (s float64, n int) {
	switch n = whole(len(x)); {
	case n == 0:
		return genericSquares(x)
	case hasAVX512:
		return squaresAVX512(&x[0], n), n
	default:
		return squaresAVX2(&x[0], n), n
	}
}
