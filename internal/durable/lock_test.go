package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// canLock reports whether the file system for tests has locks.
func canLock(t *testing.T) bool {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlockFile(f)
	return tryLock(f) == nil
}

// locked checks that the lock at path is held by process pid.
func locked(t *testing.T, path string, pid int) {
	t.Helper()
	_, err := Lock(path)
	var held *LockedError
	if !errors.As(err, &held) || held.Path != path || held.PID != pid {
		t.Fatalf("Lock: %v, want that process %d holds it", err, pid)
	}
}

func TestLock(t *testing.T) {
	if !canLock(t) {
		t.Skip("no locks here")
	}
	path := filepath.Join(t.TempDir(), "lock")
	for range 3 { // the file stays, the lock does not
		unlock, err := Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		locked(t, path, os.Getpid())
		if err := unlock(); err != nil {
			t.Error(err)
		}
		if b, err := os.ReadFile(path); err != nil || strings.TrimSpace(string(b)) != "" {
			t.Errorf("unlocked, the file holds %q (%v)", b, err)
		}
	}
}

// TestLockOfProcesses: the lock ends with its holder, also when that is killed.
func TestLockOfProcesses(t *testing.T) {
	if !canLock(t) {
		t.Skip("no locks here")
	}
	path := filepath.Join(t.TempDir(), "lock")
	for _, end := range []func(*child){(*child).kill, func(c *child) { c.finish(t) }} {
		c := start(t, "lock", path)
		locked(t, path, c.Process.Pid)
		end(c)
		unlock, err := Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		locked(t, path, os.Getpid())
		if err := unlock(); err != nil {
			t.Error(err)
		}
	}
}

func TestLockedError(t *testing.T) {
	for pid, want := range map[int]string{0: "m/lock is locked by another process", 7: "m/lock is locked by process 7"} {
		if got := (&LockedError{"m/lock", pid}).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct {
		holder string
		want   int
	}{{"", 0}, {"x", 0}, {"-5", 0}, {strings.Repeat("9", 30), 0}, {fmt.Sprintf("%-20d\n", 123), 123}} {
		f.Truncate(0)
		f.WriteAt([]byte(c.holder), 0)
		if got := readPID(f); got != c.want {
			t.Errorf("of %q: process %d, want %d", c.holder, got, c.want)
		}
	}
}

// TestLockFails: an error has the path once; that the number cannot be written is
// none.
func TestLockFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "none", "lock")
	if _, err := Lock(path); !errors.Is(err, os.ErrNotExist) || strings.Count(err.Error(), path) != 1 {
		t.Errorf("in a missing folder: %v", err)
	}
	path = filepath.Join(dir, "lock")
	for _, kind := range []OpKind{OpCreate, OpWrite} {
		var unlock func() error
		err := hooked(func(op Op) error {
			if op.Kind == kind {
				return syscall.ENOSPC
			}
			return nil
		}, func() (err error) { unlock, err = Lock(path); return err })
		if kind == OpCreate {
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) {
				t.Errorf("failed %v: %v", kind, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("failed %v: %v", kind, err)
		}
		if canLock(t) {
			locked(t, path, os.Getpid()) // the first half of what was written has it
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	}
}
