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
	"syscall"
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

// TestOperations: a write is the operations that make it whole and durable, in
// their order.
func TestOperations(t *testing.T) {
	for i, want := range []string{
		"create write write write sync close rename sync folder",
		"mkdir " + // the file a, the file state/b, the folder sub with its file d, and all together
			"create write sync close rename sync folder create write write write sync close rename sync folder " +
			"mkdir create write sync close rename sync folder sync folder sync rename sync folder " +
			"sync folder sync sync folder sync sync sync folder sync rename sync folder",
	} {
		var kinds []string
		for _, op := range tasks[i].operations(t) {
			kinds = append(kinds, op.Kind.String())
		}
		if runtime.GOOS == "windows" {
			want = strings.ReplaceAll(want, " sync folder", "")
		}
		if got := strings.Join(kinds, " "); got != want {
			t.Errorf("%s:\n%s, want\n%s", tasks[i].name, got, want)
		}
	}
}

var errKilled = errors.New("killed")

// killAt returns a hook of a process that is killed at operation n: neither it
// nor anything after it takes place, but for half of a write.
func killAt(n int) func(Op) error {
	return func(op Op) error {
		if n--; n >= 0 {
			return nil
		}
		return errKilled
	}
}

// TestKilled kills a writer at each of its operations.
func TestKilled(t *testing.T) {
	for _, k := range tasks {
		ops := k.operations(t)
		commit := committed(t, ops)
		for n := range len(ops) + 1 {
			root := k.begin(t)
			err := hooked(killAt(n), func() error { return k.run(root) })
			if (err == nil) != (n == len(ops)) {
				t.Errorf("%s killed at %d of %d: error %v", k.name, n, len(ops), err)
			}
			k.checkKilled(t, root, n, commit)
		}
	}
}

// checkKilled: who was killed at operation n has left the old content at x, or
// the new if the rename is done, and beside it nothing that Sweep leaves.
func (k *task) checkKilled(t *testing.T, root string, n, commit int) {
	t.Helper()
	want := k.old
	if n > commit {
		want = k.new
	}
	left := tree(t, root)
	for name := range left {
		if strings.Contains(strings.SplitN(name, "/", 2)[0], mark) {
			delete(left, name)
		}
	}
	if d := differ(left, want); d != "" {
		t.Errorf("%s killed at %d: %s", k.name, n, d)
	}
	if err := Sweep(filepath.Join(root, "x")); err != nil {
		t.Errorf("%s killed at %d: Sweep: %v", k.name, n, err)
	}
	left = tree(t, root)
	for name := range left {
		if runtime.GOOS == "windows" && strings.Contains(name, mark) { // folders stay there
			delete(left, name)
		}
	}
	if d := differ(left, want); d != "" {
		t.Errorf("%s killed at %d, swept: %s", k.name, n, d)
	}
}

// TestKilledCleaning kills a writer while it removes what it could not finish,
// after its first file is gone.
func TestKilledCleaning(t *testing.T) {
	for _, k := range tasks {
		commit := committed(t, k.operations(t))
		root, failed := k.begin(t), false
		err := hooked(func(op Op) error {
			switch {
			case op.Kind == OpRename && filepath.Base(op.To) == "x":
				failed = true
				return syscall.EIO
			case failed && op.Kind == OpRemove:
				os.Remove(filepath.Join(op.Path, "a"))
				return errKilled
			case failed:
				t.Errorf("%s: %v follows the failure", k.name, op)
			}
			return nil
		}, func() error { return k.run(root) })
		if !errors.Is(err, syscall.EIO) || len(names(t, root)) != len(k.old)+1 {
			t.Errorf("%s: error %v, left %v", k.name, err, names(t, root))
		}
		k.checkKilled(t, root, commit, commit)
	}
}

// TestFailing lets each operation fail in turn: the error says what and where,
// and nothing changes.
func TestFailing(t *testing.T) {
	for _, k := range tasks {
		ops := k.operations(t)
		commit := committed(t, ops)
		for n, op := range ops {
			causes := []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, io.ErrShortWrite}
			if len(ops) > 10 { // one after the other; the disk is slow
				causes = causes[n%len(causes):][:1]
			}
			for _, cause := range causes {
				root, at := k.begin(t), n
				err := hooked(func(Op) error {
					if at--; at == -1 {
						return cause
					}
					return nil
				}, func() error { return k.run(root) })
				if err == nil || !errors.Is(err, cause) || !strings.Contains(err.Error(), filepath.Join(root, "x")) {
					t.Errorf("%s, %s %d: error %v, want %v for x", k.name, op.Kind, n, err, cause)
				} else if strings.Contains(err.Error(), mark) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s, %s %d: error %v names the temporary or has two lines", k.name, op.Kind, n, err)
				}
				want := k.old
				if n > commit { // only the rename's own durability
					want = k.new
				}
				if d := differ(tree(t, root), want); d != "" {
					t.Errorf("%s, %s %d failed with %v: %s", k.name, op.Kind, n, cause, d)
				}
			}
		}
	}
}

// TestPanickingHook: a hook may end a writer by a panic, and its lock ends too.
func TestPanickingHook(t *testing.T) {
	for _, k := range tasks {
		ops := k.operations(t)
		commit := committed(t, ops)
		for n := range ops {
			root := k.begin(t)
			kill := killAt(n)
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic at %d", k.name, n)
					}
				}()
				hooked(func(op Op) error {
					if err := kill(op); err != nil {
						panic(err)
					}
					return nil
				}, func() error { return k.run(root) })
			}()
			k.checkKilled(t, root, n, commit)
		}
	}
}
