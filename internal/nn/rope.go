package nn

import (
	"math"

	"xent/internal/tensor"
	"xent/internal/vec"
)

// Rotary holds the cosines and sines of rotary position embedding (Su et al.
// 2021, arXiv:2104.09864): of the angles p·θ^(−2i/d) for positions p and
// i < d/2.
type Rotary struct {
	dim      int
	theta    float64
	cos, sin []float32 // position-major, d/2 a position
}

// NewRotary returns tables for heads of dim columns (even) and base theta,
// which Grow must fill.
func NewRotary(dim int, theta float64) *Rotary {
	return &Rotary{dim: dim, theta: theta}
}

// Grow makes the tables cover positions [0, n). They are computed in float64
// and rounded once.
func (t *Rotary) Grow(n int) {
	half := t.dim / 2
	if n*half <= len(t.cos) {
		return
	}
	t.cos, t.sin = make([]float32, n*half), make([]float32, n*half)
	for i := range half {
		f := math.Pow(t.theta, -2*float64(i)/float64(t.dim))
		for p := range n {
			sin, cos := math.Sincos(float64(p) * f)
			t.cos[p*half+i], t.sin[p*half+i] = float32(cos), float32(sin)
		}
	}
}

// RoPE: x N×(heads·d), positions N → x, in place. In each head of d columns
// column i < d/2 pairs with column i+d/2 (the rotate_half convention of Hugging
// Face's models; the original pairs neighbours), and scale multiplies all:
//
//	x_i       ← scale·(x_i·cos − x_{i+d/2}·sin)
//	x_{i+d/2} ← scale·(x_{i+d/2}·cos + x_i·sin)
//
// Attention's 1/√d is applied here, to the queries.
func (e *Engine) RoPE(x tensor.Matrix, t *Rotary, positions []int32, scale float32) {
	e.turn(x, t, positions, scale, 1)
}

// RoPEBackward: the gradient of RoPE's result → that of its argument, in place:
// the transpose, a rotation by the negative angle.
func (e *Engine) RoPEBackward(dx tensor.Matrix, t *Rotary, positions []int32, scale float32) {
	e.turn(dx, t, positions, scale, -1)
}

func (e *Engine) turn(x tensor.Matrix, t *Rotary, positions []int32, scale, sign float32) {
	if x.Cols%t.dim != 0 {
		panic("nn: columns are not whole heads")
	}
	e.rotate = rotate{rowsOf(x), t, positions[:x.Rows], scale, sign * scale}
	e.split(x.Rows, x.Cols, light, &e.rotate)
}

type rotate struct {
	x         rows
	t         *Rotary
	positions []int32
	c, s      float32 // what multiplies the cosines and the sines
}

func (t *rotate) Do(_, lo, hi int) {
	half := t.t.dim / 2
	for i := lo; i < hi; i++ {
		p := int(t.positions[i]) * half
		vec.Rotate(t.x.at(i), t.t.cos[p:p+half], t.t.sin[p:p+half], t.c, t.s)
	}
}
