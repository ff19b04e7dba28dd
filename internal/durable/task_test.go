package durable

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A task writes something that takes many operations, at root/x.
type task struct {
	name     string
	old, new map[string]string // what tree finds at root before and after
	run      func(root string) error
}

// long is more than two buffers of text.
var long = strings.Repeat("sixteen letters\n", 10_000)

var tasks = []task{
	{"file", map[string]string{"x": "old", "y": "other"}, map[string]string{"x": long, "y": "other"},
		func(root string) error { return WriteFile(filepath.Join(root, "x"), lines(long)) }},
	{"folder", map[string]string{"y": "other"},
		map[string]string{"x/": "", "x/a": "a", "x/state/": "", "x/state/b": long, "x/state/c": "c", "x/sub/": "", "x/sub/d": "d", "y": "other"},
		func(root string) error { return WriteFolder(filepath.Join(root, "x"), fill) }},
}

// fill makes files and folders in the ways that callers have.
func fill(dir string) error {
	state := filepath.Join(dir, "state")
	plain := func() error { return os.WriteFile(filepath.Join(state, "c"), []byte("c"), 0o666) }
	for _, step := range []func() error{
		func() error { return WriteFile(filepath.Join(dir, "a"), text("a")) },
		func() error { return os.Mkdir(state, 0o777) },
		func() error { return WriteFile(filepath.Join(state, "b"), lines(long)) },
		plain,
		func() error {
			return WriteFolder(filepath.Join(dir, "sub"), func(d string) error { return WriteFile(filepath.Join(d, "d"), text("d")) })
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// lines writes s line by line, so that the buffer decides what is written when.
func lines(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		for line := range strings.Lines(s) {
			if _, err := io.WriteString(w, line); err != nil {
				return err
			}
		}
		return nil
	}
}

// begin returns a new folder with what was there before.
func (k *task) begin(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range k.old {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// tree lists what is under root: files with their content, folders with "/".
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if e.IsDir() {
			found[name+"/"] = ""
			return nil
		}
		b, err := os.ReadFile(path)
		found[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// differ names the first difference between two trees, "" for none.
func differ(got, want map[string]string) string {
	for name, content := range want {
		if have, ok := got[name]; !ok {
			return name + " is missing"
		} else if have != content {
			return fmt.Sprintf("%s holds %d bytes, want %d", name, len(have), len(content))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			return name + " is left"
		}
	}
	return ""
}

// hooked calls f with a TestHook.
func hooked(hook func(Op) error, f func() error) error {
	TestHook = hook
	defer func() { TestHook = nil }()
	return f()
}

// operations returns what a task does, in order.
func (k *task) operations(t *testing.T) []Op {
	t.Helper()
	var ops []Op
	root := k.begin(t)
	err := hooked(func(op Op) error { ops = append(ops, op); return nil }, func() error { return k.run(root) })
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(tree(t, root), k.new); d != "" {
		t.Fatal(d)
	}
	return ops
}

// committed returns the index of the rename that puts x into its place.
func committed(t *testing.T, ops []Op) int {
	t.Helper()
	i := slices.IndexFunc(ops, func(op Op) bool { return op.Kind == OpRename && filepath.Base(op.To) == "x" })
	if i < 0 {
		t.Fatalf("nothing is renamed to x in %v", ops)
	}
	return i
}
