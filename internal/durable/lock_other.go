//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris || windows)

package durable

import "os"

// Systems without flock have no locks here: those of fcntl end when any
// descriptor of the file is closed and exclude nobody in one process.

func openToLock(string, bool) (*os.File, error) { return nil, errNoLocks }

func tryLock(*os.File) error { return errNoLocks }

func unlockFile(f *os.File) error { return f.Close() }
