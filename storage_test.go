package xent

import (
	"math"
	"slices"
	"testing"
)

// A storage is a type of numbers in memory.
type storage int

const (
	f32 storage = iota
	bf16
	f16
	f64
)

func (s storage) String() string { return [...]string{"float32", "bfloat16", "float16", "float64"}[s] }

// roundoff is the unit roundoff of what is computed in: float32 or better.
func (s storage) roundoff() float64 {
	if s == f64 {
		return 0x1p-53
	}
	return u
}

// An array holds numbers of a storage type.
type array struct {
	storage
	f32 []float32
	u16 []uint16
	f64 []float64
}

func newArray(s storage, n int) array {
	a := array{storage: s}
	switch s {
	case f32:
		a.f32 = make([]float32, n)
	case f64:
		a.f64 = make([]float64, n)
	default:
		a.u16 = make([]uint16, n)
	}
	return a
}

func (a array) clone() array {
	a.f32, a.u16, a.f64 = slices.Clone(a.f32), slices.Clone(a.u16), slices.Clone(a.f64)
	return a
}

// matrix views the first rows × cols elements.
func (a array) matrix(rows, cols int) Matrix {
	switch a.storage {
	case f32:
		return Float32(a.f32, rows, cols)
	case f64:
		return Float64(a.f64, rows, cols)
	case bf16:
		return BFloat16(a.u16, rows, cols)
	}
	return Float16(a.u16, rows, cols)
}

func (a array) at(i int) float64 {
	switch a.storage {
	case f32:
		return float64(a.f32[i])
	case f64:
		return a.f64[i]
	case bf16:
		return float64(math.Float32frombits(uint32(a.u16[i]) << 16))
	}
	return halfValue(a.u16[i])
}

// set rounds x to nearest, 16-bit types by way of float32.
func (a array) set(i int, x float64) {
	switch a.storage {
	case f32:
		a.f32[i] = float32(x)
	case f64:
		a.f64[i] = x
	case bf16:
		a.u16[i] = bfloatBits(float64(float32(x)))
	case f16:
		a.u16[i] = halfBits(float64(float32(x)))
	}
}

func (a array) values(lo, hi int) []float64 {
	x := make([]float64, 0, hi-lo)
	for i := lo; i < hi; i++ {
		x = append(x, a.at(i))
	}
	return x
}

// copyRow copies v elements.
func (a array) copyRow(at int, from array, fromAt, v int) {
	for c := range v {
		switch a.storage {
		case f32:
			a.f32[at+c] = from.f32[fromAt+c]
		case f64:
			a.f64[at+c] = from.f64[fromAt+c]
		default:
			a.u16[at+c] = from.u16[fromAt+c]
		}
	}
}

// same compares bits, with one NaN as good as another. It returns the first
// element that differs, −1 for none.
func (a array) same(b array) int {
	for i, x := range a.f32 {
		if math.Float32bits(x) != math.Float32bits(b.f32[i]) && !(x != x && b.f32[i] != b.f32[i]) {
			return i
		}
	}
	for i, x := range a.f64 {
		if math.Float64bits(x) != math.Float64bits(b.f64[i]) && !(x != x && b.f64[i] != b.f64[i]) {
			return i
		}
	}
	for i, x := range a.u16 {
		if x != b.u16[i] && !(math.IsNaN(a.at(i)) && math.IsNaN(b.at(i))) {
			return i
		}
	}
	return -1
}

// halfValue is the value of a binary16 as IEEE 754 defines it.
func halfValue(h uint16) float64 {
	sign, exp, frac := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
	switch {
	case exp == 31 && frac == 0:
		return sign * math.Inf(1)
	case exp == 31:
		return math.NaN()
	case exp == 0:
		return sign * frac * 0x1p-24
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

// halfBits rounds x to binary16: to nearest, ties to even.
func halfBits(x float64) uint16 {
	sign, a := uint16(0), math.Abs(x)
	if math.Signbit(x) {
		sign = 1 << 15
	}
	switch {
	case x != x:
		return 0x7e00
	case a >= 65520:
		return sign | 31<<10
	case a == 0:
		return sign
	}
	exp := max(math.Ilogb(a), -14)
	// A mantissa of 2¹¹ carries into the exponent, as it should.
	return sign | (uint16(exp+14)<<10 + uint16(math.RoundToEven(math.Ldexp(a, 10-exp))))
}

// bfloatBits rounds x to bfloat16 likewise. ∞ is what does not fit.
func bfloatBits(x float64) uint16 {
	a, sign := math.Abs(x), uint16(0)
	if math.Signbit(x) {
		sign = 1 << 15
	}
	switch {
	case x != x:
		return 0x7fc0
	case a >= 0x1.ffp127:
		return sign | 0xff<<7
	case a == 0:
		return sign
	}
	exp := max(math.Ilogb(a), -126)
	return sign | (uint16(exp+126)<<7 + uint16(math.RoundToEven(math.Ldexp(a, 7-exp))))
}

// TestStorageOfTests: every 16-bit number has itself for its rounding.
func TestStorageOfTests(t *testing.T) {
	for _, s := range []storage{bf16, f16} {
		a, b := newArray(s, 1<<16), newArray(s, 1<<16)
		for i := range a.u16 {
			a.u16[i] = uint16(i)
			b.set(i, a.at(i))
		}
		if i := b.same(a); i >= 0 {
			t.Errorf("%v: %#x is rounded to %#x", s, a.u16[i], b.u16[i])
		}
	}
}
