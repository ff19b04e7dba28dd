package xent

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// softRow is the pass over one row of logits with a soft target.
func softRow(t *testing.T, z []float32, s *Soft, o Options) (Result, *Rows, []float32) {
	t.Helper()
	l, err := New(len(z), o)
	if err != nil {
		t.Fatal(err)
	}
	var total Total
	rows, grad := newRows(1), make([]float32, len(z))
	if err := l.Gradient(&total, Float32(z, 1, len(z)), Targets{Soft: s}, rows, 1, Float32(grad, 1, len(z))); err != nil {
		t.Fatal(err)
	}
	return total.Result(), rows, grad
}

func denseRow(q ...float32) *Soft { return &Soft{Dense: Float32(q, 1, len(q))} }

// TestOneHotEqualsIndex: a certainty as a distribution gives the nll of the class
// within 4 units of float64's roundoff of what it is made of, far below the
// float32 of logits; in a row of one block, to the bit.
func TestOneHotEqualsIndex(t *testing.T) {
	for _, v := range []int{1, 7, 1000, 1024, 1025, 3000} {
		r := rand.New(rand.NewPCG(uint64(v), 1))
		p := makeProblem(r, 40, v, true, true, kinds)
		for _, o := range []Options{{}, {SoftCap: 30, Temperature: 0.7}, {LabelSmoothing: 0.1, ZLoss: 1e-4}} {
			oneHotEqualsIndex(t, p, o)
		}
	}
}

func oneHotEqualsIndex(t *testing.T, p problem, o Options) {
	_, want, _ := run(t, p, o)
	for _, s := range []storage{f32, bf16, f16, f64} {
		q := newArray(s, p.n*p.v)
		soft, list := p, p
		soft.targets = Targets{Soft: &Soft{Dense: q.matrix(p.n, p.v)}, RowWeights: slices.Clone(p.targets.RowWeights)}
		list.targets = Targets{Soft: &Soft{K: 1, Index: p.targets.Index, Prob: slices.Repeat([]float32{1}, p.n)}, RowWeights: p.targets.RowWeights}
		for i, y := range p.targets.Index {
			if y == Ignore {
				soft.targets.RowWeights[i] = 0
			} else {
				q.set(i*p.v+int(y), 1)
			}
		}
		_, got, _ := run(t, soft, o)
		_, listed, _ := run(t, list, o)
		for i := range p.n {
			for _, x := range []float64{got.NLL[i], listed.NLL[i]} {
				off := math.Abs(x - want.NLL[i])
				if !alike(x, want.NLL[i]) && !(p.v > 1024 && off <= 0x1p-51*(want.NLL[i]+math.Log(float64(p.v)))) {
					t.Errorf("v=%d %v: row %d of one-hot %v has nll %v, of the class %v", p.v, o, i, s, x, want.NLL[i])
				}
			}
			if got.Argmax[i] != want.Argmax[i] || got.Rank[i] != want.Rank[i] || listed.Rank[i] != want.Rank[i] {
				t.Errorf("v=%d: row %d of one-hot %v has rank %d and %d, of the class %d", p.v, i, s, got.Rank[i], listed.Rank[i], want.Rank[i])
			}
		}
	}
}

// TestLikeliestClass: the class of the greatest q takes the target's place, the
// lowest of equals, in whatever order a list names them.
func TestLikeliestClass(t *testing.T) {
	inf := float32(math.Inf(-1))
	z := []float32{3, 1, 5, 1, 4}
	for _, c := range []struct {
		name    string
		z       []float32
		s       *Soft
		rank    int32
		correct int
	}{
		{"dense", z, denseRow(0, 0, 0.75, 0.25, 0), 1, 1},
		{"equals, dense", z, denseRow(0, 0.5, 0.5, 0, 0), 4, 0},
		{"equals of a list", z, &Soft{K: 2, Index: []int32{1, 2}, Prob: []float32{0.5, 0.5}}, 4, 0},
		{"equals of a list, the higher first", z, &Soft{K: 2, Index: []int32{2, 1}, Prob: []float32{0.5, 0.5}}, 4, 0},
		{"an empty place first", z, &Soft{K: 3, Index: []int32{Ignore, 2, 1}, Prob: []float32{9, 0.5, 0.5}}, 4, 0},
		{"renormalised", z, &Soft{K: 3, Rest: RestRenormalise, Index: []int32{4, 3, 0}, Prob: []float32{2, 7, 7}}, 3, 0},
		{"less than an unlisted share", z, &Soft{K: 2, Rest: RestUniform, Index: []int32{0, 1}, Prob: []float32{0.1, 0}}, 1, 1},
		{"equal to an unlisted share above", z, &Soft{K: 1, Rest: RestUniform, Index: []int32{0}, Prob: []float32{0.2}}, 3, 0},
		{"equal to an unlisted share below", []float32{0, 1, 2, 3}, &Soft{K: 1, Rest: RestUniform, Index: []int32{3}, Prob: []float32{0.25}}, 4, 0},
		{"the unlisted share of the first class that is not masked", []float32{inf, 1, 2, 0}, &Soft{K: 1, Rest: RestUniform, Index: []int32{3}, Prob: []float32{0.2}}, 2, 0},
		{"only one class", []float32{7}, denseRow(1), 1, 1},
		{"right, but a possible class is masked", []float32{1, inf}, denseRow(0.75, 0.25), 1, 0},
	} {
		got, rows, _ := softRow(t, c.z, c.s, Options{})
		if rows.Rank[0] != c.rank || got.Correct != c.correct {
			t.Errorf("%s: rank %d correct %d, want %d %d", c.name, rows.Rank[0], got.Correct, c.rank, c.correct)
		}
	}
	// Where the soft-cap makes equals, the caller's logits still decide.
	big := []float32{1e5, 2e5, 1.5e5}
	got, rows, _ := softRow(t, big, denseRow(0, 0, 1), Options{SoftCap: 30})
	if rows.Argmax[0] != 1 || rows.Rank[0] != 2 || got.Correct != 0 {
		t.Errorf("saturated: argmax %d rank %d correct %d", rows.Argmax[0], rows.Rank[0], got.Correct)
	}
}

