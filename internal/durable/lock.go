package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// A LockedError says that somebody holds a lock.
type LockedError struct {
	Path string // as it was given to Lock
	PID  int    // the holder's process, of another machine perhaps where both share the folder; 0 where it is not known
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return e.Path + " is locked by another process"
	}
	return fmt.Sprintf("%s is locked by process %d", e.Path, e.PID)
}

var (
	errLocked  = errors.New("locked by somebody else")
	errNoLocks = errors.New("locks are not supported")
)

// Lock locks the file path, which it makes if it is missing, until unlock is
// called or the process ends, in whatever way. It does not wait: while somebody
// else holds the lock, which may be another call in this process, the error is a
// *LockedError. The lock keeps nobody from reading or writing the file; its
// content is the holder's process id.
//
// File systems that have no locks, and systems other than Windows and the Unixes
// with flock, give none: Lock then succeeds and keeps nobody away.
//
// The file is never deleted. Whoever had it open already would then hold a lock
// on a file without a name while a third locks a new one of that name, and both
// would go ahead.
func Lock(path string) (unlock func() error, err error) {
	f, err := openFile(path, os.O_RDWR)
	if err != nil {
		var system *fs.PathError
		if errors.As(err, &system) {
			err = system.Err
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	switch err := tryLock(f.f); {
	case errors.Is(err, errLocked):
		defer f.f.Close()
		return nil, &LockedError{path, readPID(f.f)}
	case errors.Is(err, errNoLocks):
		return f.f.Close, nil
	case err != nil:
		f.f.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	// The lock counts, not the number: a full disk does not keep it from being held.
	writePID(f, strconv.Itoa(os.Getpid()))
	return func() error {
		writePID(f, "") // so that the next holder is not taken for this one
		return unlockFile(f.f)
	}, nil
}

// writePID writes the holder in as many bytes whatever it is, so that nothing of
// the last one remains.
func writePID(f *file, pid string) {
	if _, err := f.f.Seek(0, io.SeekStart); err == nil {
		fmt.Fprintf(f, "%-20s\n", pid)
	}
}

// readPID returns what the holder wrote, 0 for nothing that is a number.
func readPID(f *os.File) int {
	b := make([]byte, 21)
	n, _ := f.ReadAt(b, 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}
