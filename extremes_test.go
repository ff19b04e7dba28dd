package xent

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestEndsOfFloat32: logits as low as float32 goes, which many use as a mask, and
// as high, with every option. They are finite, and so is all that comes of them.
func TestEndsOfFloat32(t *testing.T) {
	const lowest, highest = -math.MaxFloat32, math.MaxFloat32
	rows := [][]float32{
		{1, lowest, 2},
		{lowest, lowest, lowest},
		{highest, lowest, 0},
		{highest, highest, lowest},
		{0x1p-149, -0x1p-149, 0x1p-126},
	}
	for _, c := range combinations() {
		if c.storage != f32 || c.rowWeights {
			continue
		}
		for _, z := range rows {
			b := &batch{n: 1, v: 3, logits: array{storage: f32, f32: z}}
			if c.classWeights {
				b.classW = []float32{0.5, 0, 3}
			}
			b.startTargets(c.target)
			b.fillTarget(rand.New(rand.NewPCG(1, 0)), 0, 0, c.target)
			l, err := New(3, c.options(b))
			if err != nil {
				t.Fatal(err)
			}
			k := &checker{t: t, combination: c, b: b, l: l, scale: 1, ratio: map[string]float64{}}
			k.againstReference(k.gradient(b, f32))
		}
	}
}

// TestExtremeOptions: the greatest and the least that options may be.
func TestExtremeOptions(t *testing.T) {
	const most = math.MaxFloat32
	for _, c := range []combination{
		{temperature: most}, {temperature: 0x1p-126}, {temperature: 1, softCap: most}, {temperature: 1, softCap: 0x1p-126}, {temperature: most, softCap: 0x1p-126},
		{temperature: 1, zeta: most}, {temperature: 0x1p-126, epsilon: 0.5}, {temperature: 1e-3, epsilon: 0.5, softCap: 1e3},
	} {
		for target := index; target <= listRenormalise; target++ {
			c.target = target
			b := c.batch(13, 9)
			l, err := New(b.v, c.options(b))
			if err != nil {
				t.Fatal(err)
			}
			for _, scale := range []float64{1, 0x1p-149} {
				k := &checker{t: t, combination: c, b: b, l: l, scale: scale, ratio: map[string]float64{}}
				k.againstReference(k.gradient(b, f32))
			}
		}
	}
}

// TestLargeCoefficients: K may be more than float32 holds where the gradient is not.
func TestLargeCoefficients(t *testing.T) {
	c := combination{temperature: 1}
	b := &batch{n: 1, v: 3, logits: array{storage: f32, f32: []float32{0, -10, -80}}}
	b.y = Targets{Index: []int32{0}, RowWeights: []float32{100}}
	b.q = [][]float64{{1, 0, 0}}
	l, _ := New(3, Options{})
	k := &checker{t: t, combination: c, b: b, l: l, scale: 1e38, ratio: map[string]float64{}}
	k.againstReference(k.gradient(b, f32))
}

// TestRestOfUnlikelyClasses: what a list lacks goes to classes whose differences
// are small next to the listed ones, and loses no digits to them.
func TestRestOfUnlikelyClasses(t *testing.T) {
	for _, gap := range []float64{200, 3000, 1e5} {
		for _, temperature := range []float64{0.7, 1, 1.3} {
			z := []float32{0.1, float32(-gap - 0.3), 0.2}
			s := &Soft{K: 1, Rest: RestUniform, Index: []int32{1}, Prob: []float32{0}}
			l, _ := New(3, Options{Temperature: temperature})
			rows := newRows(1)
			if err := l.Forward(nil, Float32(z, 1, 3), Targets{Soft: s}, rows); err != nil {
				t.Fatal(err)
			}
			in := refInput{z: []float64{float64(z[0]), float64(z[1]), float64(z[2])}, q: []float64{0.5, 0, 0.5}, w: []float64{1, 1, 1}, r: 1, temperature: temperature}
			ref := reference(in)
			if !(math.Abs(rows.NLL[0]-ref.nll) <= u*ref.budget) {
				t.Errorf("gap %v, temperature %v: nll %v, want %v ± %.2g", gap, temperature, rows.NLL[0], ref.nll, u*ref.budget)
			}
		}
	}
}
