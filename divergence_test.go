package xent_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"xent"
	"xent/entropy"
	"xent/internal/exact"
	"xent/internal/tensor"
)

// one gives the divergence and the objective's gradient of one row of float64.
func one(t *testing.T, o xent.DivergenceOptions, z, zt []float64) (float64, []float64) {
	t.Helper()
	d, err := xent.NewDivergence(len(z), o)
	if err != nil {
		t.Fatal(err)
	}
	rows, grad := xent.DivergenceRows{Divergence: make([]float64, 1)}, make([]float64, len(z))
	if err := d.Gradient(nil, xent.Float64(z, 1, len(z)), xent.Float64(zt, 1, len(z)), xent.Targets{}, &rows, 1, xent.Float64(grad, 1, len(z))); err != nil {
		t.Fatal(err)
	}
	return rows.Divergence[0], grad
}

// plain is the divergence alone.
func plain(k xent.Kind, beta float64) xent.DivergenceOptions {
	return xent.DivergenceOptions{Kind: k, Beta: beta, Temperature: 1, Soft: 1, SoftFactor: 1}
}

// TestDivergenceCentralDifferences checks gradients without their formulas.
func TestDivergenceCentralDifferences(t *testing.T) {
	const scale, h = 0.4, 0x1p-12
	for _, o := range append(kinds(1, 0, 1, 1), kinds(2.5, 0.4, 0.6, 6.25)...) {
		p := makePair(rand.New(rand.NewPCG(5, 8)), 10, 7, 7, tensor.F64, tensor.F64)
		got := p.gradient(t, o, scale)
		for at := range p.student.f64 {
			z := p.student.f64[at]
			if !(math.Abs(z) <= math.MaxFloat64) || p.weight(at/p.student.stride) == 0 {
				continue
			}
			sum := func(z float64) float64 {
				p.student.f64[at] = z
				return p.gradient(t, o, scale).result.Sum
			}
			up, down := sum(z+h), sum(z-h)
			p.student.f64[at] = z
			want := scale * (up - down) / ((z + h) - (z - h))
			if g := got.grad.f64[at]; !(math.Abs(g-want) <= 1e-6*(1+math.Abs(want))) {
				t.Errorf("%s, row %d: gradient %v, central difference %v", label(o), at/p.student.stride, g, want)
			}
		}
	}
}

// TestDivergenceAgainstEntropy: the same numbers come from package entropy's other
// formulas, and they fit together.
func TestDivergenceAgainstEntropy(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	z, zt := make([]float64, 300), make([]float64, 300)
	for range 50 {
		for c := range z {
			z[c], zt[c] = 4*r.NormFloat64(), 4*r.NormFloat64()
		}
		lp, err1 := entropy.LogSoftmax(zt)
		lq, err2 := entropy.LogSoftmax(z)
		h, err3 := entropy.EntropyLog(lp)
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		agree := func(name string, got float64, want entropy.Nats, err error) {
			if !(math.Abs(got-float64(want)) <= 1e-13*float64(want)) || err != nil {
				t.Errorf("%s %v, entropy says %v %v", name, got, want, err)
			}
		}
		forward, _ := one(t, plain(xent.ForwardKL, 0), z, zt)
		want, err := entropy.KLLog(lp, lq)
		agree("KL(p‖q)", forward, want, err)
		reverse, _ := one(t, plain(xent.ReverseKL, 0), z, zt)
		want, err = entropy.KLLog(lq, lp)
		agree("KL(q‖p)", reverse, want, err)
		cross, _ := one(t, plain(xent.TeacherCE, 0), z, zt)
		agree("H(p,q)", cross, h+entropy.Nats(forward), nil)
		for _, beta := range []float64{0.5, 0.01, 0.8} {
			jsd, _ := one(t, plain(xent.JSD, beta), z, zt)
			want, err = entropy.JSDBetaLog(lp, lq, beta)
			agree("JSD", jsd, want, err)
		}
	}
}

