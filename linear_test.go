package xent

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"xent/internal/gemm"
	"xent/internal/tensor"
)

// A linearProblem is hidden × classifier with what the linear passes need.
type linearProblem struct {
	n, d, v            int
	hidden, classifier []float32
	bias               []float32
	targets            Targets
	classW             []float32
}

func makeLinear(r *rand.Rand, n, d, v int, bias, scattered bool) linearProblem {
	p := linearProblem{n: n, d: d, v: v, hidden: random(r, n*d), classifier: random(r, v*d)}
	if bias {
		p.bias = random(r, v)
		p.classW = make([]float32, v)
		for c := range p.classW {
			p.classW[c] = r.Float32()
		}
	}
	p.targets.Index = make([]int32, n)
	p.targets.RowWeights = make([]float32, n)
	for i := range n {
		p.targets.Index[i] = int32(r.IntN(v))
		p.targets.RowWeights[i] = 0.5 + r.Float32()
		skip := scattered && r.IntN(3) == 0 || !scattered && i < n/4
		switch {
		case skip && i%2 == 0:
			p.targets.Index[i] = Ignore
		case skip:
			p.targets.RowWeights[i] = 0
		}
		if skip && d > 0 { // must not be read
			p.hidden[i*d] = float32(math.NaN())
		}
	}
	if bias { // a masked class, which may be a target
		p.bias[v/2] = negInf
		if d > 0 && scattered { // and a NaN row, which makes the classifier's gradient NaN
			p.hidden[n/2*d] = float32(math.NaN())
		}
	}
	return p
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

type linearOutcome struct {
	result                      Result
	rows                        *Rows
	dHidden, dClassifier, dBias []float32
}

func (p linearProblem) start() linearOutcome {
	r := rand.New(rand.NewPCG(9, 9))
	o := linearOutcome{rows: newRows(p.n), dHidden: random(r, p.n*p.d), dClassifier: random(r, p.v*p.d)}
	if p.bias != nil {
		o.dBias = random(r, p.v)
	}
	return o
}

const linearScale = 0.21

// reference is product → loss → products, with whole matrices.
func (p linearProblem) reference(t *testing.T) linearOutcome {
	t.Helper()
	o, l := p.start(), problem{v: p.v, classW: p.classW}.loss(Options{Workers: 1})
	h, c := tensor.Float32(slices.Clone(p.hidden), p.n, p.d), tensor.Float32(p.classifier, p.v, p.d)
	for i := range p.n { // 0·NaN, which the linear passes never meet
		if p.targets.weight(i) == 0 {
			clear(h.Row(i))
		}
	}
	z := tensor.Float32(make([]float32, p.n*p.v), p.n, p.v)
	for i := range p.n {
		copy(z.Row(i), p.bias)
	}
	gemm.MulAdd(1, z, h, c.T())
	var total Total
	if err := l.Gradient(&total, FromTensor(z), p.targets, o.rows, linearScale, FromTensor(z)); err != nil {
		t.Fatal(err)
	}
	gemm.Mul(1, tensor.Float32(o.dHidden, p.n, p.d), z, c)
	gemm.MulAdd(1, tensor.Float32(o.dClassifier, p.v, p.d), z.T(), h)
	for i := range p.n {
		for c := range o.dBias {
			o.dBias[c] += z.Row(i)[c]
		}
	}
	o.result = total.Result()
	return o
}

func (p linearProblem) args(lo, hi int) (Linear, Targets) {
	return Linear{Float32(p.hidden[lo*p.d:], hi-lo, p.d), Float32(p.classifier, p.v, p.d), p.bias}, Targets{Index: p.targets.Index[lo:hi], RowWeights: p.targets.RowWeights[lo:hi]}
}

// fused runs the linear gradient in the given number of micro-batches.
func (p linearProblem) fused(t *testing.T, o Options, cuts int) linearOutcome {
	t.Helper()
	out, l := p.start(), problem{v: p.v, classW: p.classW}.loss(o)
	var total Total
	for k := range cuts {
		lo, hi := p.n*k/cuts, p.n*(k+1)/cuts
		h, y := p.args(lo, hi)
		rows := &Rows{out.rows.NLL[lo:hi], out.rows.LSE[lo:hi], out.rows.Entropy[lo:hi], out.rows.Argmax[lo:hi], out.rows.Rank[lo:hi]}
		g := LinearGrad{Float32(out.dHidden[lo*p.d:], hi-lo, p.d), Float32(out.dClassifier, p.v, p.d), out.dBias}
		if err := l.LinearGradient(&total, h, y, rows, linearScale, g); err != nil {
			t.Fatal(err)
		}
	}
	out.result = total.Result()
	return out
}

func sameOutcome(t *testing.T, name string, got, want linearOutcome) {
	t.Helper()
	sameResult(t, name, got.result, want.result)
	sameRows(t, got.rows, want.rows)
	sameFloats(t, name+" dHidden", got.dHidden, want.dHidden)
	sameFloats(t, name+" dClassifier", got.dClassifier, want.dClassifier)
	sameFloats(t, name+" dBias", got.dBias, want.dBias)
}

// TestLinearEqualsProducts is the central promise: whatever the workspace, the
// goroutines and the micro-batches, the bits are those of product → loss →
// products on whole matrices.
func TestLinearEqualsProducts(t *testing.T) {
	for _, s := range [][3]int{{1, 1, 1}, {1, 0, 3}, {4, 0, 9}, {5, 3, 7}, {33, 17, 50}, {64, 24, 1024}, {41, 9, 2500}} {
		for _, bias := range []bool{false, true} {
			for _, scattered := range []bool{false, true} {
				t.Run(fmt.Sprintf("n=%d/d=%d/v=%d/bias=%v/scattered=%v", s[0], s[1], s[2], bias, scattered), func(t *testing.T) {
					p := makeLinear(rand.New(rand.NewPCG(uint64(s[0]), 3)), s[0], s[1], s[2], bias, scattered)
					want := p.reference(t)
					for _, workspace := range []int64{0, 1, 40000} {
						for _, workers := range []int{1, 2, 8} {
							for _, cuts := range []int{1, 2, 3, 7} {
								if cuts > p.n {
									continue
								}
								name := fmt.Sprintf("workspace=%d/workers=%d/cuts=%d", workspace, workers, cuts)
								got := p.fused(t, Options{Workspace: workspace, Workers: workers}, cuts)
								got.result.FirstNonFinite = want.result.FirstNonFinite
								sameOutcome(t, name, got, want)
							}
							p.checkForward(t, Options{Workspace: workspace, Workers: workers}, want)
						}
					}
				})
			}
		}
	}
}

// checkForward compares the pass without gradients, in tiles and, when ranks
// are asked for, in whole rows.
func (p linearProblem) checkForward(t *testing.T, o Options, want linearOutcome) {
	t.Helper()
	l := problem{v: p.v, classW: p.classW}.loss(o)
	h, y := p.args(0, p.n)
	for _, rank := range []bool{false, true} {
		var total Total
		rows := newRows(p.n)
		if !rank {
			rows.Rank = nil
		}
		if err := l.LinearForward(&total, h, y, rows); err != nil {
			t.Fatal(err)
		}
		if !rank {
			rows.Rank = slices.Clone(want.rows.Rank)
		}
		sameResult(t, "forward", total.Result(), want.result)
		sameRows(t, rows, want.rows)
	}
}

func TestLinearComputesOnlyWhatIsAsked(t *testing.T) {
	p := makeLinear(rand.New(rand.NewPCG(1, 3)), 20, 6, 30, true, true)
	want, l := p.reference(t), problem{v: p.v, classW: p.classW}.loss(Options{})
	h, y := p.args(0, p.n)
	for mask := range 8 {
		out := p.start()
		var g LinearGrad
		if mask&1 != 0 {
			g.Hidden = Float32(out.dHidden, p.n, p.d)
		}
		if mask&2 != 0 {
			g.Classifier = Float32(out.dClassifier, p.v, p.d)
		}
		if mask&4 != 0 {
			g.Bias = out.dBias
		}
		var total Total
		if err := l.LinearGradient(&total, h, y, nil, linearScale, g); err != nil {
			t.Fatal(err)
		}
		fresh := p.start()
		for k, f := range [][3][]float32{{out.dHidden, want.dHidden, fresh.dHidden}, {out.dClassifier, want.dClassifier, fresh.dClassifier}, {out.dBias, want.dBias, fresh.dBias}} {
			expect := f[2]
			if mask>>k&1 != 0 {
				expect = f[1]
			}
			sameFloats(t, fmt.Sprintf("mask=%d gradient %d", mask, k), f[0], expect)
		}
	}
}

// TestLinearStrided: padded rows, and the halves of one buffer as hidden and
// its gradient.
func TestLinearStrided(t *testing.T) {
	p := makeLinear(rand.New(rand.NewPCG(3, 3)), 12, 5, 40, false, true)
	want := p.reference(t)
	wide, classes := make([]float32, p.n*2*p.d), make([]float32, p.v*(p.d+3))
	for i := range p.n {
		copy(wide[i*2*p.d:], p.hidden[i*p.d:(i+1)*p.d])
	}
	for c := range p.v {
		copy(classes[c*(p.d+3):], p.classifier[c*p.d:(c+1)*p.d])
	}
	h := Linear{strided(wide, p.n, p.d, 2*p.d), strided(classes, p.v, p.d, p.d+3), nil}
	out := p.start()
	g := LinearGrad{strided(wide[p.d:], p.n, p.d, 2*p.d), Float32(out.dClassifier, p.v, p.d), nil}
	var total Total
	if err := (problem{v: p.v}).loss(Options{}).LinearGradient(&total, h, p.targets, out.rows, linearScale, g); err != nil {
		t.Fatal(err)
	}
	for i := range p.n {
		copy(out.dHidden[i*p.d:(i+1)*p.d], wide[i*2*p.d+p.d:])
	}
	out.result = total.Result()
	sameOutcome(t, "strided", out, want)
}

// TestNothingCounts: a batch in which every row is ignored gives nothing, for
// the infinite scale that dividing by its weight gives too.
func TestNothingCounts(t *testing.T) {
	p := makeLinear(rand.New(rand.NewPCG(3, 4)), 6, 4, 9, true, false)
	for i := range p.targets.Index {
		p.targets.Index[i] = Ignore
	}
	l, out := (problem{v: p.v}).loss(Options{}), p.start()
	before := slices.Clone(out.dClassifier)
	h, y := p.args(0, p.n)
	weight, err := l.Weight(y)
	if err != nil || weight != 0 {
		t.Fatalf("weight %v %v", weight, err)
	}
	var total Total
	g := LinearGrad{Float32(out.dHidden, p.n, p.d), Float32(out.dClassifier, p.v, p.d), out.dBias}
	if err := l.LinearGradient(&total, h, y, nil, 1/weight, g); err != nil {
		t.Fatal(err)
	}
	sameFloats(t, "dHidden", out.dHidden, make([]float32, p.n*p.d))
	sameFloats(t, "dClassifier", out.dClassifier, before)
	if r := total.Result(); r.Count != 0 || r.Mean() == r.Mean() {
		t.Errorf("%+v", r)
	}
}

// TestWorkspaceIsKept: what a pass holds stays within the bytes given, but for
// the one row that it always may.
func TestWorkspaceIsKept(t *testing.T) {
	for _, workspace := range []int64{1 << 16, 1 << 20, 1 << 23} {
		for _, s := range [][2]int{{4096, 8192}, {16, 50000}, {512, 1024}, {3000, 10}} {
			d, v := s[0], s[1]
			l := problem{v: v}.loss(Options{Workspace: workspace})
			for _, whole := range []bool{false, true} {
				rows, classes := l.forwardTiles(1<<20, d, whole)
				if bytes := 4 * int64(rows) * int64(min(classes, v)+d); rows > 1 && bytes > workspace {
					t.Errorf("d=%d v=%d whole=%v: forward holds %d bytes of %d", d, v, whole, bytes, workspace)
				}
			}
			if rows := l.stripRows(1<<20, d); rows > 1 && 4*int64(rows)*int64(v+2*d) > workspace || rows == 1 && 16*int64(v+2*d) < workspace {
				t.Errorf("d=%d v=%d: a strip of %d rows in %d bytes", d, v, rows, workspace)
			}
		}
	}
}

// TestConcurrentUse shares one Loss, and changes GOMAXPROCS meanwhile.
func TestConcurrentUse(t *testing.T) {
	p := makeLinear(rand.New(rand.NewPCG(8, 8)), 40, 12, 2000, true, true)
	want := p.reference(t)
	l := problem{v: p.v, classW: p.classW}.loss(Options{})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 5 {
				out := p.start()
				h, y := p.args(0, p.n)
				g := LinearGrad{Float32(out.dHidden, p.n, p.d), Float32(out.dClassifier, p.v, p.d), out.dBias}
				var total Total
				if err := l.LinearGradient(&total, h, y, out.rows, linearScale, g); err != nil {
					t.Error(err)
					return
				}
				out.result = total.Result()
				sameOutcome(t, "concurrent", out, want)
			}
		})
	}
	for n := range 40 {
		runtime.GOMAXPROCS(1 + n%8)
		runtime.Gosched()
	}
	callers.Wait()
}
