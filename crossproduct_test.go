package xent

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
)

// A worst is the greatest share of each budget that was used.
type worst struct {
	sync.Mutex
	ratio map[string]float64
	where map[string]string
}

// note takes over what a checker saw.
func (w *worst) note(k *checker) {
	w.Lock()
	defer w.Unlock()
	for name, ratio := range k.ratio {
		if k.storage == f64 {
			name += " of float64"
		}
		if ratio > w.ratio[name] {
			w.ratio[name], w.where[name] = ratio, k.String()
		}
	}
}

func (w *worst) log(t *testing.T) {
	names := []string{}
	for name := range w.ratio {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Logf("%-28s %.3f of its budget (%s)", name, w.ratio[name], w.where[name])
	}
}

// A checker compares a combination's results with the reference.
type checker struct {
	t *testing.T
	combination
	b      *batch
	l      *Loss
	scale  float64
	ratio  map[string]float64 // share of a budget used, at worst
	failed int
}

// errorf reports the first few of what may be thousands of errors.
func (k *checker) errorf(format string, args ...any) {
	k.t.Helper()
	if k.failed++; k.failed <= 3 {
		k.t.Errorf("%v: n=%d v=%d scale=%v: %s", k.combination, k.b.n, k.b.v, k.scale, fmt.Sprintf(format, args...))
	}
}

func (k *checker) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatalf("%v: n=%d v=%d: %v", k.combination, k.b.n, k.b.v, err)
	}
}

// within holds |got − want| to a budget. What is not finite must be alike.
func (k *checker) within(name string, i int, got, want, budget float64) {
	if alike(got, want) {
		return
	}
	off := math.Abs(got - want)
	if math.IsNaN(want) || math.IsInf(want, 0) || !(off <= budget) {
		k.errorf("row %d: %s is %v, want %v ± %.3g (off by %.3g of it)", i, name, got, want, budget, off/budget)
	}
	k.ratio[name] = max(k.ratio[name], off/budget)
}

// An outcome is what one pass gives.
type outcome struct {
	total  Total
	result Result
	rows   *Rows
	grad   array
}

// gradient runs the pass with a gradient of that storage.
func (k *checker) gradient(b *batch, s storage) outcome {
	k.t.Helper()
	o := outcome{rows: newRows(b.n), grad: newArray(s, b.n*b.v)}
	before := b.logits.clone()
	k.must(k.l.Gradient(&o.total, b.logits.matrix(b.n, b.v), b.y, o.rows, k.scale, o.grad.matrix(b.n, b.v)))
	if at := b.logits.same(before); at >= 0 {
		k.errorf("logit %d was changed", at)
	}
	o.result = o.total.Result()
	return o
}

func (k *checker) sameOutcome(name string, got Result, rows *Rows, want outcome) {
	k.t.Helper()
	if fmt.Sprintf("%x", got) != fmt.Sprintf("%x", want.result) {
		k.errorf("%s gives %+v, want %+v", name, got, want.result)
	}
	k.sameValues(name, rows, want.rows, allRows(k.b.n))
}

// sameValues compares row j of got with row at[j] of want.
func (k *checker) sameValues(name string, got, want *Rows, at []int) {
	k.t.Helper()
	for j, i := range at {
		if !alike(got.NLL[j], want.NLL[i]) || !alike(got.LSE[j], want.LSE[i]) || !alike(got.Entropy[j], want.Entropy[i]) ||
			got.Argmax[j] != want.Argmax[i] || got.Rank[j] != want.Rank[i] {
			k.errorf("row %d: %s gives %v %v %v %d %d", i, name, got.NLL[j], got.LSE[j], got.Entropy[j], got.Argmax[j], got.Rank[j])
			k.errorf("  want %v %v %v %d %d", want.NLL[i], want.LSE[i], want.Entropy[i], want.Argmax[i], want.Rank[i])
		}
	}
}

func allRows(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// few says that a part of many combinations must do.
func few() bool { return testing.Short() || raceEnabled }

// TestCrossProduct holds every combination of options, forms of targets and
// types of logits to the reference, and every way to compute it to the same bits.
func TestCrossProduct(t *testing.T) {
	all, w := combinations(), &worst{ratio: map[string]float64{}, where: map[string]string{}}
	step, parts := 1, 8
	if few() {
		step = 17 // divides no list of choices: all are still met
	}
	if len(all) < 2000 {
		t.Errorf("only %d combinations", len(all))
	}
	t.Run("part", func(t *testing.T) {
		for part := range parts {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				for at := part * step; at < len(all); at += parts * step {
					k := newChecker(t, all[at])
					k.check()
					w.note(k)
				}
			})
		}
	})
	w.log(t)
}

func newChecker(t *testing.T, c combination) *checker {
	s := batchShapes[c.number%len(batchShapes)]
	b := c.batch(s[0], s[1])
	l, err := New(b.v, c.options(b))
	if err != nil {
		t.Fatal(err)
	}
	scales := [...]float64{0.37, -2, 1, 1e-3, 0}
	return &checker{t: t, combination: c, b: b, l: l, scale: scales[c.number%len(scales)], ratio: map[string]float64{}}
}

func (k *checker) check() {
	gradStorage := f32 // of 16-bit logits, too
	if k.storage == f64 {
		gradStorage = f64
	}
	o := k.gradient(k.b, gradStorage)
	k.againstReference(o)
	k.otherWays(o)
	k.inParts(o)
	k.withoutIgnored(o)
	k.nothingCounts()
}

