package durable

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// patience is how long replace waits for readers.
const patience = 2 * time.Second

// replace renames from to to, in place of a file of that name. Windows refuses
// while somebody, such as a reader or a virus scanner, has either of them open:
// that passes.
func replace(from, to string) error {
	wait := time.Millisecond
	for began := time.Now(); ; wait *= 2 {
		err := os.Rename(from, to)
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
