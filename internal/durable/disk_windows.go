package durable

import (
	"errors"
	"time"

	"golang.org/x/sys/windows"
)

// patience is how long somebody who has a file open is waited for.
const patience = 2 * time.Second

// retry does what Windows refuses while somebody, such as a reader, a writer who
// is renaming or a virus scanner, has the file open, until it does not: that
// passes.
func retry(do func() error) error {
	wait := time.Millisecond
	for began := time.Now(); ; wait = min(2*wait, 20*time.Millisecond) {
		err := do()
		if !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) || time.Since(began)+wait > patience {
			return err
		}
		time.Sleep(wait)
	}
}

// isOpen reports whether err says that a file cannot be removed since it is open.
func isOpen(err error) bool { return errors.Is(err, windows.ERROR_SHARING_VIOLATION) }

// syncFolder does nothing: Windows has no such operation, and journals renames.
func syncFolder(string) error { return nil }
