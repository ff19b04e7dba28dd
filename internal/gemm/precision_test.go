package gemm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"xent/internal/tensor"
)

// inPairs is the product whose float32 chains are those of p in BFloat16: factors
// rounded, those of each pair in each other's place.
func (p product) inPairs() product {
	p.a, p.b = slices.Clone(p.a), slices.Clone(p.b)
	for _, x := range [][]float32{p.a, p.b} {
		for i, v := range x {
			x[i] = nearest(v)
		}
	}
	for q := 0; q+1 < p.k; q += 2 {
		for i := range p.m {
			row := p.a[i*p.k:]
			row[q], row[q+1] = row[q+1], row[q]
		}
		for j := range p.n {
			p.b[q*p.n+j], p.b[(q+1)*p.n+j] = p.b[(q+1)*p.n+j], p.b[q*p.n+j]
		}
	}
	return p
}

// nearest is the nearest bfloat16, of eight binary digits, ties to even.
func nearest(x float32) float32 {
	fraction, exponent := math.Frexp(float64(x))
	return float32(math.Ldexp(math.RoundToEven(fraction*256)/256, exponent))
}

// TestBFloat16 holds all back ends to one definition: every k through two turns of
// everything, odd ones too, on shapes and blocks that cut tiles, in every layout.
func TestBFloat16(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	t.Logf("back end: %s", BFloat16.Backend())
	for k := range 70 {
		p := randomProduct(r, 1+r.IntN(40), 1+r.IntN(80), k, normalValue)
		add := r.IntN(2) == 0
		want := p.inPairs().want(fma32, add)
		for _, be := range pairing() {
			for _, la := range layouts {
				for _, lb := range layouts {
					for _, blk := range []blocking{be.blocking, tinyPairs} {
						got, intact := p.run(be, blk, 1+r.IntN(3), la, lb, la.gap, add)
						if i := firstDifference(got, want); i >= 0 || !intact {
							t.Fatalf("%s %v a %v b %v add %v %+v: element %d, guards intact %v", be.name, p, la, lb, add, blk, i, intact)
						}
					}
				}
			}
		}
	}
}

// tinyPairs is tiny with blocks of k that are even in float32 too.
var tinyPairs = blocking{mc: 28, nc: 64, kc: 6, alone: 4, slab: 300, serial: 0}

// TestBFloat16Storage: factors of any type are rounded from their float32 values.
func TestBFloat16Storage(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	const m, n, k = 37, 45, 29
	for _, be := range pairing() {
		for _, d := range []tensor.DType{tensor.BF16, tensor.F16, tensor.F64} {
			for flip := range 4 {
				a, fa := typed(r, d, m, k, flip&1 != 0)
				b, fb := typed(r, d, k, n, flip&2 != 0)
				got, want := tensor.Float32(make([]float32, m*n), m, n), tensor.Float32(make([]float32, m*n), m, n)
				multiply(be, tinyPairs, 2, got, a, b, false)
				multiply(be, be.blocking, 1, want, fa, fb, false)
				if i := firstDifference(got.Data(), want.Data()); i >= 0 {
					t.Errorf("%s %v transposed %02b: element %d differs", be.name, d, flip, i)
				}
			}
		}
	}
}

// TestBFloat16Extremes: infinities and NaN come through, numbers that round beyond
// the largest bfloat16 are infinite, subnormal ones zero.
func TestBFloat16Extremes(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct{ x, y, want float32 }{
		{inf, 2, inf},
		{-inf, 2, -inf},
		{inf, 0, guard},
		{guard, 1, guard},
		{math.MaxFloat32, 1, inf},
		{0x1p-130, 0x1p100, 0},
		{1 + 0x1p-8, 1, 1},
		{1 + 3*0x1p-8, 1, 1 + 0x1p-6},
		{1 + 0x1p-8 + 0x1p-20, 1, 1 + 0x1p-7},
	} {
		for _, be := range pairing() {
			out := tensor.Float32(make([]float32, 1), 1, 1)
			multiply(be, be.blocking, 1, out, tensor.Float32([]float32{c.x}, 1, 1), tensor.Float32([]float32{c.y}, 1, 1), false)
			if got := out.Row(0)[0]; !same(got, c.want) {
				t.Errorf("%s: %g·%g = %g, want %g", be.name, c.x, c.y, got, c.want)
			}
		}
	}
}

// TestBFloat16Order: rows alone, an even cut of k and any number of workers give the
// bits of the whole product, on shapes that the default blocks cut.
func TestBFloat16Order(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for _, s := range [][3]int{{200, 90, 300}, {31, 700, 270}, {5, 40, 2500}} {
		p := randomProduct(r, s[0], s[1], s[2], normalValue)
		want := p.inPairs().want(fma32, true)
		for _, be := range pairing() {
			for _, workers := range []int{1, 2, 3, 8} {
				got, _ := p.run(be, be.blocking, workers, layouts[3], layouts[0], 1, true)
				if i := firstDifference(got, want); i >= 0 {
					t.Fatalf("%s %v: element %d differs on %d workers", be.name, p, i, workers)
				}
			}
			a, b := tensor.Float32(p.a, p.m, p.k), tensor.Float32(p.b, p.k, p.n)
			halves := tensor.Float32(slices.Clone(p.c), p.m, p.n)
			cut := p.k / 4 * 2
			multiply(be, be.blocking, 2, halves, columns(a, 0, cut), b.Slice(0, cut), true)
			multiply(be, be.blocking, 2, halves, columns(a, cut, p.k), b.Slice(cut, p.k), true)
			if i := firstDifference(halves.Data(), want); i >= 0 {
				t.Errorf("%s %v: element %d differs when k is cut at %d", be.name, p, i, cut)
			}
		}
	}
}
