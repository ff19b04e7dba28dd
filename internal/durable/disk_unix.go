//go:build !windows

package durable

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// retry does something that only Windows may have to do again.
func retry(do func() error) error { return do() }

// isOpen reports whether err says that a file cannot be removed since it is open.
func isOpen(error) bool { return false }

// syncFolder brings the names in dir to the disk. Some file systems cannot do
// that for folders and say EINVAL; a rename is then as durable as they make it.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err = before(OpSyncFolder, dir, ""); err != nil {
		err = &fs.PathError{Op: "sync", Path: dir, Err: err}
	} else {
		err = d.Sync()
	}
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
