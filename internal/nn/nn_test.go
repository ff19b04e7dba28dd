package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent/internal/tensor"
)

// A ref is a textbook formula in float64: the inputs, one after the other,
// give the outputs.
type ref func(in []float64) []float64

// pullback returns Σ_o weights_o·∂ref_o/∂in_i for every i by central
// differences with Richardson's extrapolation (error of order h⁴).
func pullback(f ref, in, weights []float64) []float64 {
	scalar := func(i int, h float64) float64 {
		old := in[i]
		in[i] = old + h
		up := f(in)
		in[i] = old - h
		down := f(in)
		in[i] = old
		s := 0.0
		for o, w := range weights {
			s += w * (up[o] - down[o])
		}
		return s / (2 * h)
	}
	g := make([]float64, len(in))
	for i := range in {
		const h = 1e-3
		g[i] = (4*scalar(i, h/2) - scalar(i, h)) / 3
	}
	return g
}

// near fails unless got is want to within tol of want's largest element, or of
// 0.1 where that is smaller: what went in is of order 1, so less has cancelled.
func near(t *testing.T, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	top := 0.1
	for _, v := range want {
		top = max(top, math.Abs(v))
	}
	for i, v := range got {
		if err := math.Abs(float64(v) - want[i]); !(err <= tol*top) {
			t.Fatalf("%s[%d] = %v, want %v (error %.2g of the largest, %.2g)", what, i, v, want[i], err/top, top)
		}
	}
}

func random(n int, scale float64, rng *rand.Rand) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(scale * rng.NormFloat64())
	}
	return x
}

// wide concatenates in float64.
func wide(parts ...[]float32) []float64 {
	var x []float64
	for _, p := range parts {
		for _, v := range p {
			x = append(x, float64(v))
		}
	}
	return x
}

