package durable

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestSweep: dead writers' files and folders go, and nothing else, whatever it is
// called.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "model")
	keep := []string{
		"model", ".hidden", ".model", ".model.partial-", ".model.partial-1", ".model.partial-0000000000000.txt", ".model.partial-000000000000Z",
		"model.partial-0000000000000", "..model.partial-0000000000000", // of "model.", and not hidden
		filepath.Base(temporaryName("other")), filepath.Base(temporaryName("model.partial-0")), filepath.Base(temporaryName("odel")),
	}
	for _, name := range keep {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := os.WriteFile(temporaryName(model), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS == "windows" {
			continue
		}
		sub := filepath.Join(temporaryName(model), "sub")
		if err := os.MkdirAll(sub, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, "y"), []byte("y"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	link := temporaryName(model)
	if os.Symlink(filepath.Join(dir, "model"), link) == nil { // which no writer makes
		keep = append(keep, filepath.Base(link))
	}
	if err := Sweep(model + string(filepath.Separator)); err != nil {
		t.Fatal(err)
	}
	slices.Sort(keep)
	if got := names(t, dir); !slices.Equal(got, keep) {
		t.Errorf("left %v\nwant %v", got, keep)
	}
	if err := Sweep(filepath.Join(dir, "none", "model")); err != nil {
		t.Errorf("in a missing folder: %v", err)
	}
	if err := Sweep(filepath.Join(model, "x")); err == nil && runtime.GOOS != "windows" {
		t.Error("in a file: no error")
	}
}

// TestSweepHere: a bare name is one of the working folder.
func TestSweepHere(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile(temporaryName("a"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Sweep("a"); err != nil {
		t.Fatal(err)
	}
	if got := names(t, "."); len(got) > 0 {
		t.Errorf("left %v", got)
	}
	if err := WriteFile("a", func(w io.Writer) error { return Sweep("a") }); err != nil {
		t.Error(err)
	}
}

// TestSweepFails: what cannot be removed is named, the rest is removed.
func TestSweepFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for range 3 {
		if err := os.WriteFile(temporaryName(path), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	stuck := ""
	err := hooked(func(op Op) error {
		if stuck == "" {
			stuck = op.Path
			return syscall.EACCES
		}
		return nil
	}, func() error { return Sweep(path) })
	if !errors.Is(err, syscall.EACCES) || !strings.Contains(err.Error(), stuck) {
		t.Errorf("error %v, want one that names %s", err, stuck)
	}
	if got := names(t, dir); !slices.Equal(got, []string{filepath.Base(stuck)}) {
		t.Errorf("left %v", got)
	}
}

// TestSweepSparesTheLiving: a sweep in the midst of a writing, by this process or
// another, does no harm; once the writer is killed it clears up.
func TestSweepSparesTheLiving(t *testing.T) {
	if !canLock(t) {
		t.Skip("no locks here")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	sweep := func() {
		t.Helper()
		if err := Sweep(path); err != nil {
			t.Error(err)
		}
	}
	if err := WriteFile(path, func(w io.Writer) error { sweep(); _, err := w.Write([]byte("a")); return err }); err != nil {
		t.Error(err)
	}
	err := hooked(func(op Op) error { // down to the moment when the file is closed and not renamed
		if op.Kind == OpRename {
			sweep()
		}
		return nil
	}, func() error { return WriteFile(path, text("b")) })
	if err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "b" {
		t.Errorf("holds %q, %v", b, err)
	}
	for _, role := range []string{"write file", "write folder"} {
		if role == "write folder" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		if role == "write folder" && runtime.GOOS == "windows" {
			continue
		}
		lives, dies := start(t, role, path), start(t, role, path)
		sweep()
		if got := names(t, dir); len(got) < 2 || !isTemporary(got[0], "a") || !isTemporary(got[1], "a") {
			t.Errorf("%s: a sweep left only %v", role, got)
		}
		dies.kill()
		sweep()
		lives.finish(t)
		if got := names(t, dir); !slices.Equal(got, []string{"a"}) {
			t.Errorf("%s: the dead one's is not gone: %v", role, got)
		}
	}
}

// TestSweptWhileMade: who is taken for dead between making a temporary and
// locking it learns of it.
func TestSweptWhileMade(t *testing.T) {
	if !canLock(t) {
		t.Skip("no locks here")
	}
	path := filepath.Join(t.TempDir(), "a")
	made := func(folder bool) string {
		name := temporaryName(path)
		var err error
		if folder {
			err = os.Mkdir(name, 0o777)
		} else {
			err = os.WriteFile(name, nil, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, folder := range []bool{false, true} {
		if folder && runtime.GOOS == "windows" {
			continue
		}
		name := made(folder)
		if err := Sweep(path); err != nil {
			t.Fatal(err)
		}
		if _, swept := hold(name, folder); !swept {
			t.Errorf("folder %v: it was swept and can be held", folder)
		}
		name = made(folder)
		sweeper, swept := hold(name, folder) // which has it locked and is about to remove it
		if swept || sweeper == nil {
			t.Fatalf("folder %v: a lock %v, swept %v", folder, sweeper, swept)
		}
		if _, swept := hold(name, folder); !swept {
			t.Errorf("folder %v: it is being swept and can be held", folder)
		}
		unlockFile(sweeper)
	}
}

// TestWriteWhileSweeping has writers and sweepers at the same path at once.
func TestWriteWhileSweeping(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	done := make(chan struct{})
	var writers, sweepers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for j := range 10 {
				s := fmt.Sprint(i, j)
				if err := WriteFile(path, text(s)); err != nil {
					t.Error(err)
				}
				if err := WriteFolder(path+s, func(d string) error { return WriteFile(filepath.Join(d, "b"), text(s)) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 2 {
		sweepers.Go(func() {
			for j := 0; ; j++ {
				select {
				case <-done:
					return
				default:
				}
				for _, p := range []string{path, fmt.Sprint(path, j%4, j/4%10), filepath.Join(fmt.Sprint(path, i, j%10), "b")} {
					if err := Sweep(p); err != nil && !isOpen(err) { // as a folder is while Windows renames it
						t.Error(err)
					}
				}
			}
		})
	}
	writers.Wait()
	close(done)
	sweepers.Wait()
	if got := names(t, dir); len(got) != 1+4*10 || strings.Contains(strings.Join(got, " "), mark) {
		t.Errorf("the folder holds %v", got)
	}
}
