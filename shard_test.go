package xent

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// manyOptions are losses with everything that a row can be asked for.
func manyOptions(classWeights []float32) map[string]Options {
	return map[string]Options{
		"plain":     {},
		"weights":   {ClassWeights: classWeights},
		"smoothing": {LabelSmoothing: 0.1},
		"all":       {ClassWeights: classWeights, LabelSmoothing: 0.2, ZLoss: 1e-3, SoftCap: 20, Temperature: 1.3},
	}
}

// manyTargets are targets of every kind for a problem's rows.
func manyTargets(r *rand.Rand, p problem) map[string]Targets {
	dense, k := make([]float32, p.n*p.v), min(3, p.v)
	var index []int32
	var prob []float32
	for i := range p.n {
		row, sum := dense[i*p.v:(i+1)*p.v], float32(0)
		for c := range row {
			if r.IntN(3) > 0 {
				row[c] = r.Float32()
				sum += row[c]
			}
		}
		row[0] += 1e-3
		for c := range row {
			row[c] /= sum + 1e-3
		}
		for _, c := range r.Perm(p.v)[:k] {
			index, prob = append(index, int32(c)), append(prob, r.Float32()/float32(k))
		}
		if i%7 == 3 {
			for j := range k {
				index[i*k+j] = Ignore
			}
		}
	}
	w := p.targets.RowWeights
	return map[string]Targets{
		"index":       p.targets,
		"dense":       {Soft: &Soft{Dense: Float32(dense, p.n, p.v)}, RowWeights: w},
		"uniform":     {Soft: &Soft{K: k, Index: index, Prob: prob, Rest: RestUniform}, RowWeights: w},
		"renormalise": {Soft: &Soft{K: k, Index: index, Prob: prob, Rest: RestRenormalise}, RowWeights: w},
	}
}

// cutTargets are those of the columns [lo, hi).
func cutTargets(y Targets, lo, hi int) Targets {
	if y.Soft != nil && y.Soft.dense() {
		y.Soft = &Soft{Dense: y.Soft.Dense.Columns(lo, hi)}
	}
	return y
}

// TestShards: however the classes are cut and the parts merged, loss and gradient
// are the whole's to 1e-6.
func TestShards(t *testing.T) {
	for _, v := range []int{1, 2, 40, 3001} {
		r := rand.New(rand.NewPCG(uint64(v), 11))
		p := makeProblem(r, 24, v, true, true, kinds)
		for kind, y := range manyTargets(r, p) {
			for name, o := range manyOptions(p.classW) {
				t.Run(fmt.Sprintf("v=%d/%s/%s", v, kind, name), func(t *testing.T) {
					l, err := New(v, o)
					if err != nil {
						t.Fatal(err)
					}
					testShards(t, r, l, p, y)
				})
			}
		}
	}
}