// refInput is row i for the reference.
func (k *checker) refInput(i int) refInput {
	in := refInput{
		z: k.b.row(i), q: k.b.q[i], w: make([]float64, k.b.v), r: k.b.rowWeight(i), scale: k.scale,
		epsilon: k.epsilon, zeta: k.zeta, softCap: k.softCap, temperature: k.temperature,
	}
	for c := range in.w {
		in.w[c] = 1
		if k.b.classW != nil {
			in.w[c] = float64(k.b.classW[c])
		}
	}
	return in
}

// againstReference checks rows, gradient and counts.
func (k *checker) againstReference(o outcome) {
	want := Result{FirstNonFinite: -1}
	for i := range k.b.n {
		in := k.refInput(i)
		grad := o.grad.values(i*k.b.v, (i+1)*k.b.v)
		if in.r == 0 {
			k.ignoredRow(i, o.rows, grad)
			continue
		}
		ref := reference(in)
		want.Count++
		if ref.correct {
			want.Correct++
		}
		if math.IsNaN(ref.nll) || math.IsInf(ref.nll, 0) {
			if want.NonFinite++; want.FirstNonFinite < 0 {
				want.FirstNonFinite = i
			}
		}
		k.row(i, &in, &ref, o.rows)
		k.gradientRow(i, &in, &ref, grad)
	}
	got := o.result
	if got.Count != want.Count || got.Correct != want.Correct || got.NonFinite != want.NonFinite || got.FirstNonFinite != want.FirstNonFinite {
		k.errorf("counts %+v, want %+v", got, want)
	}
}

func (k *checker) ignoredRow(i int, rows *Rows, grad []float64) {
	if slices.ContainsFunc(grad, func(g float64) bool { return g != 0 || math.Signbit(g) }) {
		k.errorf("ignored row %d has a gradient", i)
	}
	if !math.IsNaN(rows.NLL[i]) || !math.IsNaN(rows.LSE[i]) || !math.IsNaN(rows.Entropy[i]) || rows.Argmax[i] != -1 || rows.Rank[i] != -1 {
		k.errorf("ignored row %d has values", i)
	}
}

// row checks row i's values: nll by its stated budget, the others by what follows
// from it, an −log p being an nll; the entropy by the like.
func (k *checker) row(i int, in *refInput, ref *refRow, rows *Rows) {
	u := k.storage.roundoff() * k.slack()
	k.within("nll", i, rows.NLL[i], ref.nll, u*ref.budget)
	lseBudget := u*ref.lseBudget + 0x1p-50*math.Abs(ref.lse) // m/T is computed in float64
	k.within("lse", i, rows.LSE[i], ref.lse, lseBudget)
	k.within("entropy", i, rows.Entropy[i], ref.entropy, u*(8+4*ref.entropy+ref.capBudget))
	if rows.Argmax[i] != ref.argmax || rows.Rank[i] != ref.rank {
		k.errorf("row %d: argmax %d, rank %d, want %d, %d", i, rows.Argmax[i], rows.Rank[i], ref.argmax, ref.rank)
	}
	var one Total // has the row's own sums
	k.must(k.l.Forward(&one, k.b.logits.matrix(k.b.n, k.b.v).Rows(i, i+1), k.b.part(i, i+1), nil))
	got, zBudget := one.Result(), in.zeta*lseBudget*(2*math.Abs(ref.lse)+lseBudget)
	k.within("smoothing", i, got.Smoothing, in.r*ref.smoothing, u*in.r*ref.smoothingBudget)
	k.within("z-loss", i, got.ZLoss, in.r*ref.zloss, in.r*zBudget)
	k.within("objective", i, got.Sum, in.r*ref.objective, u*in.r*(ref.costBudget+ref.smoothingBudget)+in.r*zBudget)
}

// slack allows for the rounding of the reference where it is no finer than what
// it is compared with, and for 1024 additions, which float64 logits get one by one.
func (k *checker) slack() float64 {
	if k.storage == f64 {
		return 128
	}
	return 1
}

func (k *checker) gradientRow(i int, in *refInput, ref *refRow, grad []float64) {
	u, tiny, least := k.storage.roundoff()*k.slack(), 0x1p-125, 0x1p-149
	if k.storage == f64 {
		tiny, least = 0x1p-1020, 0
	}
	for c, g := range grad {
		if math.IsNaN(ref.nll) {
			if !math.IsNaN(g) {
				k.errorf("row %d: gradient of class %d is %v in a NaN row", i, c, g)
			}
			continue
		}
		want := ref.grad[c]
		if k.storage != f64 && math.Abs(want) > math.MaxFloat32 {
			want = math.Copysign(math.Inf(1), want)
		}
		k.within("gradient", i, g, want, ref.gradientBudget(in, c, u, tiny)+least)
		if math.IsInf(in.z[c], -1) && in.q[c] == 0 && g != 0 {
			k.errorf("row %d: gradient of masked class %d is %v", i, c, g)
		}
	}
	if k.zeta == 0 && k.softCap == 0 && !math.IsNaN(ref.nll) {
		k.sumsToZero(i, in, ref, grad, u, tiny)
	}
}

// sumsToZero: Σ g = k·(Σt·Σp − Σt) = 0.
func (k *checker) sumsToZero(i int, in *refInput, ref *refRow, grad []float64, u, tiny float64) {
	budget := sum(len(grad), func(c int) float64 { return ref.gradientBudget(in, c, u, tiny) + 0x1p-149 })
	k.within("sum of the gradient", i, sum(len(grad), func(c int) float64 { return grad[c] }), 0, budget)
}
