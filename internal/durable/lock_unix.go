//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris

package durable

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openToLock opens a temporary, no link, for tryLock. Network file systems lock
// only what may be written.
func openToLock(name string, folder bool) (*os.File, error) {
	if folder {
		return os.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	}
	return os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW, 0)
}

// tryLock locks an open file or folder without waiting. The error is errLocked
// while somebody holds it, also by another opening in this process, and errNoLocks
// where the file system has no locks.
func tryLock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		case errors.Is(err, errors.ErrUnsupported), errors.Is(err, unix.ENOLCK):
			return errNoLocks
		}
		return err
	}
}

// unlockFile unlocks and closes f. Closing alone would leave the lock to a child
// process that is just being started and has not closed its copy yet.
func unlockFile(f *os.File) error {
	unix.Flock(int(f.Fd()), unix.LOCK_UN)
	return f.Close()
}
