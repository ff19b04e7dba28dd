package gemm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// A chain is the definition of one step c ⊕ x·y of a back end.
type chain func(x, y, c float32) float32

func chainOf(be *backend) chain {
	if be == generic {
		return func(x, y, c float32) float32 { return c + float32(x*y) }
	}
	return fma32
}

// fma32 is x·y + z rounded once to float32. The product of two float32 is exact
// in float64; the sum is rounded to odd there, so that its rounding to float32
// sees whether anything was lost (Boldo and Melquiond, IEEE Trans. Computers
// 57(4), 2008: right for 53 ≥ 24 + 2 digits).
func fma32(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return float32(s)
	}
	t := s - p // Knuth's TwoSum: lost = p + c − s exactly
	lost := float64(p-float64(s-t)) + float64(c-t)
	if bits := math.Float64bits(s); lost != 0 && bits&1 == 0 {
		if (lost > 0) == (s > 0) {
			s = math.Float64frombits(bits + 1)
		} else {
			s = math.Float64frombits(bits - 1)
		}
	}
	return float32(s)
}

// TestFMA32 holds fma32 against arithmetic of unlimited precision.
func TestFMA32(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100000 {
		x, y, z := wild(r), wild(r), wild(r)
		if r.IntN(4) == 0 { // near cancellation
			z = -float32(float64(x) * float64(y))
		}
		if isWild(x) || isWild(y) || isWild(z) {
			continue
		}
		exact := new(big.Float).SetPrec(700).SetFloat64(float64(x))
		exact.Mul(exact, new(big.Float).SetFloat64(float64(y)))
		exact.Add(exact, new(big.Float).SetFloat64(float64(z)))
		want, _ := exact.Float32()
		if got := fma32(x, y, z); got != want {
			t.Fatalf("fma32(%g, %g, %g) = %g, want %g", x, y, z, got, want)
		}
	}
}

// wild draws from every exponent, with zeros, infinities and NaN among them.
func wild(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32()) }

func isWild(x float32) bool { return x != x || math.IsInf(float64(x), 0) }

// same reports whether two values are the same bits or both NaN.
func same(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}
