package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Sweep removes what killed writers of path left beside it. Anybody may call it
// at any time: it passes over the temporaries of writers that live, in this
// process or another, and those of which it cannot know, since they may not be
// opened or locked, the latter being so on file systems and systems without locks
// and, for folders, on Windows. A missing parent folder is no error.
//
// An error names what could not be removed; the rest is removed all the same.
func Sweep(path string) error {
	dir, base := filepath.Split(filepath.Clean(path))
	entries, err := os.ReadDir(filepath.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var first error
	for _, e := range entries {
		if !isTemporary(e.Name(), base) {
			continue
		}
		if err := removeDead(filepath.Join(dir, e.Name())); first == nil {
			first = err
		}
	}
	return first
}

// removeDead removes a temporary unless its writer lives or may live. It holds
// the lock until the name is gone: a writer that has made the name and does not
// hold its lock yet so learns that it must take another.
func removeDead(name string) error {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return nil // gone, or nothing that a writer makes
	}
	f, err := openToLock(name, info.IsDir())
	if err != nil {
		return nil
	}
	if tryLock(f) != nil {
		f.Close()
		return nil
	}
	defer unlockFile(f)
	named, err := os.Lstat(name)
	if err != nil {
		return nil // its writer has just finished
	}
	if opened, err := f.Stat(); err != nil || !os.SameFile(named, opened) {
		return nil
	}
	if err := remove(name); !isOpen(err) {
		return err
	}
	return nil // its writer is about to lock it
}
