package model

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xent"
	"xent/lm"
	"xent/tokenizer"
)

// testSpec is a small model with grouped queries and more rows than the byte
// tokenizer has tokens.
func testSpec(tied bool) lm.Spec {
	return lm.Spec{Vocab: 260, Context: 16, Width: 24, Layers: 2, Heads: 4, KVHeads: 2, HeadDim: 6, Hidden: 40, Tied: tied, RopeTheta: 10000, NormEps: 1e-5}
}

// testArena returns parameters that are large enough for predictions to differ.
func testArena(tied bool, seed uint64) *lm.Arena {
	a := lm.NewArena(testSpec(tied))
	a.Init(seed)
	for _, t := range a.Spec().Tensors() {
		if t.Role != lm.Scale {
			x := a.Tensor(t.Name).Data()
			for i := range x {
				x[i] *= 10
			}
		}
	}
	return a
}

// saved returns a new folder with the arena's model and the byte tokenizer.
func saved(t *testing.T, a *lm.Arena) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "small")
	if err := Save(dir, a, tokenizer.Bytes()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// losses scores two texts with every kind of row.
func losses(t *testing.T, m *Model) *xent.Rows {
	t.Helper()
	windows := [][]int32{{256, 'a', 'b', 'c', 259}, {256, 'x', 'y', 0, 255, 'z'}}
	rows := newRows(4 + 4)
	if err := m.Score(context.Background(), windows, []int{1, 2}, rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func newRows(n int) *xent.Rows {
	return &xent.Rows{NLL: make([]float64, n), LSE: make([]float64, n), Entropy: make([]float64, n), Argmax: make([]int32, n), Rank: make([]int32, n)}
}

func sameRows(a, b *xent.Rows) bool {
	return slices.Equal(a.NLL, b.NLL) && slices.Equal(a.LSE, b.LSE) && slices.Equal(a.Entropy, b.Entropy) && slices.Equal(a.Argmax, b.Argmax) && slices.Equal(a.Rank, b.Rank)
}

func inMemory(t *testing.T, a *lm.Arena) *Model {
	t.Helper()
	m, err := New("memory", a.Weights(), tokenizer.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRoundTrip(t *testing.T) {
	for _, tied := range []bool{true, false} {
		a := testArena(tied, 1)
		dir := saved(t, a)
		m, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if m.Spec() != a.Spec() || m.Name() != "small" || m.Tokenizer().Vocab() != 257 {
			t.Errorf("opened %+v %q with %d tokens", m.Spec(), m.Name(), m.Tokenizer().Vocab())
		}
		if id, ok := m.BOS(); id != 256 || !ok {
			t.Errorf("BOS %d %v", id, ok)
		}
		if !sameRows(losses(t, m), losses(t, inMemory(t, a))) {
			t.Error("the saved model predicts other bits")
		}
		before, err := os.ReadFile(filepath.Join(dir, weightsFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteWeights(dir, a, tokenizer.Bytes(), nil); err != nil {
			t.Fatal(err)
		}
		if after, _ := os.ReadFile(filepath.Join(dir, weightsFile)); !bytes.Equal(before, after) {
			t.Error("saving the same weights again gives other bytes")
		}
		if err := WriteWeights(dir, testArena(tied, 2), tokenizer.Bytes(), map[string]string{"step": "7"}); err != nil {
			t.Fatal(err)
		}
		other, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if sameRows(losses(t, m), losses(t, other)) {
			t.Error("new weights predict the same")
		}
	}
}

func TestCreate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	own := func(d string) error { return os.WriteFile(filepath.Join(d, "xent.json"), []byte("{}"), 0o666) }
	if err := Create(dir, testSpec(true), tokenizer.Bytes(), own); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "xent.json")); err != nil {
		t.Error(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "model.safetensors") {
		t.Errorf("a folder without weights: %v", err)
	}
	if err := Create(dir, testSpec(true), tokenizer.Bytes(), nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an existing folder: %v", err)
	}
	small := testSpec(true)
	small.Vocab = 100
	other := filepath.Join(t.TempDir(), "other")
	if err := Create(other, small, tokenizer.Bytes(), nil); err == nil || !strings.Contains(err.Error(), "257 tokens") {
		t.Errorf("a tokenizer that is too large: %v", err)
	}
	if err := Create(other, lm.Spec{Vocab: 300}, tokenizer.Bytes(), nil); err == nil {
		t.Error("an invalid shape was accepted")
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("a failed Create left a folder")
	}
}
