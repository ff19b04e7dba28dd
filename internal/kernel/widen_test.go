package kernel

import (
	"math"
	"testing"
)

// binary16 is what IEEE 754 says of one.
func binary16(h uint16) float32 {
	sign, exp, fraction := float64(1-2*int(h>>15)), int(h>>10&31), float64(h&1023)
	switch {
	case exp == 31: // ∞ and NaN
		return math.Float32frombits(uint32(h>>15)<<31 | 0xff<<23 | uint32(h&1023)<<13)
	case exp == 0:
		return float32(math.Copysign(math.Ldexp(fraction, -24), sign))
	}
	return float32(sign * math.Ldexp(1024+fraction, exp-25))
}

// TestWiden converts every 16-bit number, at every length and place that the loops
// tell apart.
func TestWiden(t *testing.T) {
	all := make([]uint16, 1<<16)
	for i := range all {
		all[i] = uint16(i)
	}
	got := make([]float32, len(all)+1)
	for name, c := range map[string]struct {
		widen func(dst []float32, x []uint16)
		one   func(h uint16) float32
	}{
		"bfloat16": {WidenBFloat16, func(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }},
		"float16":  {WidenFloat16, binary16},
	} {
		for n := 0; n <= len(all); n += 1 + n/70*n/40 {
			x := all[len(all)-n:]
			got[n] = 77
			c.widen(got[:n], x)
			for i, h := range x {
				if want := c.one(h); math.Float32bits(got[i]) != math.Float32bits(want) {
					t.Fatalf("%s: n = %d: %#x is %v, want %v", name, n, h, got[i], want)
				}
			}
			if got[n] != 77 {
				t.Fatalf("%s: n = %d: wrote past the end", name, n)
			}
		}
		c.widen(got, all)
		for i, h := range all {
			if want := c.one(h); math.Float32bits(got[i]) != math.Float32bits(want) {
				t.Fatalf("%s: %#x is %v, want %v", name, h, got[i], want)
			}
		}
	}
}
