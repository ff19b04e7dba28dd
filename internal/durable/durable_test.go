package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// names lists what dir holds.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, want := range []string{"first", "the second, longer", ""} {
		if err := WriteFile(path, text(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadFile(path); err != nil || string(got) != want {
			t.Errorf("holds %q (%v), want %q", got, err, want)
		}
	}
	if _, err := ReadFile(path + "b"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("of a missing file: %v", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the folder holds %v", got)
	}
}

func TestFailedFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := WriteFile(path, text("old")); err != nil {
		t.Fatal(err)
	}
	fail := errors.New("no ink")
	err := WriteFile(path, func(w io.Writer) error {
		io.WriteString(w, "half")
		return fail
	})
	if !errors.Is(err, fail) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want the cause and the path", err)
	}
	func() {
		defer func() { recover() }()
		WriteFile(path, func(io.Writer) error { panic("bug") })
	}()
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("holds %q after a failure, want the old content", got)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the folder holds %v", got)
	}
	if err := WriteFile(filepath.Join(dir, "none", "a"), text("x")); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), mark) {
		t.Errorf("in a missing folder: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "d"), text("x")); err == nil || strings.Contains(err.Error(), mark) {
		t.Errorf("over a folder: %v", err)
	}
}

func TestWriteFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model")
	fill := func(d string) error {
		if _, err := os.Lstat(path); err == nil {
			t.Error("the folder is there before it is full")
		}
		if err := os.MkdirAll(filepath.Join(d, "state"), 0o777); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(d, "state", "x"), []byte("x"), 0o666)
	}
	if err := WriteFolder(path+string(filepath.Separator), fill); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(path, "state", "x")); err != nil || string(got) != "x" {
		t.Errorf("holds %q (%v)", got, err)
	}
	if err := WriteFolder(path, fill); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an existing folder: %v", err)
	}
	fail := errors.New("no ink")
	other := filepath.Join(dir, "other")
	if err := WriteFolder(other, func(string) error { return fail }); !errors.Is(err, fail) || !strings.Contains(err.Error(), other) {
		t.Errorf("error %v, want the cause and the path", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"model"}) {
		t.Errorf("the folder holds %v", got)
	}
}

// TestErrorsNameTheFinalPath: whatever fails below a temporary name, at any
// depth, the message speaks of the place that the caller knows.
func TestErrorsNameTheFinalPath(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m")
	full := errors.New("no space left")
	for name, c := range map[string]struct {
		fill func(string) error
		is   error
		want string // behind "creating PATH: ", with PATH for path
	}{
		"file": {func(d string) error {
			return WriteFile(filepath.Join(d, "checkpoint"), func(io.Writer) error { return full })
		},
			full, "writing PATH/checkpoint: no space left"},
		"no folder for the file": {func(d string) error { return WriteFile(filepath.Join(d, "none", "a"), text("x")) },
			fs.ErrNotExist, "writing PATH/none/a: no such file or directory"},
		"plain file": {func(d string) error { return os.WriteFile(filepath.Join(d, "none", "a"), nil, 0o666) },
			fs.ErrNotExist, "open PATH/none/a: no such file or directory"},
		"wrapped": {func(d string) error {
			_, err := os.Open(filepath.Join(d, "a"))
			return fmt.Errorf("copying: %w", err)
		}, fs.ErrNotExist, "copying: open PATH/a: no such file or directory"},
		"folder": {func(d string) error {
			return WriteFolder(filepath.Join(d, "sub"), func(d string) error {
				return WriteFile(filepath.Join(d, "a"), func(io.Writer) error { return &fs.PathError{Op: "write", Path: d + "/a", Err: full} })
			})
		}, full, "creating PATH/sub: writing PATH/sub/a: write PATH/sub/a: no space left"},
		"through the writer": {func(d string) error {
			return WriteFile(filepath.Join(d, "a"), func(io.Writer) error {
				_, err := os.ReadFile(filepath.Join(d, "b"))
				return err
			})
		}, fs.ErrNotExist, "writing PATH/a: open PATH/b: no such file or directory"},
		"the folder itself": {func(d string) error { return &fs.PathError{Op: "sync", Path: d, Err: full} },
			full, "no space left"},
	} {
		err := WriteFolder(path, c.fill)
		want := "creating " + path + ": " + strings.ReplaceAll(filepath.FromSlash(c.want), "PATH", path)
		if err == nil || !errors.Is(err, c.is) || strings.Contains(err.Error(), mark) {
			t.Fatalf("%s: error %v", name, err)
		}
		if runtime.GOOS != "windows" && err.Error() != want { // which words the system's errors otherwise
			t.Errorf("%s: error %q, want %q", name, err, want)
		}
	}
}