// TestJSDBoundsAndLimits: symmetric at ½ to the bit, at most the binary entropy of β,
// which rows without a common class reach; towards the two KLs as β → 0 and 1.
func TestJSDBoundsAndLimits(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	z, zt := make([]float64, 20), make([]float64, 20)
	for i := range 300 {
		relation := relations[i%13]
		fill(r, relation, z, zt, 0)
		for _, beta := range []float64{0.5, 0.1, 1e-6, 0.999} {
			d, _ := one(t, plain(xent.JSD, beta), z, zt)
			mirror, _ := one(t, plain(xent.JSD, 1-beta), zt, z)
			bound := -beta*math.Log(beta) - (1-beta)*math.Log1p(-beta)
			if !(d >= 0 && d <= bound*(1+1e-14)) {
				t.Errorf("%s: JSD_%v = %v, not in [0, %v]", relation, beta, d, bound)
			}
			if relation == "disjoint" && !(d >= bound*(1-1e-14)) {
				t.Errorf("disjoint: JSD_%v = %v, want %v", beta, d, bound)
			}
			if beta == 0.5 && d != mirror || !(math.Abs(d-mirror) <= 1e-9*d) {
				t.Errorf("%s: JSD_%v = %v, %v the other way round", relation, beta, d, mirror)
			}
		}
		if i%13 < finiteRelations && relation != "equal" && relation != "far" && relation != "peaked" && relation != "one sure" {
			forward, _ := one(t, plain(xent.ForwardKL, 0), z, zt)
			reverse, _ := one(t, plain(xent.ReverseKL, 0), z, zt)
			low, _ := one(t, plain(xent.JSD, 1e-12), z, zt)
			high, _ := one(t, plain(xent.JSD, 1-0x1p-40), z, zt)
			if !(math.Abs(low/1e-12-forward) <= 1e-4*forward) || !(math.Abs(high/0x1p-40-reverse) <= 1e-4*reverse) {
				t.Errorf("%s: JSD_β/β → %v, want %v; JSD_β/(1−β) → %v, want %v", relation, low/1e-12, forward, high/0x1p-40, reverse)
			}
		}
	}
}

// TestZeroIffEqual: equal distributions give exactly 0, value and gradient, whatever
// their types and offsets; others more than 0, and never less.
func TestZeroIffEqual(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for i, o := range append(kinds(1, 0, 1, 1), kinds(0.7, 0, 1, 1)...) {
		if o.Kind == xent.TeacherCE {
			continue
		}
		p := makePair(r, 40, 1500, 1, dtypes[i%4], tensor.F64)
		for row := range 40 {
			z := p.student.row(row)
			for c := range z {
				z[c] = math.Round(16*z[c])/16 + float64(c%2*row) // exact with an offset
			}
			z[row] = math.Inf(-1)
			p.student.setRow(row, z)
			for c, x := range p.student.row(row) {
				p.teacher.set(row*p.teacher.stride+c, x+1e5*float64(row%3-1))
			}
		}
		got := p.gradient(t, o, 1)
		for row, d := range got.rows.Divergence {
			if p.weight(row) > 0 && d != 0 {
				t.Errorf("%s, row %d: divergence %v of equal rows", label(o), row, d)
			}
			for c, g := range got.grad.row(row) {
				if g != 0 {
					t.Fatalf("%s, row %d, class %d: gradient %v of equal rows", label(o), row, c, g)
				}
			}
		}
		p.y = xent.Targets{}
		for row := range 40 { // one class a little more likely
			at := row*p.teacher.stride + row + 1
			p.teacher.set(at, p.teacher.at(at)+math.Ldexp(1, -row/2))
		}
		for row, d := range p.gradient(t, o, 1).rows.Divergence {
			if !(d > 0) {
				t.Errorf("%s, row %d: divergence %v of unequal rows", label(o), row, d)
			}
		}
	}
}