// everyWorkers calls f with 1, 2 and 8 goroutines and fails unless the slices
// it returns have the same bits.
func everyWorkers(t *testing.T, f func(e *Engine) [][]float32) {
	t.Helper()
	var first [][]float32
	for _, workers := range []int{1, 2, 8} {
		got := f(New(workers))
		if first == nil {
			first = got
		}
		for k := range got {
			if !slices.EqualFunc(got[k], first[k], sameBits) {
				t.Errorf("%d goroutines change result %d", workers, k)
			}
		}
	}
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

func TestRMSNorm(t *testing.T) {
	const eps = 1e-5
	for _, shape := range [][2]int{{1, 1}, {3, 7}, {5, 24}, {9, 33}} {
		n, c := shape[0], shape[1]
		rng := rand.New(rand.NewPCG(1, uint64(c)))
		x, w, dy := random(n*c, 1, rng), random(c, 1, rng), random(n*c, 1, rng)
		f := func(in []float64) []float64 {
			x, w := in[:n*c], in[n*c:]
			y := make([]float64, n*c)
			for i := range n {
				s := 0.0
				for _, v := range x[i*c : (i+1)*c] {
					s += v * v
				}
				for j := range c {
					y[i*c+j] = x[i*c+j] / math.Sqrt(s/float64(c)+eps) * w[j]
				}
			}
			return y
		}
		y, r := make([]float32, n*c), make([]float32, n)
		dx, dw := make([]float32, n*c), make([]float32, c)
		e := New(1)
		X, D := tensor.Float32(x, n, c), tensor.Float32(dy, n, c)
		e.RMSNorm(tensor.Float32(y, n, c), r, X, w, eps)
		near(t, "y", y, f(wide(x, w)), 1e-6)
		e.RMSNormBackward(tensor.Float32(dx, n, c), dw, D, X, r, w)
		g := pullback(f, wide(x, w), wide(dy))
		near(t, "dx", dx, g[:n*c], 2e-6)
		near(t, "dw", dw, g[n*c:], 1e-6)
	}
}

func TestRMSNormBits(t *testing.T) {
	const n, c = 700, 100
	rng := rand.New(rand.NewPCG(1, 2))
	x, w, dy := random(n*c, 1, rng), random(c, 1, rng), random(n*c, 1, rng)
	X, D := tensor.Float32(x, n, c), tensor.Float32(dy, n, c)
	everyWorkers(t, func(e *Engine) [][]float32 {
		y, r, dx, dw := make([]float32, n*c), make([]float32, n), make([]float32, n*c), make([]float32, c)
		e.RMSNorm(tensor.Float32(y, n, c), r, X, w, 1e-5)
		DX := tensor.Float32(dx, n, c)
		e.RMSNormBackward(DX.Slice(0, 300), dw, D.Slice(0, 300), X.Slice(0, 300), r, w)
		e.RMSNormBackward(DX.Slice(300, n), dw, D.Slice(300, n), X.Slice(300, n), r[300:], w)
		whole := make([]float32, c)
		e.RMSNormBackward(tensor.Float32(make([]float32, n*c), n, c), whole, D, X, r, w)
		if !slices.EqualFunc(dw, whole, sameBits) {
			t.Error("a batch cut in two gives other gradients than the whole")
		}
		return [][]float32{y, dx, dw}
	})
}

func TestRoPE(t *testing.T) {
	const heads, d, theta, scale = 2, 6, 100.0, 0.5
	positions := []int32{0, 1, 2, 0, 9}
	n := len(positions)
	rng := rand.New(rand.NewPCG(3, 0))
	x, dy := random(n*heads*d, 1, rng), random(n*heads*d, 1, rng)
	f := func(x []float64) []float64 {
		y := make([]float64, len(x))
		for i, p := range positions {
			for h := range heads {
				at := (i*heads + h) * d
				for j := range d / 2 {
					// The rotation as a product of complex numbers.
					a := float64(p) * math.Pow(theta, -float64(2*j)/d)
					y[at+j] = scale * (x[at+j]*math.Cos(a) - x[at+j+d/2]*math.Sin(a))
					y[at+j+d/2] = scale * (x[at+j]*math.Sin(a) + x[at+j+d/2]*math.Cos(a))
				}
			}
		}
		return y
	}
	table := NewRotary(d, theta)
	table.Grow(4)
	table.Grow(10)
	want, g := f(wide(x)), pullback(f, wide(x), wide(dy))
	e := New(1)
	e.RoPE(tensor.Float32(x, n, heads*d), table, positions, scale)
	near(t, "y", x, want, 1e-6)
	e.RoPEBackward(tensor.Float32(dy, n, heads*d), table, positions, scale)
	near(t, "dx", dy, g, 1e-6)
}

func TestSwiGLU(t *testing.T) {
	const n, c = 4, 9
	rng := rand.New(rand.NewPCG(4, 0))
	gate, up, dy := random(n*c, 3, rng), random(n*c, 1, rng), random(n*c, 1, rng)
	f := func(in []float64) []float64 {
		y := make([]float64, n*c)
		for i := range y {
			g, u := in[i], in[n*c+i]
			y[i] = g / (1 + math.Exp(-g)) * u
		}
		return y
	}
	want, g := f(wide(gate, up)), pullback(f, wide(gate, up), wide(dy))
	y := make([]float32, n*c)
	e := New(1)
	G, U := tensor.Float32(gate, n, c), tensor.Float32(up, n, c)
	e.SwiGLU(tensor.Float32(y, n, c), G, U)
	near(t, "y", y, want, 1e-6)
	e.SwiGLUBackward(G, U, tensor.Float32(dy, n, c))
	near(t, "dgate", gate, g[:n*c], 1e-6)
	near(t, "dup", up, g[n*c:], 1e-6)
}

// TestSwiGLUExtremes: far out the unit is 0 or linear, never NaN.
func TestSwiGLUExtremes(t *testing.T) {
	gate := []float32{-1e30, -200, -100, -89, 89, 200, 1e30}
	c := len(gate)
	y, up, dy := make([]float32, c), slices.Repeat([]float32{1}, c), slices.Repeat([]float32{1}, c)
	row := func(x []float32) tensor.Matrix { return tensor.Float32(x, 1, c) }
	e := New(1)
	e.SwiGLU(row(y), row(gate), row(up))
	for j, g := range gate {
		if want := max(float64(g), 0); !(math.Abs(float64(y[j])-want) <= 1e-30+1e-6*want) {
			t.Errorf("silu(%v) = %v, want %v", g, y[j], want)
		}
	}
	slopes := []float32{0, 0, 0, 0, 1, 1, 1}
	e.SwiGLUBackward(row(gate), row(up), row(dy))
	for j, s := range gate {
		if !(math.Abs(float64(s-slopes[j])) <= 1e-6) || up[j] != y[j] {
			t.Errorf("element %d: slope %v, want %v; by up %v, want %v", j, s, slopes[j], up[j], y[j])
		}
	}
}

func TestEmbed(t *testing.T) {
	const v, c = 5, 300
	tokens := []int32{3, 1, 3, 3, 0}
	rng := rand.New(rand.NewPCG(5, 0))
	table, dx := random(v*c, 1, rng), random(len(tokens)*c, 1, rng)
	everyWorkers(t, func(e *Engine) [][]float32 {
		x, d := make([]float32, len(tokens)*c), make([]float32, v*c)
		e.Embed(tensor.Float32(x, len(tokens), c), tensor.Float32(table, v, c), tokens)
		e.EmbedBackward(tensor.Float32(d, v, c), tensor.Float32(dx, len(tokens), c), tokens)
		want := make([]float32, v*c)
		for i, id := range tokens {
			for j := range c {
				if x[i*c+j] != table[int(id)*c+j] {
					t.Fatalf("x[%d,%d] = %v", i, j, x[i*c+j])
				}
				want[int(id)*c+j] += dx[i*c+j]
			}
		}
		if !slices.Equal(d, want) {
			t.Error("the scattered gradient is not the sum in row order")
		}
		return [][]float32{x, d}
	})
}

// TestAddRMSNorm: the sum, and the bits of its norm.
func TestAddRMSNorm(t *testing.T) {
	const n, c = 70, 50
	rng := rand.New(rand.NewPCG(1, 3))
	x, b, w := random(n*c, 1, rng), random(n*c, 1, rng), random(c, 1, rng)
	sum, y, r := make([]float32, n*c), make([]float32, n*c), make([]float32, n)
	for i := range sum {
		sum[i] = x[i] + b[i]
	}
	m := func(x []float32) tensor.Matrix { return tensor.Float32(x, n, c) }
	New(1).RMSNorm(m(y), r, m(sum), w, 1e-5)
	everyWorkers(t, func(e *Engine) [][]float32 {
		z, yz, rz := slices.Clone(x), make([]float32, n*c), make([]float32, n)
		e.AddRMSNorm(m(z), m(yz), rz, m(z), m(b), w, 1e-5)
		if !slices.Equal(z, sum) || !slices.Equal(yz, y) || !slices.Equal(rz, r) {
			t.Error("not the norm of the sum")
		}
		return [][]float32{z, yz, rz}
	})
}

// TestZero: a view is cleared, and nothing around it.
func TestZero(t *testing.T) {
	const n, c, stride = 300, 100, 110
	everyWorkers(t, func(e *Engine) [][]float32 {
		x := slices.Repeat([]float32{1}, n*stride)
		e.Zero(tensor.Strided(x, n, c, stride))
		for i, v := range x {
			if (v == 0) != (i%stride < c) {
				t.Fatalf("element %d of row %d is %v", i%stride, i/stride, v)
			}
		}
		return [][]float32{x}
	})
}