// TestDenseView: a padded distribution is read where it is, and no further; no
// rows need no distribution.
func TestDenseView(t *testing.T) {
	c := combination{target: dense32, temperature: 1, number: 3}
	b := c.batch(13, 37)
	const stride = 40
	for _, s := range []storage{f32, bf16, f16, f64} {
		wide, narrow := newArray(s, b.n*stride), newArray(s, b.n*b.v)
		for i := range b.n * stride {
			wide.set(i, math.NaN())
		}
		for i := range b.n {
			for c := range b.v {
				narrow.set(i*b.v+c, b.q[i][c])
			}
			wide.copyRow(i*stride+2, narrow, i*b.v, b.v)
		}
		view := wide.matrix(b.n, stride).Columns(2, 2+b.v)
		p := problem{n: b.n, v: b.v, logits: b.logits.f32, targets: Targets{Soft: &Soft{Dense: narrow.matrix(b.n, b.v)}}}
		want, wantRows, wantGrad := run(t, p, Options{})
		p.targets.Soft.Dense = view
		got, rows, grad := run(t, p, Options{})
		sameResult(t, "view", got, want)
		sameRows(t, rows, wantRows)
		sameFloats(t, "gradient", grad, wantGrad)
	}
	for name, s := range map[string]*Soft{"dense": {Dense: Float32(nil, 0, 37)}, "list": {K: 1, Index: []int32{}, Prob: []float32{}}, "neither": {}} {
		var total Total
		l := (problem{v: 37}).loss(Options{})
		if err := l.Forward(&total, Matrix{}, Targets{Soft: s}, nil); err != nil || total.Result().Count != 0 {
			t.Errorf("no rows, %s: %v", name, err)
		}
	}
}

// TestListsAreForgotten: what one call listed is nothing to the next, with the same
// Loss and its pooled scratch.
func TestListsAreForgotten(t *testing.T) {
	const n, d, v = 3, 2, 5
	l, err := New(v, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	h := Linear{Hidden: Float32([]float32{1, 2, -1, 0.5, 0, 1}, n, d), Classifier: Float32([]float32{1, 0, 0, 1, -1, 1, 2, -2, 0.5, 0.5}, v, d)}
	q := make([]float32, n*v)
	for i := range q {
		q[i] = 0.2
	}
	forward := func(s *Soft) Result {
		var total Total
		if err := l.LinearForward(&total, h, Targets{Soft: s}, nil); err != nil {
			t.Fatal(err)
		}
		return total.Result()
	}
	dense := &Soft{Dense: Float32(q, n, v)}
	want := forward(dense)
	forward(&Soft{K: 1, Index: []int32{0, 1, 2}, Prob: []float32{1e-5, 1e-5, 1}, Rest: RestUniform})
	sameResult(t, "after lists", forward(dense), want)
}

// TestNoDistributionHasNoRank: it is an error, not a panic.
func TestNoDistributionHasNoRank(t *testing.T) {
	l, _ := New(2, Options{})
	nan := float32(math.NaN())
	for _, q := range [][]float32{{nan, nan}, {-2, -3}} {
		err := l.Forward(nil, Float32([]float32{1, 2}, 1, 2), Targets{Soft: &Soft{Dense: Float32(q, 1, 2)}}, &Rows{Rank: make([]int32, 1)})
		var bad *ProbabilityError
		if !errors.As(err, &bad) || bad.Row != 0 {
			t.Errorf("q = %v: %v", q, err)
		}
	}
}
