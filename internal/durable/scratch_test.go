package durable

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestScratch: what is written is read, and nothing is to be seen of it, neither
// during its life nor behind it.
func TestScratch(t *testing.T) {
	dir := t.TempDir()
	s, err := NewScratch(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) > 0 && runtime.GOOS != "windows" {
		t.Errorf("%v is to be seen", got)
	}
	if err := Sweep(filepath.Join(dir, "a")); err != nil {
		t.Error(err)
	}
	if _, err := s.WriteAt([]byte("some bytes"), 5); err != nil {
		t.Error(err)
	}
	b := make([]byte, 5)
	if n, err := s.ReadAt(b, 10); string(b[:n]) != "bytes" {
		t.Errorf("%q, %v", b[:n], err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); len(got) > 0 {
		t.Errorf("left %v", got)
	}
	if _, err := s.ReadAt(b, 0); err == nil || strings.Contains(err.Error(), mark) {
		t.Errorf("reading it closed: %v", err)
	}
	if _, err := NewScratch(filepath.Join(dir, "none", "a")); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), mark) {
		t.Errorf("in a missing folder: %v", err)
	}
}

// TestScratchFaults: whatever fails, or whenever the process is killed, nothing
// is left that Sweep does not remove.
func TestScratchFaults(t *testing.T) {
	defer func() { TestHook = nil }()
	for _, until := range []int{1, 1 << 30} {
		for at := range 4 {
			dir, n := t.TempDir(), 0
			path := filepath.Join(dir, "a")
			TestHook = func(Op) error {
				if n++; n-1 < at || n-1 >= at+until {
					return nil
				}
				return syscall.ENOSPC
			}
			s, err := NewScratch(path)
			if err == nil {
				_, err = s.WriteAt([]byte("bytes"), 0)
				s.Close()
			}
			TestHook = nil
			if happened := n > at; happened && (!errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), mark)) {
				t.Errorf("operation %d of %d: %v", at, n, err)
			}
			if got := names(t, dir); until == 1 && len(got) > 0 {
				t.Errorf("operation %d: left %v", at, got)
			}
			if err := Sweep(path); err != nil {
				t.Error(err)
			}
			if got := names(t, dir); len(got) > 0 {
				t.Errorf("operation %d: the sweep left %v", at, got)
			}
		}
	}
}
