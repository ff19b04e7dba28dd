package xent

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// u is the unit roundoff of float32.
const u = 0x1p-24

var shapes = [][2]int{{0, 5}, {1, 1}, {7, 1}, {40, 2}, {40, 33}, {30, 1023}, {30, 1024}, {30, 1025}, {25, 2500}}

func eachProblem(t *testing.T, upTo kindOfRow, f func(t *testing.T, p problem)) {
	for _, s := range shapes {
		for _, weights := range []bool{false, true} {
			for _, classes := range []bool{false, true} {
				t.Run(fmt.Sprintf("n=%d/v=%d/rows=%v/classes=%v", s[0], s[1], weights, classes), func(t *testing.T) {
					r := rand.New(rand.NewPCG(uint64(s[1]), 7))
					f(t, makeProblem(r, s[0], s[1], weights, classes, upTo))
				})
			}
		}
	}
}

// TestAgainstOracle holds plain cross-entropy of these shapes, which block and
// lane divide, to the reference, as TestCrossProduct does others.
func TestAgainstOracle(t *testing.T) {
	scales, round := []float64{0.37, -2, 0, 1e-30, 1e-9}, 0
	eachProblem(t, kinds, func(t *testing.T, p problem) {
		b := &batch{n: p.n, v: p.v, logits: array{storage: f32, f32: p.logits}, y: p.targets, classW: p.classW}
		for _, y := range p.targets.Index {
			q := make([]float64, p.v)
			if y != Ignore {
				q[y] = 1
			}
			b.q = append(b.q, q)
		}
		c := combination{classWeights: p.classW != nil, rowWeights: p.targets.RowWeights != nil, temperature: 1}
		k := &checker{t: t, combination: c, b: b, l: p.loss(Options{}), scale: scales[round%len(scales)], ratio: map[string]float64{}}
		round++
		k.check()
	})
}

// exactly adds without rounding; NaN wins over +∞.
func exactly(terms []float64) float64 {
	total, inf := new(big.Float).SetPrec(3000), 0.0
	for _, x := range terms {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			inf += x
			continue
		}
		total.Add(total, new(big.Float).SetFloat64(x))
	}
	if inf != 0 {
		return inf
	}
	sum, _ := total.Float64()
	return sum
}

// TestSameBits runs the same batch in many ways: nothing may change.
func TestSameBits(t *testing.T) {
	eachProblem(t, kinds, func(t *testing.T, p problem) {
		ref, refRows, refGrad := run(t, p, Options{Workers: 1})
		for _, workers := range []int{2, 3, 8} {
			got, rows, grad := run(t, p, Options{Workers: workers})
			sameResult(t, fmt.Sprintf("workers=%d", workers), got, ref)
			sameRows(t, rows, refRows)
			sameFloats(t, "gradient", grad, refGrad)
		}
		inPlace := slices.Clone(p.logits)
		var total Total
		m := Float32(inPlace, p.n, p.v)
		if err := p.loss(Options{}).Gradient(&total, m, p.targets, nil, 0.5, m); err != nil {
			t.Fatal(err)
		}
		sameFloats(t, "in-place gradient", inPlace, refGrad)
		sameResult(t, "in place", total.Result(), ref)

		var forward, parts Total
		if err := p.loss(Options{}).Forward(&forward, p.matrix(), p.targets, nil); err != nil {
			t.Fatal(err)
		}
		sameResult(t, "forward", forward.Result(), ref)
		for lo := 0; lo < p.n; lo += 3 { // micro-batches, each with a total of its own
			hi := min(lo+3, p.n)
			part, y := Total{}, Targets{Index: p.targets.Index[lo:hi]}
			if p.targets.RowWeights != nil {
				y.RowWeights = p.targets.RowWeights[lo:hi]
			}
			if err := p.loss(Options{}).Forward(&part, p.matrix().Rows(lo, hi), y, nil); err != nil {
				t.Fatal(err)
			}
			parts.Merge(&part)
		}
		merged := parts.Result()
		merged.FirstNonFinite = ref.FirstNonFinite // counted within its call
		sameResult(t, "micro-batches", merged, ref)
	})
}

func run(t *testing.T, p problem, o Options) (Result, *Rows, []float32) {
	t.Helper()
	rows, grad := newRows(p.n), make([]float32, p.n*p.v)
	before := slices.Clone(p.logits)
	var total Total
	if err := p.loss(o).Gradient(&total, p.matrix(), p.targets, rows, 0.5, Float32(grad, p.n, p.v)); err != nil {
		t.Fatal(err)
	}
	sameFloats(t, "logits", p.logits, before)
	return total.Result(), rows, grad
}

