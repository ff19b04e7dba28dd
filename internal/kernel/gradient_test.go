package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestGradient holds every length and beginning that the loops tell apart to the formula:
// half a unit in the last place for what B takes, one for A·e; halves to the rounding of
// that; the same bits past the caches; and nothing written beside it.
func TestGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const most = 300
	e, w := make([]float32, most), make([]float32, most)
	for i := range e {
		e[i] = float32(math.Exp(-rng.ExpFloat64() * 10))
		switch rng.IntN(20) {
		case 0:
			e[i] = float32(math.Copysign(0, -1))
		case 1:
			e[i] = 0
		case 2:
			e[i] = float32(math.Exp(-60 - 25*rng.Float64()))
		}
		w[i] = rng.Float32() * 3
	}
	for _, s := range []Slope{{A: 0.3}, {A: -7e4}, {A: 0.01, B: 1.0 / 3e4}, {A: 0.3, B: -0.1, W: w}, {A: 1e30, B: 1e-30, W: w}, {A: 1e39, B: 1e-3}} {
		for n := 0; n <= most-40; n += 1 + n/140*7 {
			for _, stream := range []bool{false, true} {
				start := rng.IntN(40)
				s := s.cut(0, min(n, len(s.W)))
				checkGradient(t, e[:n], &s, start, stream)
			}
		}
	}
}

func checkGradient(t *testing.T, e []float32, s *Slope, start int, stream bool) {
	t.Helper()
	n, place := len(e), fmt.Sprintf("A=%v B=%v n=%d from %d, stream %v", s.A, s.B, len(e), start, stream)
	const guard = 77
	got := make([]float32, start+n+1)
	for i := range got {
		got[i] = guard
	}
	Gradient(got[start:start+n], e, s, stream)
	for i, g := range got {
		if i < start || i >= start+n {
			if g != guard {
				t.Fatalf("%s: wrote element %d", place, i-start)
			}
			continue
		}
		want := s.at(i-start, float64(e[i-start]))
		taken := math.Abs(want - float64(s.A)*float64(e[i-start]))
		budget := 0x1p-24*(2*math.Abs(s.A*float64(e[i-start]))+taken+math.Abs(want)) + 0x1p-149
		if math.Abs(want) > math.MaxFloat32 && math.IsInf(float64(g), 0) {
			continue
		}
		if !(math.Abs(float64(g)-want) <= budget) || g == 0 && math.Signbit(float64(g)) && e[i-start] == 0 {
			t.Fatalf("%s: element %d of e = %v is %v, want %v", place, i-start, e[i-start], g, want)
		}
	}
	for _, h := range []Half{BFloat16, Float16} {
		halves := make([]uint16, start+n+1)
		for i := range halves {
			halves[i] = guard
		}
		GradientHalf(h, halves[start:start+n], e, s, stream)
		for i, x := range halves {
			want := uint16(guard)
			if i >= start && i < start+n {
				want = h.Round(got[i])
			}
			if x != want {
				t.Fatalf("%s: half %v, element %d is %#x, want %#x of %v", place, h, i-start, x, want, got[i])
			}
		}
	}
}

// TestGradientHalfRounds goes through all that rounding to 16 bits tells apart.
func TestGradientHalfRounds(t *testing.T) {
	const n = 1 << 12
	e, got := make([]float32, n), make([]uint16, n)
	one := Slope{A: 1}
	for hi := uint32(0); hi < 0x7f80; hi += 0x11 {
		for i := range e {
			e[i] = math.Float32frombits(hi<<16 | uint32(i)<<4 | uint32(i)&15)
		}
		for _, h := range []Half{BFloat16, Float16} {
			GradientHalf(h, got, e, &one, false)
			for i, x := range got {
				if want := h.Round(e[i]); x != want {
					t.Fatalf("half %v: %v rounds to %#x, want %#x", h, e[i], x, want)
				}
			}
		}
	}
}
