package model

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"xent/internal/durable"
	"xent/lm"
	"xent/tokenizer"
)

// tiny returns the parameters of as small a model as there is for bytes.
func tiny(seed uint64) *lm.Arena {
	a := lm.NewArena(lm.Spec{Vocab: 257, Context: 8, Width: 4, Layers: 1, Heads: 1, KVHeads: 1, HeadDim: 4, Hidden: 4, Tied: true, RopeTheta: 10000, NormEps: 1e-5})
	a.Init(seed)
	for _, p := range a.Spec().Tensors() {
		if x := a.Tensor(p.Name).Data(); p.Role == lm.Scale { // which Init makes ones
			for i := range x {
				x[i] = float32(seed)
			}
		}
	}
	return a
}

// holds reports whether a model's weights are those of a, to the bit.
func holds(m *Model, a *lm.Arena) bool { return reflect.DeepEqual(m.Weights(), a.Weights()) }

// TestOpenWhileSaving opens a folder a thousand times while two models take turns
// in it: every time it is one of the two.
func TestOpenWhileSaving(t *testing.T) {
	models := []*lm.Arena{tiny(1), tiny(2)}
	dir := saved(t, models[0])
	var saves atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := WriteWeights(dir, models[i%2], tokenizer.Bytes(), nil); err != nil {
				t.Error(err)
				return
			}
			saves.Add(1)
		}
	}()
	var seen [2]int
	for i := 0; i < 1000 || saves.Load() < 20 && !t.Failed(); i++ { // for the disk may be slow
		m, err := Open(dir)
		if err != nil {
			t.Errorf("opened %d times, saved %d: %v", i, saves.Load(), err)
			break
		}
		which := slices.IndexFunc(models, func(a *lm.Arena) bool { return holds(m, a) })
		if which < 0 {
			t.Errorf("opened %d times, saved %d: it is neither model", i, saves.Load())
			break
		}
		seen[which]++
	}
	close(stop)
	<-done
	if seen[0] == 0 || seen[1] == 0 {
		t.Errorf("the models were seen %v times in %d saves", seen, saves.Load())
	}
}

// TestOpenWhileCreating has readers wait for a model that is being made: it is not
// there, or it is there as a whole.
func TestOpenWhileCreating(t *testing.T) {
	a := tiny(1)
	for range 10 {
		dir := filepath.Join(t.TempDir(), "m")
		var readers sync.WaitGroup
		for range 2 {
			readers.Go(func() {
				for !t.Failed() {
					m, err := Open(dir)
					if err == nil {
						if !holds(m, a) {
							t.Error("the model is another")
						}
						return
					}
					if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), configFile) {
						t.Errorf("neither absent nor whole: %v", err)
						return
					}
				}
			})
		}
		if err := Save(dir, a, tokenizer.Bytes()); err != nil {
			t.Error(err)
		}
		readers.Wait()
	}
}

// failAt calls save with a disk that is full at operation n and tells whether
// there was such an operation.
func failAt(n int, save func() error) (failed bool, err error) {
	durable.TestHook = func(op durable.Op) error {
		if n--; n == -1 {
			failed = true
			return syscall.ENOSPC
		}
		return nil
	}
	defer func() { durable.TestHook = nil }()
	err = save()
	return failed, err
}

// TestFullDisk: a disk that is full at any operation leaves no part of a new
// model, and an old one as it was, until the new one is in its place.
func TestFullDisk(t *testing.T) {
	before, after := tiny(1), tiny(2)
	old := saved(t, before)
	for name, c := range map[string]struct {
		save func(dir string) error
		min  int // operations at least, without those that Windows lacks: none goes past the hook
	}{
		"Save":         {func(dir string) error { return Save(dir, after, tokenizer.Bytes()) }, 4*5 + 6},
		"WriteWeights": {func(dir string) error { return WriteWeights(dir, after, tokenizer.Bytes(), nil) }, 5},
	} {
		n := 0
		for ; ; n++ {
			parent := t.TempDir()
			dir := filepath.Join(parent, "m")
			if name == "WriteWeights" {
				if err := os.CopyFS(dir, os.DirFS(old)); err != nil {
					t.Fatal(err)
				}
			}
			failed, err := failAt(n, func() error { return c.save(dir) })
			if !failed {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir) || strings.ContainsAny(strings.ReplaceAll(err.Error(), dir, ""), "\n") || strings.Contains(err.Error(), ".partial-") {
				t.Errorf("%s, full at %d: error %v", name, n, err)
			}
			if hidden, _ := filepath.Glob(filepath.Join(parent, ".*")); len(hidden) > 0 {
				t.Errorf("%s, full at %d: %v stays", name, n, hidden)
			}
			m, err := Open(dir)
			switch {
			case err == nil && holds(m, after): // all but the durability of its rename
			case name == "Save" && errors.Is(err, fs.ErrNotExist):
			case name == "WriteWeights" && err == nil && holds(m, before):
			default:
				t.Errorf("%s, full at %d: %v is left (%v)", name, n, fileNames(t, parent), err)
			}
		}
		if n < c.min {
			t.Errorf("%s: %d operations can fail, want %d at least", name, n, c.min)
		}
	}
}

// fileNames lists all that is in a folder.
func fileNames(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, _ fs.DirEntry, err error) error {
		list = append(list, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestSaveSyncsAll: each file of a model is written durably, by its own name.
func TestSaveSyncsAll(t *testing.T) {
	written := map[string]bool{}
	durable.TestHook = func(op durable.Op) error {
		if op.Kind == durable.OpRename {
			written[filepath.Base(op.To)] = true
		}
		return nil
	}
	defer func() { durable.TestHook = nil }()
	dir := saved(t, tiny(1))
	for _, name := range fileNames(t, dir)[1:] {
		if !written[name] {
			t.Error(fmt.Sprint(name, " is written past the hook"))
		}
	}
}
