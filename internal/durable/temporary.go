package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A temporary is a file or folder under a hidden name beside its path, until it
// takes that path or is removed. It is locked all that time, so that Sweep knows
// it from what a dead writer left.
type temporary struct {
	path, name string
	file       *file    // nil: closed, or a folder
	lock       *os.File // nil where locks cannot be had; writing works all the same
	made       bool     // name stands for something
}

// attempts is how often a temporary is begun anew. A sweep can take it for a
// dead writer's between its making and its locking, which are microseconds.
const attempts = 10

func (t *temporary) createFile() error {
	return t.create(false, func() (err error) {
		t.file, err = openFile(t.name, os.O_RDWR|os.O_EXCL)
		return err
	})
}

func (t *temporary) createFolder() error {
	return t.create(true, func() error { return mkdir(t.name) })
}

func (t *temporary) create(folder bool, make func() error) error {
	for range attempts {
		t.name = temporaryName(t.path)
		if err := make(); err != nil {
			return err
		}
		t.made = true
		var swept bool
		if t.lock, swept = hold(t.name, folder); !swept {
			return nil
		}
		t.end()
	}
	return errors.New("other processes remove its temporary files again and again")
}

// hold locks a temporary that was just made, for as long as the file it returns
// is open; nil where it cannot. swept says that somebody took it for a dead
// writer's before, and has removed it or is about to.
func hold(name string, folder bool) (lock *os.File, swept bool) {
	lock, err := openToLock(name, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true
	}
	if err != nil {
		return nil, false
	}
	if err := tryLock(lock); err != nil {
		lock.Close()
		return nil, errors.Is(err, errLocked)
	}
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		lock.Close()
		return nil, true
	}
	return lock, false
}

// close closes the file. Its lock stays.
func (t *temporary) close() error {
	f := t.file
	t.file = nil
	return f.close()
}

// rename puts the temporary into its place, durably. A folder takes no other's
// place, for which systems have different words.
func (t *temporary) rename(folder bool) error {
	if err := rename(t.name, t.path); err != nil {
		if _, missing := os.Lstat(t.path); folder && missing == nil {
			return fs.ErrExist
		}
		return err
	}
	t.made = false
	return syncFolder(filepath.Dir(t.path))
}

// end removes the temporary, unless it has taken its place, and unlocks it.
func (t *temporary) end() {
	defer func() { // even when TestHook panics
		if t.lock != nil {
			unlockFile(t.lock)
			t.lock = nil
		}
	}()
	if t.file != nil {
		t.close()
	}
	if t.made {
		t.made = false
		remove(t.name)
	}
}

// explain says what was being done to path when err came.
func (t *temporary) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, t.path, t.cause(err))
}

// cause is err without the temporary name: without any name where the system's
// own error is about it, which explain says better, and elsewhere, such as for a
// file in a folder or inside what a callback wrapped, with path's instead.
func (t *temporary) cause(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		if e.Path == t.name {
			return e.Err
		}
	case *os.LinkError:
		if e.Old == t.name {
			return e.Err
		}
	}
	if name := filepath.Base(t.name); t.name != "" && strings.Contains(err.Error(), name) {
		return renamed{err, strings.ReplaceAll(err.Error(), name, filepath.Base(t.path))}
	}
	return err
}

// A renamed error is another, put in other words.
type renamed struct {
	error
	text string
}

func (e renamed) Error() string { return e.text }
func (e renamed) Unwrap() error { return e.error }

const (
	mark   = ".partial-"
	digits = 13 // of a uint64 in base 36
)

// temporaryName returns a hidden name beside path that nobody else uses.
func temporaryName(path string) string {
	dir, base := filepath.Split(path)
	number := strconv.FormatUint(rand.Uint64(), 36)
	return filepath.Join(dir, "."+base+mark+strings.Repeat("0", digits-len(number))+number)
}

// isTemporary reports whether name is one that temporaryName makes for a path
// ending in base.
func isTemporary(name, base string) bool {
	number, ok := strings.CutPrefix(name, "."+base+mark)
	return ok && len(number) == digits && strings.Trim(number, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}