// TestNeverNegative looks for a negative divergence among rows made to be hard:
// all but equal, with probabilities at and below the smallest float64.
func TestNeverNegative(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 2))
	all := kinds(1, 0, 1, 1)
	for range 3000 {
		n := 1 + r.IntN(6)
		z, zt := make([]float64, n), make([]float64, n)
		for c := range z {
			z[c] = []float64{0, 0, -1, -700, -707.9, -708.2, -745, -1e4, math.Inf(-1)}[r.IntN(9)]
			zt[c] = z[c] + []float64{0, 0, 1e-15, -3e-14, 1e-9, -1.01, 1.01, 40}[r.IntN(8)]
		}
		z[0], zt[0] = 0, 0
		for _, o := range all {
			if d, _ := one(t, o, z, zt); !(d >= 0) {
				t.Fatalf("%s: %v\nstudent %v\nteacher %v", label(o), d, z, zt)
			}
		}
	}
}

// TestDivergenceSameBits runs the same batch in many ways: nothing may change.
func TestDivergenceSameBits(t *testing.T) {
	for i, o := range append(kinds(1, 0, 1, 1), kinds(2, 0.4, 0.6, 4)...) {
		v := []int{5, 1024, 1500}[i%3]
		p := makePair(rand.New(rand.NewPCG(uint64(i), 4)), 40, v, len(relations), dtypes[i%4], dtypes[i/2%4])
		o.Workers = 1
		want := p.gradient(t, o, 0.5)
		for _, o.Workers = range []int{0, 2, 3, 8} {
			sameOutcomes(t, "workers", p.gradient(t, o, 0.5), want)
		}
		sameInPieces(t, p, o, want)

		short, kept := pair{}, []int{}
		for i := range 40 {
			if p.weight(i) != 0 {
				kept = append(kept, i)
				short.y.Index, short.y.RowWeights = append(short.y.Index, p.y.Index[i]), append(short.y.RowWeights, p.y.RowWeights[i])
			}
		}
		short.student, short.teacher = p.student.pick(kept), p.teacher.pick(kept)
		short.student.stride, short.teacher.stride = p.student.stride, p.teacher.stride
		got := short.gradient(t, o, 0.5)
		same(t, "ignored rows deleted", got.grad, want.grad.pick(kept))
		got.result.FirstNonFinite = want.result.FirstNonFinite
		sameOutcomes(t, "ignored rows deleted", outcome{got.result, want.rows, want.grad}, want)
	}
}

// sameInPieces runs Forward on the whole, and Gradient in place on seven rows at a time.
func sameInPieces(t *testing.T, p pair, o xent.DivergenceOptions, want outcome) {
	t.Helper()
	d, err := xent.NewDivergence(p.student.cols, o)
	if err != nil {
		t.Fatal(err)
	}
	forward := outcome{rows: xent.DivergenceRows{Divergence: make([]float64, 40), NLL: make([]float64, 40)}, grad: want.grad}
	var total, parts xent.Total
	if err := d.Forward(&total, p.student.matrix(), p.teacher.matrix(), p.y, &forward.rows); err != nil {
		t.Fatal(err)
	}
	forward.result = total.Result()
	sameOutcomes(t, "forward", forward, want)

	inPlace := outcome{rows: want.rows, grad: p.student.clone()}
	for lo := 0; lo < 40; lo += 7 { // in pieces, and in place
		hi := min(lo+7, 40)
		y := xent.Targets{Index: p.y.Index[lo:hi], RowWeights: p.y.RowWeights[lo:hi]}
		z := inPlace.grad.matrix().Rows(lo, hi)
		if err := d.Gradient(&parts, z, p.teacher.matrix().Rows(lo, hi), y, nil, 0.5, z); err != nil {
			t.Fatal(err)
		}
	}
	inPlace.result = parts.Result()
	inPlace.result.FirstNonFinite = want.result.FirstNonFinite // counted within its call
	sameOutcomes(t, "in place and in pieces", inPlace, want)
}

