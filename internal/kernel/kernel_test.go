package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// scaleOf is NewScale's, to be pointed to.
func scaleOf(t float64) *Scale {
	s := NewScale(t)
	return &s
}

func ulp32(want float64) float64 {
	if want < 0x1p-126 {
		return 0x1p-149
	}
	return math.Ldexp(1, max(math.Ilogb(want)-23, -149))
}

// TestExp compares a fine sweep of the whole range with float64 math.Exp.
func TestExp(t *testing.T) {
	worst := 0.0
	for bits := uint32(0); bits < 0x42b17000; bits += 997 { // 0 … 88.7
		for _, sign := range []uint32{0, 1 << 31} {
			x := math.Float32frombits(bits | sign)
			if x < expMin {
				continue
			}
			want := math.Exp(float64(x))
			err := math.Abs(float64(exp(x))-want) / ulp32(want)
			if !(err <= 1) {
				t.Fatalf("exp(%v) = %v, want %v: %.2f ulp", x, exp(x), want, err)
			}
			worst = max(worst, err)
		}
	}
	t.Logf("worst error %.3f ulp", worst)
	inf := float32(math.Inf(1))
	for _, c := range [][2]float32{{-87.31, 0}, {-inf, 0}, {inf, inf}, {89, inf}, {0, 1}, {float32(math.Copysign(0, -1)), 1}} {
		if got := exp(c[0]); got != c[1] {
			t.Errorf("exp(%v) = %v, want %v", c[0], got, c[1])
		}
	}
	if got := exp(float32(math.NaN())); got == got {
		t.Errorf("exp(NaN) = %v", got)
	}
}

func TestExp64Log64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200000 {
		x := r.Float64()*1410 - 705
		want := math.Exp(x)
		if err := math.Abs(Exp64(x)-want) / want; !(err <= 6e-16) {
			t.Fatalf("exp(%v) = %v, want %v", x, Exp64(x), want)
		}
		y := math.Exp(r.Float64()*20 - 10)
		if err := math.Abs(Log64(y) - math.Log(y)); !(err <= 5e-16*math.Max(math.Abs(math.Log(y)), 1e-3)) {
			t.Fatalf("log(%v) = %v, want %v", y, Log64(y), math.Log(y))
		}
	}
	inf, nan := math.Inf(1), math.NaN()
	same := func(name string, got, want float64) {
		if got != want && !(got != got && want != want) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	same("exp(−∞)", Exp64(-inf), 0)
	same("exp(+∞)", Exp64(inf), inf)
	same("exp(NaN)", Exp64(nan), nan)
	same("exp(0)", Exp64(0), 1)
	same("log(0)", Log64(0), -inf)
	same("log(1)", Log64(1), 0)
	same("log(−1)", Log64(-1), nan)
	same("log(+∞)", Log64(inf), inf)
	same("log(5e-324)", Log64(5e-324), -1074*math.Ln2) // math.Log says −709.09 on amd64
}

// TestSumExp holds every length through two rows of lanes, and a full block,
// to the exact sum.
func TestSumExp(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for n := 1; n <= Block; n++ {
		if n > 10*lanes+1 && n < Block-1 {
			continue
		}
		for kind := range 5 {
			for _, temperature := range []float64{1, 0.7, 1.3, 1e-3, 1e30} {
				x := block(r, n, kind)
				m := max(Max(x), 0)
				checkSumExp(t, temperature, x, m)
			}
		}
	}
}

// block makes one: ordinary and with masks, far from 0, one peak above a tail whose
// terms alone are lost beside it, and equal logits, whose errors have one sign.
func block(r *rand.Rand, n, kind int) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch kind {
		case 0:
			x[i] = float32(r.NormFloat64() * 5)
			if r.IntN(10) == 0 {
				x[i] = negInf
			}
		case 1:
			x[i] = float32(1e5 + r.NormFloat64())
		case 2:
			x[i] = float32(-16.636 + r.NormFloat64()/10)
		case 3:
			x[i] = -8.012345
		case 4: // as masks that are no −∞ are
			if x[i] = float32(r.NormFloat64()); r.IntN(3) == 0 {
				x[i] = []float32{-math.MaxFloat32, negInf, -87.3, -87.31, -88.1, -100}[r.IntN(6)]
			}
		}
	}
	if kind == 2 || kind == 3 {
		x[0] = 0.3333333
	}
	return x
}

