// Package durable writes files and folders that other processes see whole or
// not at all, and that stay whole after a power cut: everything is written
// beside its place under a temporary name, brought to the disk, and put into
// its place by one rename.
//
// On an error nothing of the attempt stays behind and what was there before is
// untouched; only where the disk fails at the very last step, making the rename
// itself durable, the new content is in place already. The text of an error names
// the final path, never the temporary one. A process that is killed can leave a
// temporary name behind, which Sweep removes; it is hidden and never opened by
// anybody.
package durable

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// WriteFile writes what write produces to path, replacing a file of that name.
// Writes are buffered.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	tmp := temporary(path)
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", path, cause(err, tmp, path))
		}
	}()
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	done := false
	defer func() { // on errors, and when write panics
		if !done {
			f.Close()
			os.Remove(tmp)
		}
	}()
	b := bufio.NewWriterSize(f, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	done = true
	return syncFolder(filepath.Dir(path))
}

// WriteFolder makes the folder path, which must not exist, with what fill puts
// into the folder it is given; files in it need not be synced. The error is
// fs.ErrExist where there is something at path already.
func WriteFolder(path string, fill func(dir string) error) (err error) {
	path = filepath.Clean(path)
	tmp := temporary(path)
	defer func() {
		if err != nil {
			err = fmt.Errorf("creating %s: %w", path, cause(err, tmp, path))
		}
	}()
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			os.RemoveAll(tmp)
		}
	}()
	if err := fill(tmp); err != nil {
		return err
	}
	if err := syncTree(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	done = true
	return syncFolder(filepath.Dir(path))
}

// Sweep removes what killed writers left in dir. Only a process that keeps
// other writers out of dir may call it.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !isTemporary(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

const mark = ".partial-"

// temporary returns a hidden name beside path that nobody else uses.
func temporary(path string) string {
	dir, base := filepath.Split(path)
	return filepath.Join(dir, "."+base+mark+strconv.FormatUint(rand.Uint64(), 36))
}

func isTemporary(name string) bool {
	return strings.HasPrefix(name, ".") && strings.Contains(name, mark)
}

// syncTree brings a folder and all it holds to the disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return syncFolder(path)
		}
		if !e.Type().IsRegular() {
			return nil
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0) // Windows syncs only what may be written
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// cause is err without the temporary name: without any name where the system's
// own error is about tmp, which the caller says better, and elsewhere, such as
// for a file in a folder or inside what a callback wrapped, with path's instead.
func cause(err error, tmp, path string) error {
	switch e := err.(type) {
	case *fs.PathError:
		if e.Path == tmp {
			return e.Err
		}
	case *os.LinkError:
		if e.Old == tmp {
			return e.Err
		}
	}
	if tmp, path := filepath.Base(tmp), filepath.Base(path); strings.Contains(err.Error(), tmp) {
		return renamed{err, strings.ReplaceAll(err.Error(), tmp, path)}
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
