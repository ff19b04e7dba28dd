// Package exact adds float64 values without rounding.
//
// A Sum holds the exact value of everything added to it, as an integer in
// units of 2⁻¹⁰⁷⁴, the smallest positive float64, and rounds once when it is
// read. So the order of the additions, how they were split over goroutines or
// machines, and how the parts were merged change no digit. (The idea is
// Kulisch's long accumulator: U. Kulisch, Computer Arithmetic and Validity,
// 2nd ed., chapter 8.)
package exact

import (
	"encoding/binary"
	"math"
	"math/bits"
)

const (
	limbBits = 32
	// 2046 exponents of 1 unit upwards, 53 bits above the highest, and 32 bits
	// of headroom for 2³² additions of the largest float64.
	limbs = (2046+53+2*limbBits)/limbBits + 1
	// pendingMax additions of less than 2³² each cannot overflow an int64 limb
	// that was below 2³² before.
	pendingMax = 1 << 30
)

// A Sum is an exact sum of float64 values. The zero value is an empty sum.
// Copying a Sum copies its value. It is not safe for concurrent use: give
// each goroutine its own and Merge them.
//
// NaN makes the sum NaN, and so do infinities of both signs; otherwise an
// infinity wins. The sum of nothing is +0.
type Sum struct {
	// limb[i] counts units of 2^(32i − 1074); limbs may be negative or exceed
	// 32 bits until normalize carries them.
	limb            [limbs]int64
	pending         int // additions since the last normalize
	nan, pinf, ninf bool
}

// Add adds x.
func (s *Sum) Add(x float64) {
	b := math.Float64bits(x)
	exp := int(b >> 52 & 0x7ff)
	m := b & (1<<52 - 1)
	switch exp {
	case 0x7ff:
		s.addSpecial(x)
		return
	case 0: // subnormal: x = ±m units
		if m == 0 {
			return
		}
		exp = 1
	default:
		m |= 1 << 52
	}
	// x = ±m · 2^(exp−1) units: three limbs from position (exp−1)/32 on.
	i, shift := (exp-1)/limbBits, uint(exp-1)%limbBits
	hi, lo := m>>(64-shift), m<<shift
	sign := int64(1)
	if b>>63 == 1 {
		sign = -1
	}
	s.limb[i] += sign * int64(lo&math.MaxUint32)
	s.limb[i+1] += sign * int64(lo>>limbBits)
	s.limb[i+2] += sign * int64(hi)
	if s.pending++; s.pending == pendingMax {
		s.normalize()
	}
}

func (s *Sum) addSpecial(x float64) {
	s.nan = s.nan || x != x
	s.pinf = s.pinf || x > 0
	s.ninf = s.ninf || x < 0
}

// Merge adds the value of u, leaving u's value as it was.
func (s *Sum) Merge(u *Sum) {
	s.normalize()
	u.normalize()
	for i := range s.limb {
		s.limb[i] += u.limb[i]
	}
	s.pending = 1
	s.nan = s.nan || u.nan
	s.pinf = s.pinf || u.pinf
	s.ninf = s.ninf || u.ninf
}

// normalize carries, so that every limb but the last is in [0, 2³²).
func (s *Sum) normalize() {
	if s.pending == 0 {
		return
	}
	carry := int64(0)
	for i := range limbs - 1 {
		v := s.limb[i] + carry
		s.limb[i] = v & math.MaxUint32
		carry = v >> limbBits
	}
	s.limb[limbs-1] += carry
	s.pending = 0
}

// Float64 returns the sum rounded to the nearest float64, ties to even.
func (s *Sum) Float64() float64 {
	switch {
	case s.nan || s.pinf && s.ninf:
		return math.NaN()
	case s.pinf:
		return math.Inf(1)
	case s.ninf:
		return math.Inf(-1)
	}
	s.normalize()
	if s.limb[limbs-1] >= 0 {
		return magnitude(&s.limb)
	}
	negated := Sum{pending: 1}
	for i, v := range s.limb {
		negated.limb[i] = -v
	}
	negated.normalize()
	return -magnitude(&negated.limb)
}

// The flags of the binary form.
const (
	flagNaN = 1 << iota
	flagPosInf
	flagNegInf
	flagNegative
)

// Append appends the sum's value to b, in a form that depends on nothing else:
// flags, the first limb of the magnitude that is not 0 and how many follow, and
// the limbs, of 32 bits, lowest first.
func (s *Sum) Append(b []byte) []byte {
	s.normalize()
	flags, value := byte(0), s
	for i, set := range [4]bool{s.nan, s.pinf, s.ninf, s.limb[limbs-1] < 0} {
		if set {
			flags |= 1 << i
		}
	}
	if flags&flagNegative != 0 {
		value = &Sum{pending: 1}
		for i, v := range s.limb {
			value.limb[i] = -v
		}
		value.normalize()
	}
	lo, hi := 0, limbs
	for hi > 0 && value.limb[hi-1] == 0 {
		hi--
	}
	for lo < hi && value.limb[lo] == 0 {
		lo++
	}
	b = append(b, flags, byte(lo), byte(hi-lo))
	for _, v := range value.limb[lo:hi] {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// Decode sets the sum to what Append wrote at the beginning of b, and returns what
// follows; false where nothing can have written it.
func (s *Sum) Decode(b []byte) (rest []byte, ok bool) {
	if len(b) < 3 {
		return nil, false
	}
	flags, lo, n := b[0], int(b[1]), int(b[2])
	b = b[3:]
	// No number of additions that anybody makes reaches the last limb.
	if flags > 15 || lo+n > limbs-1 || len(b) < 4*n || n == 0 && (lo > 0 || flags&flagNegative != 0) {
		return nil, false
	}
	*s = Sum{nan: flags&flagNaN != 0, pinf: flags&flagPosInf != 0, ninf: flags&flagNegInf != 0}
	for i := range n {
		s.limb[lo+i] = int64(binary.LittleEndian.Uint32(b[4*i:]))
	}
	if n > 0 && (s.limb[lo] == 0 || s.limb[lo+n-1] == 0) {
		return nil, false
	}
	if flags&flagNegative != 0 {
		for i := range s.limb {
			s.limb[i] = -s.limb[i]
		}
		s.pending = 1
		s.normalize()
	}
	return b[4*n:], true
}

// magnitude rounds a normalized, non-negative value.
func magnitude(limb *[limbs]int64) float64 {
	top := limbs - 1
	for top > 1 && limb[top] == 0 {
		top--
	}
	// v holds the 64 bits below the leading one of the top three limbs, and
	// its lowest bit is set when anything non-zero lies below: rounding v to 53
	// bits then rounds the whole value. When top is 1 nothing lies below, and
	// v has too few bits to be rounded at all, so subnormal sums are exact.
	v := uint64(limb[top])<<limbBits | uint64(limb[top-1])
	exp := (top-1)*limbBits - 1074
	if v == 0 {
		return 0
	}
	if top > 1 {
		lz := uint(bits.LeadingZeros64(v))
		next := uint64(limb[top-2]) << limbBits
		v = v<<lz | next>>(64-lz)
		sticky := next<<lz != 0
		for i := 0; i < top-2 && !sticky; i++ {
			sticky = limb[i] != 0
		}
		if sticky {
			v |= 1
		}
		exp -= int(lz)
	}
	return math.Ldexp(float64(v), exp)
}
