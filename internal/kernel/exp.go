package kernel

import "math"

var negInf = float32(math.Inf(-1))

// expMin is the argument below which exp is 0: e^−87.3 is the smallest power
// that is still a normal float32.
const expMin = -87.3

const (
	log2e = 1.0 / math.Ln2
	// ln2Hi has 9 significant bits, so n·ln2Hi is exact for |n| < 2¹⁵.
	ln2Hi = 355.0 / 512
	ln2Lo = math.Ln2 - ln2Hi
	// Adding 1.5·2²³ to a float32 below 2²² rounds it to an integer, which then
	// stands in the low bits of the sum.
	roundMagic = 3 << 22
)

// exp6 … exp2 make r²·(exp2 + exp3·r + … + exp6·r⁴) the best approximation of
// e^r − 1 − r in relative error over |r| ≤ ½ ln 2 (3·10⁻⁹), found by
// reweighted least squares on Chebyshev nodes and rounded to float32.
const (
	exp2 = 0x1.fffffcp-2
	exp3 = 0x1.555492p-3
	exp4 = 0x1.5558f2p-5
	exp5 = 0x1.1239e2p-7
	exp6 = 0x1.6a2434p-10
)

// exp returns e^x to within 1 unit in the last place. It is 0 below −87.3, +∞
// above 88.72, and NaN for NaN.
func exp(x float32) float32 {
	if x < expMin {
		return 0
	}
	if x > 88 { // 2¹²⁸, which expNormal would need, overflows
		return float32(Exp64(float64(x)))
	}
	r, pow := reduce(x)
	return expPoly(r) * pow
}

// reduce returns r and 2ⁿ such that x = n·ln 2 + r, |r| ≤ ½ ln 2, for
// expMin ≤ x ≤ 88; NaN gives a NaN r. It and expPoly are small enough to be
// inlined into the loops.
func reduce(x float32) (r, pow float32) {
	t := float32(x*log2e) + roundMagic
	n := t - roundMagic
	r = x - float32(n*ln2Hi) - float32(n*ln2Lo)
	return r, math.Float32frombits((math.Float32bits(t) + 127) << 23)
}

// expPoly returns e^r for |r| ≤ ½ ln 2.
func expPoly(r float32) float32 {
	p := float32((float32((float32((float32(r*exp6)+exp5)*r)+exp4)*r)+exp3)*r) + exp2
	return float32(float32(p*r)*r) + r + 1
}

// Exp64 returns e^x in float64 to within 2 units in the last place, the same bits on every
// platform (math.Exp is assembly on some). It is 0 below −708, +∞ above 709.7.
func Exp64(x float64) float64 {
	switch {
	case x != x:
		return x
	case x < -708:
		return 0
	case x > 709.7:
		return math.Inf(1)
	}
	const (
		hi = 0x1.62e42p-1 // 20 bits of ln 2: n·hi is exact
		lo = math.Ln2 - hi
	)
	n := math.RoundToEven(float64(x * log2e))
	r := x - float64(n*hi)
	r -= float64(n * lo)
	// Taylor's series to r¹³/13!: |r| ≤ 0.347 leaves 4·10⁻¹⁸.
	p := inverse[12]
	for k := 11; k >= 0; k-- {
		p = float64(p*r) + inverse[k]
	}
	p = float64(p*r) + 1
	// 2ⁿ in two factors, since 2¹⁰²⁴ is no float64.
	half := int(n) / 2
	return p * pow2(half) * pow2(int(n)-half)
}

// inverse[k] is 1/(k+1)!.
var inverse = [13]float64{
	1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800,
	1.0 / 479001600, 1.0 / 6227020800,
}

// pow2 returns 2ⁿ for |n| ≤ 1022.
func pow2(n int) float64 { return math.Float64frombits(uint64(n+1023) << 52) }

// Log64 returns ln x in float64 to within 2 units in the last place, the same bits on
// every platform. Log64(0) = −∞, of a negative number or NaN it is NaN, of +∞ it is +∞.
func Log64(x float64) float64 {
	switch {
	case x != x || x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case x > math.MaxFloat64:
		return x
	}
	f, n := math.Frexp(x) // x = f·2ⁿ, ½ ≤ f < 1
	if f < math.Sqrt2/2 {
		f *= 2
		n--
	}
	// ln f = 2·artanh(u) = 2u·(1 + u²/3 + u⁴/5 + …), u = (f−1)/(f+1), |u| ≤ 0.172:
	// written f−1 − u·(f−1 − 2·tail), so that the leading term is exact.
	g := f - 1
	u := g / (f + 1)
	w := u * u
	tail := 0.0
	for k := 23.0; k >= 3; k -= 2 {
		tail = float64((tail + 1/k) * w)
	}
	const (
		hi = 0x1.62e42fep-1 // 28 bits of ln 2
		lo = math.Ln2 - hi
	)
	ln := g - float64(u*(g-2*tail))
	return float64(float64(n)*hi) + (float64(float64(n)*lo) + ln)
}
