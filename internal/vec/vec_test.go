package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// A loop runs an operation over arrays a and returns its sum, if it has one. generic
// is the same in plain Go.
type loop struct {
	name         string
	run, generic func(a [4][]float32) float64
}

var update = Update{Clip: 0.7, Beta1: 0.9, Rest1: 0.1, Beta2: 0.95, Rest2: 0.05, Correct: 1.3, Rate: 3e-3, Decay: 1e-4, Epsilon: 1e-8}

// operations are all loops but Rotate.
var operations = []loop{
	{"Add", func(a [4][]float32) float64 { Add(a[0], a[1], a[2]); return 0 }, func(a [4][]float32) float64 { genericAdd(a[0], a[1], a[2]); return 0 }},
	{"Mul", func(a [4][]float32) float64 { Mul(a[0], a[1], a[2]); return 0 }, func(a [4][]float32) float64 { genericMul(a[0], a[1], a[2]); return 0 }},
	{"Scale", func(a [4][]float32) float64 { Scale(a[0], 1.7); return 0 }, func(a [4][]float32) float64 { genericScale(a[0], 1.7); return 0 }},
	{"Negate", func(a [4][]float32) float64 { Negate(a[0], a[1]); return 0 }, func(a [4][]float32) float64 { genericNegate(a[0], a[1]); return 0 }},
	{"Norm", func(a [4][]float32) float64 { Norm(a[0], a[1], a[2], 0.3); return 0 }, func(a [4][]float32) float64 { genericNorm(a[0], a[1], a[2], 0.3); return 0 }},
	{"NormGradient", func(a [4][]float32) float64 { NormGradient(a[0], a[1], a[2], a[3], 0.3, 0.9); return 0 },
		func(a [4][]float32) float64 { genericNormGradient(a[0], a[1], a[2], a[3], 0.3, 0.9); return 0 }},
	{"AddProduct", func(a [4][]float32) float64 { AddProduct(a[0], a[1], a[2], 0.3); return 0 },
		func(a [4][]float32) float64 { genericAddProduct(a[0], a[1], a[2], 0.3); return 0 }},
	{"Gate", func(a [4][]float32) float64 { Gate(a[3], a[1], a[2]); return 0 }, func(a [4][]float32) float64 { genericGate(a[3], a[1], a[2]); return 0 }},
	{"GateGradient", func(a [4][]float32) float64 { GateGradient(a[0], a[1], a[3], a[2]); return 0 },
		func(a [4][]float32) float64 { genericGateGradient(a[0], a[1], a[3], a[2]); return 0 }},
	{"AdamW", func(a [4][]float32) float64 { AdamW(a[0], a[1], a[2], a[3], &update); return 0 },
		func(a [4][]float32) float64 { genericAdamW(a[0], a[1], a[2], a[3], &update); return 0 }},
	{"Sum", func(a [4][]float32) float64 { return float64(Sum(a[0])) }, func(a [4][]float32) float64 { return float64(genericSum(a[0])) }},
	{"Dot", func(a [4][]float32) float64 { return float64(Dot(a[0], a[1])) }, func(a [4][]float32) float64 { return float64(genericDot(a[0], a[1])) }},
	{"Dot3", func(a [4][]float32) float64 { return float64(Dot3(a[0], a[1], a[2])) },
		func(a [4][]float32) float64 { return float64(genericDot3(a[0], a[1], a[2])) }},
	{"Squares", func(a [4][]float32) float64 { return Squares(a[0]) },
		func(a [4][]float32) float64 {
			s, n := genericSquares(a[0])
			for _, v := range a[0][n:] {
				s += float64(v) * float64(v)
			}
			return s
		}},
}