// TestDivergenceTotalsAreExact holds totals to the exact sums of the rows' own values.
func TestDivergenceTotalsAreExact(t *testing.T) {
	p := makePair(rand.New(rand.NewPCG(7, 4)), 200, 6, finiteRelations, tensor.F32, tensor.BF16)
	for _, o := range kinds(2, 0.4, 0.6, 4) {
		got := p.gradient(t, o, 1)
		var sum, d, n, w exact.Sum
		for i := range p.student.rows {
			r, di, ni := p.weight(i), got.rows.Divergence[i], got.rows.NLL[i]
			if r != 0 {
				sum.Add(r * (float64(0.6*4*di) + float64(0.4*ni)))
				d.Add(r * di)
				n.Add(r * ni)
				w.Add(r)
			}
		}
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"Sum", got.result.Sum, sum.Float64()}, {"Divergence", got.result.Divergence, d.Float64()}, {"NLL", got.result.NLL, n.Float64()},
			{"Weight", got.result.Weight, w.Float64()}, {"RowWeight", got.result.RowWeight, w.Float64()},
		} {
			if c.got != c.want {
				t.Errorf("%s: %s = %v, the exact sum is %v", label(o), c.name, c.got, c.want)
			}
		}
		divergence, err := xent.NewDivergence(6, o)
		if err != nil {
			t.Fatal(err)
		}
		if weight, err := divergence.Weight(200, p.y); err != nil || weight != got.result.Weight {
			t.Errorf("Weight = %v %v, want %v", weight, err, got.result.Weight)
		}
	}
}

// TestDistillationIsTheSumOfItsParts: value and gradient are Hard's and Soft's, with
// the factors said; the hard part is the Loss, the teacher's cross-entropy has
// the gradient of ForwardKL.
func TestDistillationIsTheSumOfItsParts(t *testing.T) {
	const T, n, v = 3.0, 20, 50
	p := makePair(rand.New(rand.NewPCG(6, 6)), n, v, finiteRelations, tensor.F64, tensor.F64)
	loss, err := xent.New(v, xent.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hard := newTable(tensor.F64, n, v, v)
	rows := xent.Rows{NLL: make([]float64, n)}
	var total xent.Total
	if err := loss.Gradient(&total, p.student.matrix(), p.y, &rows, 1, hard.matrix()); err != nil {
		t.Fatal(err)
	}
	for _, o := range kinds(T, 0.3, 0.7, T*T) {
		both := p.gradient(t, o, 1)
		o.Hard, o.Soft, o.SoftFactor = 0, 1, 1
		soft := p.gradient(t, o, 1)
		near := func(name string, got, want float64) {
			t.Helper()
			if !(math.Abs(got-want) <= 1e-13*(1+math.Abs(want))) {
				t.Errorf("%s: %s %v, want %v", label(o), name, got, want)
			}
		}
		near("sum", both.result.Sum, 0.3*total.Result().Sum+0.7*T*T*soft.result.Sum)
		near("NLL", both.result.NLL, total.Result().NLL)
		near("divergence", both.result.Divergence, soft.result.Sum)
		for i := range n {
			for c := range v {
				near("gradient", both.grad.row(i)[c], 0.3*hard.row(i)[c]+0.7*T*T*soft.grad.row(i)[c])
			}
		}
		if o.Kind == xent.TeacherCE {
			o.Kind = xent.ForwardKL
			same(t, "the gradient of the teacher's cross-entropy", soft.grad, p.gradient(t, o, 1).grad)
		}
	}
}

// TestStudentEntropyInTotal: the total has the student's, at the temperature.
func TestStudentEntropyInTotal(t *testing.T) {
	p := makePair(rand.New(rand.NewPCG(6, 7)), 30, 9, finiteRelations, tensor.F64, tensor.F32)
	var want float64
	for i := range p.student.rows {
		if p.weight(i) != 0 {
			want += wanted(plain(xent.ForwardKL, 0), p.student.row(i), p.teacher.row(i), 0).entropy
		}
	}
	if got := p.gradient(t, plain(xent.ForwardKL, 0), 1).result.Entropy; !(math.Abs(got-want) <= 1e-13*want) {
		t.Errorf("entropy %v, want %v", got, want)
	}
}
