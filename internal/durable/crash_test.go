package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

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
