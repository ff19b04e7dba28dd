package lm

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"xent"
)

// The spec, the weights and the batch of testdata/reference.py.

func referenceSpec(tied bool) Spec {
	return Spec{Vocab: 61, Context: 16, Width: 24, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 6, Hidden: 40, Tied: tied, RopeTheta: 10000, NormEps: 1e-5}
}

// noise returns n numbers in [−½, ½), the script's formula.
func noise(tensor, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		h := uint32(i+1000003*(tensor+1)) * 2654435761
		h = (h ^ h>>15) * 2246822519
		h = (h ^ h>>13) >> 8
		x[i] = float64(h)/(1<<24) - 0.5
	}
	return x
}

func referenceArena(s Spec) *Arena {
	a := NewArena(s)
	for i, t := range s.Tensors() {
		for j, v := range noise(i, t.Rows*t.Cols) {
			if t.Role == Scale {
				v++
			}
			a.Data()[t.Offset+j] = float32(v)
		}
	}
	return a
}

func referenceBatch(vocab int) Batch {
	const n = 25
	b := Batch{Tokens: make([]int32, n), Targets: make([]int32, n), Ends: []int{7, 8, 20, 25}}
	tokens, targets, ignored := noise(100, n), noise(101, n), noise(102, n)
	for i := range n {
		b.Tokens[i] = int32((tokens[i] + 0.5) * float64(vocab))
		b.Targets[i] = int32((targets[i] + 0.5) * float64(vocab))
		if ignored[i] < -0.25 {
			b.Targets[i] = xent.Ignore
		}
	}
	return b
}

// newRunner returns a runner, failing the test on an error.
func newRunner(t testing.TB, w *Weights, maxTokens, workers int) *Runner {
	t.Helper()
	r, err := NewRunner(w, maxTokens, workers)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// gradient returns loss and folded gradients of one batch.
func gradient(t testing.TB, r *Runner, b Batch, scale float64) (*xent.Total, *Gradients) {
	t.Helper()
	g, total := NewGradients(r.w.Spec), new(xent.Total)
	if err := r.Gradient(total, b, scale, g); err != nil {
		t.Fatal(err)
	}
	g.Fold(1)
	return total, g
}

// TestReference compares the loss and every gradient with PyTorch's in float64
// (torch 1.13, testdata/reference.py).
func TestReference(t *testing.T) {
	for _, tied := range []bool{true, false} {
		name := map[bool]string{true: "tied", false: "untied"}[tied]
		golden, err := os.ReadFile(filepath.Join("testdata", name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		want := math.Float64frombits(binary.LittleEndian.Uint64(golden))
		golden = golden[8:]
		s := referenceSpec(tied)
		r := newRunner(t, referenceArena(s).Weights(), 25, 2)
		b := referenceBatch(s.Vocab)
		total, g := gradient(t, r, b, 1)
		if got := total.Result().Sum; !(math.Abs(got-want) <= 1e-6*want) {
			t.Errorf("%s: loss %v, want %v", name, got, want)
		}
		if len(golden) != 4*s.Parameters() {
			t.Fatalf("%s: %d bytes of gradients for %d parameters", name, len(golden), s.Parameters())
		}
		for _, ts := range s.Tensors() {
			top, worst := 0.0, 0.0
			for i := range ts.Rows * ts.Cols {
				at := ts.Offset + i
				w := float64(math.Float32frombits(binary.LittleEndian.Uint32(golden[4*at:])))
				top = max(top, math.Abs(w))
				worst = max(worst, math.Abs(float64(g.Data()[at])-w))
			}
			if !(worst <= 1e-5*top) {
				t.Errorf("%s: gradient of %s is off by %.2g of its largest element %.3g", name, ts.Name, worst/top, top)
			}
		}
	}
}