func testShards(t *testing.T, r *rand.Rand, l *Loss, p problem, y Targets) {
	var want Total
	rows, grad := newRows(p.n), make([]float32, p.n*p.v)
	if err := l.Gradient(&want, p.matrix(), y, rows, 0.5, Float32(grad, p.n, p.v)); err != nil {
		var bad *ProbabilityError
		if errors.As(err, &bad) { // a list with nothing else unmasked
			return
		}
		t.Fatal(err)
	}
	cuts := []int{0, p.v}
	for range r.IntN(4) {
		if p.v > 1 {
			cuts = append(cuts, 1+r.IntN(p.v-1))
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	stats := make([]Stats, len(cuts)-1)
	for i := range stats {
		s, _ := l.Shard(cuts[i], cuts[i+1])
		if err := s.Stats(&stats[i], p.matrix().Columns(cuts[i], cuts[i+1]), cutTargets(y, cuts[i], cuts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	merged := mergeInAnyOrder(t, r, stats)
	var got Total
	gotRows := newRows(p.n)
	gotRows.Rank = nil
	if err := l.Finish(&got, &merged, cutTargets(y, 0, 1), gotRows); err != nil {
		t.Fatal(err)
	}
	closeResults(t, got.Result(), want.Result())
	for i := range p.n {
		if !within(gotRows.NLL[i], rows.NLL[i], 1e-6) || !within(gotRows.LSE[i], rows.LSE[i], 1e-6) || gotRows.Argmax[i] != rows.Argmax[i] {
			t.Fatalf("row %d: %v %v %v, want %v %v %v", i, gotRows.NLL[i], gotRows.LSE[i], gotRows.Argmax[i], rows.NLL[i], rows.LSE[i], rows.Argmax[i])
		}
	}
	parts := make([]float32, p.n*p.v)
	for i := range stats {
		lo, hi := cuts[i], cuts[i+1]
		s, _ := l.Shard(lo, hi)
		if err := s.Gradient(&merged, p.matrix().Columns(lo, hi), cutTargets(y, lo, hi), 0.5, Float32(parts, p.n, p.v).Columns(lo, hi)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range p.n {
		norm := 0.5 * y.weight(i) // p − t is as exact as p is, not as small as it is
		for _, g := range grad[i*p.v : (i+1)*p.v] {
			norm = max(norm, math.Abs(float64(g)))
		}
		for c, g := range parts[i*p.v : (i+1)*p.v] {
			if w := float64(grad[i*p.v+c]); !alike(float64(g), w) && !(math.Abs(float64(g)-w) <= 1e-6*(norm+1e-30)) {
				t.Fatalf("row %d class %d: gradient %v, want %v", i, c, g, w)
			}
		}
	}
}

// mergeInAnyOrder merges by way of the binary form, and checks that both orders of
// each merge give the same bytes.
func mergeInAnyOrder(t *testing.T, r *rand.Rand, stats []Stats) Stats {
	var left []Stats
	for i := range stats {
		b, _ := stats[i].MarshalBinary()
		var s Stats
		if err := s.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		left = append(left, s)
	}
	clone := func(s Stats) Stats { s.rows = slices.Clone(s.rows); return s }
	for len(left) > 1 {
		r.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
		a, b := clone(left[0]), clone(left[1])
		if a.Merge(&left[1]) != nil || b.Merge(&left[0]) != nil {
			t.Fatal("two shards do not merge")
		}
		x, _ := a.MarshalBinary()
		y, _ := b.MarshalBinary()
		if !slices.Equal(x, y) {
			t.Fatal("the order of a merge makes a difference")
		}
		left = append(left[2:], a)
	}
	return left[0]
}

func within(got, want, tol float64) bool {
	return alike(got, want) || math.Abs(got-want) <= tol*(1+math.Abs(want))
}

func closeResults(t *testing.T, got, want Result) {
	t.Helper()
	for name, p := range map[string][2]float64{
		"Sum": {got.Sum, want.Sum}, "NLL": {got.NLL, want.NLL}, "Smoothing": {got.Smoothing, want.Smoothing}, "ZLoss": {got.ZLoss, want.ZLoss},
		"Weight": {got.Weight, want.Weight}, "RowWeight": {got.RowWeight, want.RowWeight}, "Entropy": {got.Entropy, want.Entropy},
	} {
		if !within(p[0], p[1], 1e-6) {
			t.Errorf("%s = %v, want %v", name, p[0], p[1])
		}
	}
	if got.Count != want.Count || got.Correct != want.Correct || got.NonFinite != want.NonFinite || got.FirstNonFinite != want.FirstNonFinite {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

// TestShardMasked: a shard with every class masked changes nothing.
func TestShardMasked(t *testing.T) {
	l, _ := New(6, Options{LabelSmoothing: 0.1})
	z := []float32{1, 2, 3, negInf, negInf, negInf}
	y := Targets{Index: []int32{1}}
	a, _ := l.Shard(0, 3)
	b, _ := l.Shard(3, 6)
	var x, m Stats
	if a.Stats(&x, Float32(z, 1, 6).Columns(0, 3), y) != nil || b.Stats(&m, Float32(z, 1, 6).Columns(3, 6), y) != nil {
		t.Fatal("unexpected error")
	}
	before := x.rows[0]
	if err := x.Merge(&m); err != nil || x.rows[0] != before {
		t.Errorf("%v: %+v became %+v", err, before, x.rows[0])
	}
}

func TestShardErrors(t *testing.T) {
	l, _ := New(6, Options{})
	other, _ := New(6, Options{SoftCap: 2})
	y := Targets{Index: []int32{1, 5}}
	z := Float32(make([]float32, 12), 2, 6)
	s, _ := l.Shard(0, 4)
	rest, _ := l.Shard(4, 6)
	var st, st2 Stats
	if s.Stats(&st, z.Columns(0, 4), y) != nil || rest.Stats(&st2, z.Columns(4, 6), y) != nil {
		t.Fatal("unexpected error")
	}
	for name, err := range map[string]error{
		"no classes":      second(l.Shard(2, 2)),
		"beyond V":        second(l.Shard(3, 7)),
		"width":           s.Stats(new(Stats), z, y),
		"target":          s.Stats(new(Stats), z.Columns(0, 4), Targets{Index: []int32{1, 6}}),
		"a part only":     l.Finish(nil, &st, y, nil),
		"gradient, part":  s.Gradient(&st, z.Columns(0, 4), y, 1, z.Columns(0, 4)),
		"twice the same":  mergedOf(&st, &st2).Merge(&st),
		"itself":          st.Merge(&Stats{6, 1, st.form, []span{{2, 3}}, st.rows}),
		"rows":            st.Merge(&Stats{v: 6, t: 1, form: st.form}),
		"rank":            l.Finish(nil, mergedOf(&st, &st2), y, &Rows{Rank: make([]int32, 2)}),
		"other options":   other.Finish(nil, mergedOf(&st, &st2), y, nil),
		"number of rows":  l.Finish(nil, mergedOf(&st, &st2), Targets{Index: []int32{1}}, nil),
		"overlapping out": s.Gradient(mergedOf(&st, &st2), z.Columns(0, 4), y, 1, z.Columns(1, 5)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := l.Finish(nil, mergedOf(&st, &st2), y, nil); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func mergedOf(a, b *Stats) *Stats {
	m := Stats{a.v, a.t, a.form, a.seen, slices.Clone(a.rows)}
	if m.Merge(b) != nil {
		panic("do not merge")
	}
	return &m
}
