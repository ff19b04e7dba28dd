package exact

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// oracle adds with enough bits for every float64 and rounds once.
func oracle(xs []float64) float64 {
	sum := new(big.Float).SetPrec(4000)
	for _, x := range xs {
		sum.Add(sum, new(big.Float).SetPrec(4000).SetFloat64(x))
	}
	v, _ := sum.Float64()
	return v
}

func randomFinite(r *rand.Rand) float64 {
	for {
		if x := math.Float64frombits(r.Uint64()); !math.IsNaN(x) && !math.IsInf(x, 0) {
			return x
		}
	}
}

// TestAgainstBig adds random values of every exponent, with cancellation, and
// splits them into parts that are merged.
func TestAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 2000 {
		xs := make([]float64, r.IntN(40))
		for i := range xs {
			switch r.IntN(5) {
			case 0:
				xs[i] = randomFinite(r) / 64 // never overflows
			case 1:
				xs[i] = math.Float64frombits(r.Uint64() & (1<<53 - 1)) // near the smallest
			case 2:
				if i > 0 {
					xs[i] = -xs[i-1]
				}
			default:
				xs[i] = r.NormFloat64()
			}
		}
		var whole, left, right Sum
		cut := r.IntN(len(xs) + 1)
		for i, x := range xs {
			whole.Add(x)
			if i < cut {
				left.Add(x)
			} else {
				right.Add(x)
			}
		}
		want := oracle(xs)
		if got := whole.Float64(); got != want {
			t.Fatalf("trial %d: %v, want %v", trial, got, want)
		}
		right.Merge(&left)
		if got := right.Float64(); got != want {
			t.Fatalf("trial %d merged: %v, want %v", trial, got, want)
		}
	}
}

func TestSpecialValues(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		xs   []float64
		want float64
	}{
		{nil, 0},
		{[]float64{math.Copysign(0, -1)}, 0},
		{[]float64{1, inf, 2}, inf},
		{[]float64{1, -inf}, -inf},
		{[]float64{inf, -inf}, nan},
		{[]float64{nan, inf}, nan},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, inf},
		{[]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, math.MaxFloat64},
		{[]float64{-math.MaxFloat64, -math.MaxFloat64}, -inf},
		{[]float64{1e300, 1, -1e300}, 1},
		{[]float64{5e-324, 5e-324}, 1e-323},
		{[]float64{1, 0x1p-53}, 1},                     // a tie goes to even
		{[]float64{1, 0x1p-53, 5e-324}, 1 + 0x1p-52},   // and a hair above it goes up
		{[]float64{1 + 0x1p-52, 0x1p-53}, 1 + 0x1p-51}, // the other tie
		{[]float64{-1, -0x1p-53, -5e-324}, -1 - 0x1p-52},
	} {
		var s Sum
		for _, x := range c.xs {
			s.Add(x)
		}
		if got := s.Float64(); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("sum of %v = %v, want %v", c.xs, got, c.want)
		}
	}
}

// TestCarries forces the carry that otherwise takes a billion additions.
func TestCarries(t *testing.T) {
	var s Sum
	for range 1000 {
		s.pending = pendingMax - 1
		s.Add(math.MaxUint32)
	}
	if got, want := s.Float64(), 1000.0*math.MaxUint32; got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func BenchmarkAdd(b *testing.B) {
	var s Sum
	for i := range b.N {
		s.Add(float64(i) * 0.1)
	}
}