// arrays are n numbers each, the last of them positive, at odd places behind and
// before guards.
func arrays(rng *rand.Rand, n int) (a [4][]float32, intact func() bool) {
	const guard = 77
	var rooms [4][]float32
	for k := range a {
		start := 3 + k
		room := make([]float32, start+n+16)
		for i := range room {
			room[i] = guard
		}
		rooms[k], a[k] = room, room[start:start+n:start+n]
		for i := range a[k] {
			v := float32(rng.NormFloat64())
			if k == 3 {
				v = float32(math.Exp(3 * rng.NormFloat64()))
			}
			if rng.IntN(40) == 0 {
				v = []float32{0, 1e-40, 1e30, 1e-30}[rng.IntN(4)]
			}
			a[k][i] = v
		}
	}
	return a, func() bool {
		for k, room := range rooms {
			for i, v := range room {
				if inside := i >= 3+k && i < 3+k+n; !inside && v != guard {
					return false
				}
			}
		}
		return true
	}
}

func copies(a [4][]float32) (b [4][]float32) {
	for k := range a {
		b[k] = append([]float32(nil), a[k]...)
	}
	return b
}

// TestLoops holds every loop, for every length through two groups of the widest and
// some beyond, to the bits of plain Go and to its own memory.
func TestLoops(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for n := 0; n < 700; n += 1 + n/140*37 {
			for _, op := range operations {
				a, intact := arrays(rng, n)
				want := copies(a)
				s, ws := op.run(a), op.generic(want)
				if math.Float64bits(s) != math.Float64bits(ws) {
					t.Fatalf("%s: n = %d: sum %v, want %v", op.name, n, s, ws)
				}
				for k := range a {
					for i, v := range a[k] {
						if math.Float32bits(v) != math.Float32bits(want[k][i]) && (v == v || want[k][i] == want[k][i]) {
							t.Fatalf("%s: n = %d: element %d of array %d is %v, want %v", op.name, n, i, k, v, want[k][i])
						}
					}
				}
				if !intact() {
					t.Fatalf("%s: n = %d: wrote outside", op.name, n)
				}
			}
		}
	})
}

// TestSums holds sums to float64.
func TestSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 31, 32, 33, 1000} {
		var a [3][]float32
		for k := range a {
			for range n {
				a[k] = append(a[k], float32(rng.NormFloat64()))
			}
		}
		var sums, sizes [4]float64
		for i := range n {
			x, y, z := float64(a[0][i]), float64(a[1][i]), float64(a[2][i])
			for k, v := range []float64{x, x * y, x * y * z, x * x} {
				sums[k] += v
				sizes[k] += math.Abs(v)
			}
		}
		for k, got := range []float64{float64(Sum(a[0])), float64(Dot(a[0], a[1])), float64(Dot3(a[0], a[1], a[2])), Squares(a[0])} {
			unit := 0x1p-24
			if k == 3 {
				unit = 0x1p-53
			}
			if err := math.Abs(got - sums[k]); !(err <= (8+float64(n)/lanes)*unit*sizes[k]) {
				t.Errorf("n = %d: sum %d is %v, want %v", n, k, got, sums[k])
			}
		}
	}
}

// TestRotate: rows of heads of every small size.
func TestRotate(t *testing.T) {
	eachSet(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for half := 0; half < 70; half++ {
			for heads := range 4 {
				a, intact := arrays(rng, 2*half*heads)
				angles, _ := arrays(rng, half)
				x, cos, sin := a[0], angles[0], angles[1]
				want := append([]float32(nil), x...)
				for h := range heads {
					genericRotate(want[2*half*h:][:half], want[2*half*h+half:][:half], cos, sin, 0.5, -0.25)
				}
				Rotate(x, cos, sin, 0.5, -0.25)
				for i, v := range x {
					if math.Float32bits(v) != math.Float32bits(want[i]) {
						t.Fatalf("half = %d, %d heads: element %d is %v, want %v", half, heads, i, v, want[i])
					}
				}
				if !intact() {
					t.Fatalf("half = %d, %d heads: wrote outside", half, heads)
				}
			}
		}
	})
}

// BenchmarkLoops runs every loop on arrays of a row of a small model, in cache.
func BenchmarkLoops(b *testing.B) {
	const n = 384
	a, _ := arrays(rand.New(rand.NewPCG(7, 8)), n)
	for k := range a {
		for i := range a[k] {
			a[k][i] = 1
		}
	}
	for _, op := range operations {
		b.Run(fmt.Sprintf("loop=%s/n=%d", op.name, n), func(b *testing.B) {
			for b.Loop() {
				op.run(a)
			}
		})
	}
}