// checkKept holds exponentials that were kept to 1 unit in the last place and what the
// rounding of d costs, and those of masked classes to −0.
func checkKept(t *testing.T, temperature float64, x []float32, m float32, keep []float32) {
	t.Helper()
	for i, v := range x {
		d := (float64(v) - float64(m)) / temperature
		want, masked := math.Exp(d), v == negInf
		if negative := math.Signbit(float64(keep[i])); masked != negative || !(math.Abs(float64(keep[i])-want) <= 0x1p-24*(2.1+min(math.Abs(d), 1e3))*want+1.3e-38) {
			t.Fatalf("T=%v: exp of %v − %v is kept as %v, want %v", temperature, v, m, keep[i], want)
		}
	}
}

func checkSumExp(t *testing.T, temperature float64, x []float32, m float32) {
	t.Helper()
	var sums, kept [2]float64
	keep := make([]float32, len(x)+1)
	keep[len(x)] = 77 // a guard
	if done, _ := SumExp(scaleOf(temperature), x, m, &sums, nil); done != len(x) {
		t.Fatalf("n=%d T=%v: stopped after %d", len(x), temperature, done)
	}
	if SumExp(scaleOf(temperature), x, m, &kept, keep[:len(x)]); kept != sums || keep[len(x)] != 77 {
		t.Fatalf("n=%d T=%v: keeping changes %v to %v, or writes past the end", len(x), temperature, sums, kept)
	}
	checkKept(t, temperature, x, m, keep)
	s, sd := sums[0], sums[1]
	ws, wd, terms, squares := new(big.Float), new(big.Float), 0.0, 0.0
	for _, v := range x {
		if v == negInf {
			continue
		}
		d := (float64(v) - float64(m)) / temperature
		ws.Add(ws, big.NewFloat(math.Exp(d)))
		wd.Add(wd, big.NewFloat(math.Exp(d)*d))
		terms += math.Exp(d) * math.Abs(d)
		squares += math.Exp(d) * d * d
	}
	es, _ := ws.Float64()
	ed, _ := wd.Float64()
	const u = 0x1p-24
	if !(math.Abs(s-es) <= u*(5*es+terms)+1e-37) || !(math.Abs(sd-ed) <= u*(8*terms+squares)+1e-35) {
		t.Errorf("n=%d T=%v: %v %v, off by %.2f u and %.2f u", len(x), temperature, s, sd, (s-es)/es/u, (sd-ed)/terms/u)
	}
}

// TestSumExpStops: a row's sums are those of its blocks in their order, for every
// length through two blocks; the first block with an element above m adds nothing, and
// what stands behind the row is not looked at.
func TestSumExpStops(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	buf := make([]float32, 2*Block+40)
	for n := range buf {
		for i := range buf {
			buf[i] = float32(r.NormFloat64()*5) - 40
		}
		x := buf[:n]
		for i := n; i < len(buf); i++ {
			buf[i] = float32(math.NaN())
		}
		want := [2]float64{3, 4} // what was there is added to
		got := want
		above := r.IntN(2*n + 1) // often none
		if above < n {
			x[above] = 1
		}
		done, top := SumExp(scaleOf(1), x, 0, &got, nil)
		for at := 0; at < done; at += Block {
			SumExp(scaleOf(1), x[at:min(at+Block, done)], 0, &want, nil)
		}
		switch {
		case got != want:
			t.Fatalf("n=%d: sums %v of %d elements, block by block %v", n, got, done, want)
		case above >= n && (done != n || top != 0):
			t.Fatalf("n=%d: stopped after %d at %v", n, done, top)
		case above < n && (done > above || done+Block <= above || top != 1):
			t.Fatalf("n=%d: stopped after %d at %v, with element %d above", n, done, top, above)
		case above < n && done%Block != 0 && done != n&^15:
			t.Fatalf("n=%d: stopped after %d, where no block begins", n, done)
		}
	}
	for _, at := range []int{0, 5, 1500, 2065} {
		x := make([]float32, 2066)
		x[at] = float32(math.NaN())
		var sums [2]float64
		if done, _ := SumExp(scaleOf(1), x, 0, &sums, nil); done != len(x) || sums[0] == sums[0] {
			t.Errorf("a NaN at %d gives %v after %d", at, sums, done)
		}
	}
}

