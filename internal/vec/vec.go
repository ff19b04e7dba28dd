// Package vec holds the vector loops between the products of a transformer: norms,
// gates, rotations, the optimiser.
//
// A loop's result is defined element by element, or by a fixed order of additions, in
// float32 unless said otherwise and rounded after every operation as generic.go has it.
// The loops for AVX-512 and for AVX2 take the same steps, so that all have the same
// bits on every platform. Arrays that a loop writes are those it reads, or apart from
// them; all are as long as the first.
package vec

// Add sets z[i] = x[i] + y[i].
func Add(z, x, y []float32) {
	x, y = x[:len(z)], y[:len(z)]
	n := add(z, x, y)
	genericAdd(z[n:], x[n:], y[n:])
}

// Mul sets z[i] = x[i]·y[i].
func Mul(z, x, y []float32) {
	x, y = x[:len(z)], y[:len(z)]
	n := mul(z, x, y)
	genericMul(z[n:], x[n:], y[n:])
}

// Scale multiplies x by a.
func Scale(x []float32, a float32) {
	n := scale(x, a)
	genericScale(x[n:], a)
}

// Negate sets y[i] = −x[i].
func Negate(y, x []float32) {
	x = x[:len(y)]
	n := negate(y, x)
	genericNegate(y[n:], x[n:])
}

// Norm sets y[i] = x[i]·r·w[i].
func Norm(y, x, w []float32, r float32) {
	x, w = x[:len(y)], w[:len(y)]
	n := norm(y, x, w, r)
	genericNorm(y[n:], x[n:], w[n:], r)
}

// NormGradient adds r·(w[i]·dy[i]) − x[i]·k to dx[i].
func NormGradient(dx, dy, x, w []float32, r, k float32) {
	dy, x, w = dy[:len(dx)], x[:len(dx)], w[:len(dx)]
	n := normGradient(dx, dy, x, w, r, k)
	genericNormGradient(dx[n:], dy[n:], x[n:], w[n:], r, k)
}

// AddProduct adds dy[i]·(x[i]·r) to dw[i].
func AddProduct(dw, dy, x []float32, r float32) {
	dy, x = dy[:len(dw)], x[:len(dw)]
	n := addProduct(dw, dy, x, r)
	genericAddProduct(dw[n:], dy[n:], x[n:], r)
}

// Gate turns y = exp(−gate) into gate·σ·up, σ = 1/(1 + y).
func Gate(y, gate, up []float32) {
	gate, up = gate[:len(y)], up[:len(y)]
	n := gated(y, gate, up)
	genericGate(y[n:], gate[n:], up[n:])
}

// GateGradient is the derivative of Gate: e is exp(−gate) and dy the gradient of its
// result; gate and up become their gradients.
//
//	gate ← dy·up·(σ + silu·(1 − σ))   up ← dy·silu   σ = 1/(1 + e), silu = gate·σ
func GateGradient(gate, up, e, dy []float32) {
	up, e, dy = up[:len(gate)], e[:len(gate)], dy[:len(gate)]
	n := gateGradient(gate, up, e, dy)
	genericGateGradient(gate[n:], up[n:], e[n:], dy[n:])
}

// Rotate turns, in every head of x of 2·len(cos) columns, column i with column
// i + len(cos) by an angle, whose cosine is cos[i]·c and whose sine is sin[i]·s. x is a
// whole number of heads.
func Rotate(x, cos, sin []float32, c, s float32) {
	half := len(cos)
	sin = sin[:half]
	if half == 0 || rotate(x, cos, sin, c, s) {
		return
	}
	for ; len(x) > 0; x = x[2*half:] {
		genericRotate(x[:half], x[half:2*half], cos, sin, c, s)
	}
}

// An Update is a step of AdamW: what multiplies the gradient, the moments' factors, the
// corrections of both moments (of the first within Rate), decay and ε.
type Update struct {
	Clip, Beta1, Rest1, Beta2, Rest2, Correct, Rate, Decay, Epsilon float32
}

// AdamW updates weights w and their moments m and v by gradients g:
//
//	g' = Clip·g   m ← Beta1·m + Rest1·g'   v ← Beta2·v + Rest2·g'²
//	w ← w − (Decay·w + Rate·m/(√(Correct·v) + Epsilon))
func AdamW(w, g, m, v []float32, u *Update) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	n := adamW(w, g, m, v, u)
	genericAdamW(w[n:], g[n:], m[n:], v[n:], u)
}

// Sum returns Σ x[i]. Element i goes to lane i mod 32, and the lanes are added by
// halves (l += l+16, l += l+8, …), here and in Dot and Dot3.
func Sum(x []float32) float32 { return sum(x) }

// Dot returns Σ x[i]·y[i].
func Dot(x, y []float32) float32 { return dot(x, y[:len(x)]) }

// Dot3 returns Σ (x[i]·y[i])·z[i].
func Dot3(x, y, z []float32) float32 { return dot3(x, y[:len(x)], z[:len(x)]) }

// Squares returns Σ x[i]² in float64, where squares are exact: over whole groups of 16
// elements in lanes i mod 16, which are added by halves, and then one after the other.
func Squares(x []float32) float64 {
	s, n := squares(x)
	for _, v := range x[n:] {
		s += float64(float64(v) * float64(v))
	}
	return s
}
