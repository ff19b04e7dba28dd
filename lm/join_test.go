package lm

import (
	"slices"
	"testing"

	"xent/internal/tensor"
)

// TestJoined: matrices are one where they lie so, and nowhere else.
func TestJoined(t *testing.T) {
	a, b, c := Memory(nil).sideBySide(5, 3, 2, 4)
	a, b, c = a.Slice(0, 4), b.Slice(0, 4), c.Slice(0, 4)
	m, ok := beside([]tensor.Matrix{a, b, c})
	if !ok || m.Rows != 4 || m.Cols != 9 || &m.Row(3)[3] != &b.Row(3)[0] || &m.Row(3)[8] != &c.Row(3)[3] {
		t.Errorf("side by side: %v, %d×%d", ok, m.Rows, m.Cols)
	}
	for name, all := range map[string][]tensor.Matrix{
		"order": {a, c, b}, "a gap": {a, c}, "rows": {a, b.Slice(0, 3)}, "elsewhere": {a, Memory(nil).matrix(4, 2)}, "the next row": {c, a.Slice(1, 4)},
	} {
		if _, ok := beside(all); ok {
			t.Errorf("beside: %s: joined", name)
		}
	}
	x := make([]float32, 40)
	p, q, r := tensor.Float32(x, 2, 4), tensor.Float32(x[8:], 3, 4), tensor.Float32(x[20:], 1, 4)
	m, ok = below([]tensor.Matrix{p, q, r})
	if !ok || m.Rows != 6 || m.Cols != 4 || &m.Row(5)[3] != &x[23] {
		t.Errorf("one below the other: %v, %d×%d", ok, m.Rows, m.Cols)
	}
	half := tensor.Half(tensor.BF16, make([]uint16, 8), 2, 4)
	for name, all := range map[string][]tensor.Matrix{
		"order": {q, p}, "a gap": {p, r}, "columns": {p, tensor.Float32(x[8:], 3, 5)}, "types": {half, half}, "elsewhere": {p, Memory(nil).matrix(2, 4)},
		"a limit": {tensor.Float32(x[:8:8], 2, 4), q},
	} {
		if _, ok := below(all); ok {
			t.Errorf("below: %s: joined", name)
		}
	}
}

// TestJoinedBits: weights that lie apart give the bits of an Arena's.
func TestJoinedBits(t *testing.T) {
	s := longSpec(true)
	a := referenceArena(s)
	apart, err := NewWeights(s, func(name string) (tensor.Matrix, bool) {
		m := a.Tensor(name)
		return tensor.Float32(slices.Clone(m.Data()[:m.Rows*m.Cols]), m.Rows, m.Cols), true
	})
	if err != nil {
		t.Fatal(err)
	}
	if l := &apart.Layers[0]; func() bool { _, ok := below([]tensor.Matrix{l.Query, l.Key, l.Value}); return ok }() {
		t.Fatal("clones lie together")
	}
	if l := &a.Weights().Layers[0]; func() bool { _, ok := below([]tensor.Matrix{l.Query, l.Key, l.Value}); return !ok }() {
		t.Fatal("an Arena's weights lie apart")
	}
	b := testBatch(s.Vocab, 70, 3, 17)
	want, wantGrad := gradient(t, newRunner(t, a.Weights(), 90, 2), b, 1)
	got, gotGrad := gradient(t, newRunner(t, apart, 90, 2), b, 1)
	if got.Result() != want.Result() || !equalBits(gotGrad.Data(), wantGrad.Data()) {
		t.Error("weights that lie apart give other bits")
	}
}