func sameResult(t *testing.T, name string, got, want Result) {
	t.Helper()
	if fmt.Sprintf("%x", got) != fmt.Sprintf("%x", want) {
		t.Errorf("%s: %+v, want %+v", name, got, want)
	}
}

func sameRows(t *testing.T, got, want *Rows) {
	t.Helper()
	for i := range want.NLL {
		if !alike(got.NLL[i], want.NLL[i]) || !alike(got.LSE[i], want.LSE[i]) || !alike(got.Entropy[i], want.Entropy[i]) ||
			got.Argmax[i] != want.Argmax[i] || got.Rank[i] != want.Rank[i] {
			t.Fatalf("row %d differs", i)
		}
	}
}

// sameFloats compares bits, with one NaN as good as another.
func sameFloats(t *testing.T, name string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
			t.Fatalf("%s: element %d is %v, want %v", name, i, got[i], want[i])
		}
	}
}

// TestIgnoredEqualsDeleted: a batch with ignored rows gives the bits of the
// batch without them.
func TestIgnoredEqualsDeleted(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	p := makeProblem(r, 50, 300, true, true, targetMasked)
	full, fullRows, fullGrad := run(t, p, Options{})
	var kept []int
	q := problem{v: p.v, classW: p.classW}
	for i := range p.n {
		if p.targets.weight(i) == 0 {
			for c := range p.v { // must not be read
				p.logits[i*p.v+c] = float32(math.NaN())
			}
			continue
		}
		q.n++
		kept = append(kept, i)
		q.logits = append(q.logits, p.logits[i*p.v:(i+1)*p.v]...)
		q.targets.Index = append(q.targets.Index, p.targets.Index[i])
		q.targets.RowWeights = append(q.targets.RowWeights, p.targets.RowWeights[i])
	}
	if q.n == p.n || q.n == 0 {
		t.Fatal("nothing to compare")
	}
	again, _, _ := run(t, p, Options{})
	deleted, rows, grad := run(t, q, Options{})
	for j, i := range kept {
		sameFloats(t, "gradient", grad[j*p.v:(j+1)*p.v], fullGrad[i*p.v:(i+1)*p.v])
		if !alike(rows.NLL[j], fullRows.NLL[i]) || rows.Rank[j] != fullRows.Rank[i] {
			t.Errorf("row %d differs", i)
		}
	}
	sameResult(t, "ignored rows of NaN", again, full)
	sameResult(t, "deleted", deleted, full)
}

func TestPaddedRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	p := makeProblem(r, 9, 21, false, false, masked)
	const stride = 32
	wide := make([]float32, p.n*stride)
	for i := range wide {
		wide[i] = float32(math.NaN())
	}
	for i := range p.n {
		copy(wide[i*stride:], p.logits[i*p.v:(i+1)*p.v])
	}
	_, _, want := run(t, p, Options{})
	m := strided(wide, p.n, p.v, stride)
	var total Total
	if err := p.loss(Options{}).Gradient(&total, m, p.targets, nil, 0.5, m); err != nil {
		t.Fatal(err)
	}
	for i := range p.n {
		sameFloats(t, "padded", wide[i*stride:][:p.v], want[i*p.v:(i+1)*p.v])
		for _, v := range wide[i*stride+p.v : (i+1)*stride] {
			if v == v {
				t.Fatal("padding was written")
			}
		}
	}
}

func TestKnownValues(t *testing.T) {
	for _, v := range []int{1, 2, 6, 50257} { // a fair die has perplexity V
		z := make([]float32, v)
		got, err := Mean(z, v, []int32{int32(v - 1)})
		if want := math.Log(float64(v)); err != nil || !(math.Abs(got-want) <= 1e-15*(1+want)) {
			t.Errorf("V=%d: %v %v, want ln V = %v", v, got, err, want)
		}
	}
	// A probability that underflows gives a loss, and an offset costs nothing.
	got, _ := Mean([]float32{1e5, 1e5 - 120}, 2, []int32{1})
	if got != 120 {
		t.Errorf("gap of 120 at 1e5: %v", got)
	}
	got, err := Mean([]float32{1, 2}, 2, []int32{Ignore})
	if err != nil || got == got {
		t.Errorf("mean of nothing: %v %v, want NaN", got, err)
	}
}

func TestWeightIsWhatMeanDividesBy(t *testing.T) {
	eachProblem(t, masked, func(t *testing.T, p problem) {
		got, _, _ := run(t, p, Options{})
		if w, err := p.loss(Options{}).Weight(p.targets); err != nil || w != got.Weight {
			t.Errorf("Weight = %v %v, want %v", w, err, got.Weight)
		}
	})
}
