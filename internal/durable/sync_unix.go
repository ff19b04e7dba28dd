//go:build !windows

package durable

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder brings the names in dir to the disk. Some file systems cannot do
// that for folders and say EINVAL; a rename is then as durable as they make it.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