func TestIndex(t *testing.T) {
	for n := range 280 {
		x := make([]float32, n)
		if got := Index(x, 2); got != n {
			t.Fatalf("n=%d: found at %d what is not there", n, got)
		}
		for at := range n {
			clear(x[:at])
			x[at] = 2
			for i := at + 1; i < n; i++ {
				x[i] = 2
			}
			if got := Index(x, 2); got != at {
				t.Fatalf("n=%d: element %d found at %d", n, at, got)
			}
		}
	}
}

func TestMax(t *testing.T) {
	nan := float32(math.NaN())
	if Max[float32](nil) != negInf {
		t.Error("Max of nothing is not −∞")
	}
	for n := 1; n < 140; n++ {
		x := make([]float32, n)
		for at := range n {
			for i := range x {
				x[i] = -float32(i + 1)
			}
			x[at] = 3
			if got := Max(x); got != 3 {
				t.Fatalf("n=%d: max %v", n, got)
			}
			x[at] = nan
			if got := Max(x); got == got {
				t.Fatalf("n=%d: a NaN at %d was lost", n, at)
			}
		}
	}
}

// BenchmarkKernels runs the loops on rows that stay in the first cache and on one that
// does not, for each set of instructions.
func BenchmarkKernels(b *testing.B) {
	for _, n := range []int{Block, 4 * Block, 50257} {
		x, e, h, g := make([]float32, n), make([]float32, n), make([]uint16, n), make([]uint16, n)
		for i := range x {
			x[i] = -float32(i%37) / 4
			h[i] = BFloat16.Round(x[i])
		}
		var sums [2]float64
		plain, warm := scaleOf(1), scaleOf(1.3)
		SumExp(plain, x, 0, &sums, e)
		even := Slope{A: 0.1, B: 1e-5}
		for name, loop := range map[string]func(){
			"max":             func() { Max(x) },
			"sumexp":          func() { SumExp(plain, x, 0, &sums, nil) },
			"sumexp-keep":     func() { SumExp(plain, x, 0, &sums, e) },
			"sumexp-scaled":   func() { SumExp(warm, x, 0, &sums, nil) },
			"sumexp-bf16":     func() { SumExpHalf(plain, BFloat16, h, 0, &sums, nil) },
			"sumexp-f16":      func() { SumExpHalf(plain, Float16, h, 0, &sums, nil) },
			"exps":            func() { scaledExps(e, x, 0, 0.5) },
			"gradient":        func() { Gradient(e, x, &Slope{A: 0.1}, false) },
			"gradient-less":   func() { Gradient(e, x, &even, false) },
			"gradient-stream": func() { Gradient(e, x, &Slope{A: 0.1}, true) },
			"gradient-bf16":   func() { GradientHalf(BFloat16, g, x, &even, false) },
			"gradient-f16":    func() { GradientHalf(Float16, g, x, &even, false) },
		} {
			for _, impl := range implementations() {
				b.Run(fmt.Sprintf("loop=%s/impl=%s/n=%d", name, impl, n), func(b *testing.B) {
					defer choose(impl)()
					b.SetBytes(4 * int64(n))
					for range b.N {
						loop()
					}
				})
			}
		}
	}
}
