// Package durable writes files and folders that other processes see whole or
// not at all, and that stay whole after a power cut: everything is written
// beside its place under a temporary name, brought to the disk, and put into
// its place by one rename.
//
// On an error nothing of the attempt stays behind and what was there before is
// untouched; only where the disk fails at the very last step, making the rename
// itself durable, the new content is in place already. The text of an error names
// the final path, never the temporary one.
//
// A process that is killed can leave a temporary name behind. It is hidden,
// nobody opens it, and Sweep removes it: a writer holds a lock on its temporary
// while it lives, so that anybody may sweep at any time.
//
// Lock keeps other processes away from what only one may write, and Free tells
// how much may still be written.
package durable

import (
	"bufio"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile writes what write produces to path, replacing a file of that name.
// Writes are buffered.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	t := temporary{path: path}
	defer func() { err = t.explain("writing", err) }()
	defer t.end()
	if err := t.createFile(); err != nil {
		return err
	}
	b := bufio.NewWriterSize(t.file, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := t.file.sync(); err != nil {
		return err
	}
	if err := t.close(); err != nil {
		return err
	}
	return t.rename(false)
}

// ReadFile reads a file that a WriteFile may be replacing meanwhile: its old
// content or its new one. It is os.ReadFile, but for Windows, where a file cannot
// be opened for the moment in which it is replaced.
func ReadFile(path string) (b []byte, err error) {
	err = retry(func() error { b, err = os.ReadFile(path); return err })
	return b, err
}

// WriteFolder makes the folder path, which must not exist, with what fill puts
// into the folder it is given; files in it need not be synced. The error is
// fs.ErrExist where there is something at path already.
func WriteFolder(path string, fill func(dir string) error) (err error) {
	t := temporary{path: filepath.Clean(path)}
	defer func() { err = t.explain("creating", err) }()
	defer t.end()
	if _, err := os.Lstat(t.path); err == nil {
		return fs.ErrExist
	}
	if err := t.createFolder(); err != nil {
		return err
	}
	if err := fill(t.name); err != nil {
		return err
	}
	if err := syncTree(t.name); err != nil {
		return err
	}
	return t.rename(true)
}

// syncTree brings a folder and all it holds to the disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return syncFolder(path)
		case e.Type().IsRegular():
			return syncFile(path)
		}
		return nil
	})
}
