package entropy

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestJoint(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	ok := must[Nats](t)
	for range 100 {
		rows, columns := 1+r.IntN(8), 1+r.IntN(8)
		p := random(r, rows*columns, true)
		joint, turned := make([][]float64, rows), make([][]float64, columns)
		byRow, byColumn, product := make([]float64, rows), make([]float64, columns), []float64(nil)
		for i, x := range p {
			joint[i/columns] = append(joint[i/columns], x)
			byRow[i/columns] += x
			byColumn[i%columns] += x
		}
		for y := range turned {
			for x := range joint {
				turned[y] = append(turned[y], joint[x][y])
			}
		}
		for _, a := range byRow {
			for _, b := range byColumn {
				product = append(product, a*b)
			}
		}
		hx, hy, hxy := ok(Entropy(byRow)), ok(Entropy(byColumn)), ok(Entropy(p))
		given, information := ok(ConditionalEntropy(joint)), ok(MutualInformation(joint))
		for name, d := range map[string]Nats{
			"chain rule":            hxy - hx - given,
			"I = H(Y) − H(Y|X)":     hy - given - information,
			"I = H(X) − H(X|Y)":     hx - ok(ConditionalEntropy(turned)) - information,
			"I(X;Y) = I(Y;X)":       ok(MutualInformation(turned)) - information,
			"I = KL(joint‖margins)": ok(KL(p, product)) - information,
		} {
			if !(math.Abs(float64(d)) <= 1e-14*float64(rows*columns)) {
				t.Fatalf("%s is off by %v for %v", name, d, joint)
			}
		}
		if !(information >= 0 && given >= 0) {
			t.Fatalf("I = %v, H(Y|X) = %v", information, given)
		}
	}
}

// TestJointAgainstBigFloat: one variable that all but determines the other,
// and two that are all but independent, keep their digits.
func TestJointAgainstBigFloat(t *testing.T) {
	ok := must[Nats](t)
	for e := 1; e <= 20; e++ {
		d := math.Pow(10, -float64(e))
		joint := [][]float64{{0.25, d / 3, d * d}, {0.75 - d/3 - d*d - d/5, d / 5, 0}}
		want := number(0)
		for _, row := range joint {
			margin := number(0)
			for _, p := range row {
				margin = plus(margin, number(p))
			}
			for _, p := range row {
				if p > 0 {
					want = plus(want, times(number(p), bigLog(over(margin, number(p)))))
				}
			}
		}
		hold(t, "ConditionalEntropy", ok(ConditionalEntropy(joint)), want, accuracy)
	}
	for e := 1; e <= 12; e++ {
		d := math.Pow(10, -float64(e))
		joint := [][]float64{{0.07 + d/9, 0.63 - d/9}, {0.03 - d/9, 0.27 + d/9}}
		var wide, products []*big.Float
		for _, row := range joint {
			for y, p := range row {
				across := plus(number(row[0]), number(row[1]))
				down := plus(number(joint[0][y]), number(joint[1][y]))
				wide, products = append(wide, number(p)), append(products, times(across, down))
			}
		}
		hold(t, "MutualInformation", ok(MutualInformation(joint)), bigKL(wide, products), accuracy)
	}
}

func TestJointSpecialCases(t *testing.T) {
	ok := must[Nats](t)
	a, b := []float64{0.3, 0.7}, []float64{0.1, 0.2, 0.7}
	independent := make([][]float64, len(a))
	for x := range a {
		for y := range b {
			independent[x] = append(independent[x], a[x]*b[y])
		}
	}
	same := [][]float64{{0.25, 0}, {0, 0.75}}
	rare := 1e-170 // squared, it underflows
	for _, c := range []struct {
		name           string
		got            Nats
		want, absolute float64
	}{
		{"I(independent)", ok(MutualInformation(independent)), 0, 1e-31},
		{"H(Y|X) of independent", ok(ConditionalEntropy(independent)), float64(ok(Entropy(b))), 1e-15},
		{"I(one determines the other)", ok(MutualInformation(same)), float64(BinaryEntropy(0.25)), 1e-15},
		{"H(Y|X) of one that determines the other", ok(ConditionalEntropy(same)), 0, 0},
		{"I(single cell)", ok(MutualInformation([][]float64{{1}})), 0, 0},
		{"I(one row)", ok(MutualInformation([][]float64{b})), 0, 1e-31},
		{"I with a rare cell", ok(MutualInformation([][]float64{{1, 0}, {0, rare}})), rare * (1 - math.Log(rare)), 1e-14 * rare * 400},
	} {
		if !(math.Abs(float64(c.got)-c.want) <= c.absolute) {
			t.Errorf("%s = %v, want %v within %v", c.name, float64(c.got), c.want, c.absolute)
		}
	}
}
