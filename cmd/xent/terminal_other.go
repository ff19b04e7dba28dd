//go:build !windows

package main

import (
	"errors"
	"os"
	"syscall"
)

// endOfInput is what a person presses where no more text is to come.
const endOfInput = "Ctrl-D"

// obeysEscapes reports whether a terminal acts upon escape sequences.
func obeysEscapes(*os.File) bool { return true }

// readerGone reports whether a write failed because nobody reads any more.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
