package vec

import "math"

// The loops in plain Go: what the vector loops must equal, bit for bit. The conversions
// keep Go from fusing a product with an addition.

// lanes is how many partial sums there are of a sum.
const lanes = 32

func genericAdd(z, x, y []float32) {
	for i := range z {
		z[i] = x[i] + y[i]
	}
}

func genericMul(z, x, y []float32) {
	for i := range z {
		z[i] = x[i] * y[i]
	}
}

func genericScale(x []float32, a float32) {
	for i := range x {
		x[i] *= a
	}
}

func genericNegate(y, x []float32) {
	for i := range y {
		y[i] = -x[i]
	}
}

func genericNorm(y, x, w []float32, r float32) {
	for i := range y {
		y[i] = float32(x[i]*r) * w[i]
	}
}

func genericNormGradient(dx, dy, x, w []float32, r, k float32) {
	for i := range dx {
		dx[i] += float32(r*float32(w[i]*dy[i])) - float32(x[i]*k)
	}
}

func genericAddProduct(dw, dy, x []float32, r float32) {
	for i := range dw {
		dw[i] += float32(dy[i] * float32(x[i]*r))
	}
}

func genericGate(y, gate, up []float32) {
	for i := range y {
		y[i] = float32(gate[i]*(1/(1+y[i]))) * up[i]
	}
}

func genericGateGradient(gate, up, e, dy []float32) {
	for i := range gate {
		sigma := 1 / (1 + e[i])
		silu := float32(gate[i] * sigma)
		gate[i] = float32(dy[i]*up[i]) * (sigma + float32(silu*(1-sigma)))
		up[i] = dy[i] * silu
	}
}

func genericRotate(a, b, cos, sin []float32, c, s float32) {
	for i := range cos {
		cosine, sine := cos[i]*c, sin[i]*s
		u, v := a[i], b[i]
		a[i] = float32(u*cosine) - float32(v*sine)
		b[i] = float32(v*cosine) + float32(u*sine)
	}
}

func genericAdamW(w, g, m, v []float32, u *Update) {
	for i := range w {
		gi := g[i] * u.Clip
		mi := float32(u.Beta1*m[i]) + float32(u.Rest1*gi)
		vi := float32(u.Beta2*v[i]) + float32(u.Rest2*float32(gi*gi))
		m[i], v[i] = mi, vi
		root := float32(math.Sqrt(float64(float32(vi * u.Correct)))) // rounds once, as float32's own
		w[i] -= float32(u.Decay*w[i]) + float32(u.Rate*mi)/(root+u.Epsilon)
	}
}

func genericSum(x []float32) float32 {
	var lane [lanes]float32
	for i, v := range x {
		lane[i%lanes] += v
	}
	return fold(&lane)
}

func genericDot(x, y []float32) float32 {
	var lane [lanes]float32
	for i, v := range x {
		lane[i%lanes] += float32(v * y[i])
	}
	return fold(&lane)
}

func genericDot3(x, y, z []float32) float32 {
	var lane [lanes]float32
	for i, v := range x {
		lane[i%lanes] += float32(float32(v*y[i]) * z[i])
	}
	return fold(&lane)
}

// fold adds the lanes by halves.
func fold(lane *[lanes]float32) float32 {
	for w := lanes / 2; w > 0; w /= 2 {
		for l := range w {
			lane[l] += lane[l+w]
		}
	}
	return lane[0]
}

// genericSquares is Squares over whole groups, whose elements it counts.
func genericSquares(x []float32) (s float64, n int) {
	var lane [group]float64
	n = len(x) &^ (group - 1)
	for i, v := range x[:n] {
		lane[i%group] += float64(float64(v) * float64(v))
	}
	for w := group / 2; w > 0; w /= 2 {
		for l := range w {
			lane[l] += lane[l+w]
		}
	}
	return lane[0], n
}

// group is how many elements the vector loops take at once.
const group = 16
