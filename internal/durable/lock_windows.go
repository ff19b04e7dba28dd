package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// openToLock opens a temporary file for tryLock in the one way that lets its
// writer rename it and a sweep remove it meanwhile. Folders cannot be locked.
func openToLock(name string, folder bool) (*os.File, error) {
	if folder {
		return nil, errNoLocks
	}
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(p, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
		nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), name), nil
}

// farOff is the byte that is locked. Locks keep others from reading here, so it
// lies where nothing is ever written.
func farOff() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }

// tryLock locks an open file without waiting. The error is errLocked while
// somebody holds it, also by another opening in this process, and errNoLocks where
// the file system has no locks.
func tryLock(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, farOff())
	switch {
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return errLocked
	case errors.Is(err, windows.ERROR_NOT_SUPPORTED), errors.Is(err, windows.ERROR_INVALID_FUNCTION):
		return errNoLocks
	}
	return err
}

// unlockFile unlocks and closes f. Windows unlocks what was closed only some time
// later.
func unlockFile(f *os.File) error {
	windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, farOff())
	return f.Close()
}
