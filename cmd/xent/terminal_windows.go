package main

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// endOfInput is what a person presses where no more text is to come.
const endOfInput = "Ctrl-Z and Enter"

// obeysEscapes makes a console act upon escape sequences, which older ones do
// only when asked, and reports whether it does.
func obeysEscapes(f *os.File) bool {
	var mode uint32
	console := windows.Handle(f.Fd())
	return windows.GetConsoleMode(console, &mode) == nil && (mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 ||
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil)
}

// readerGone reports whether a write failed because nobody reads any more.
func readerGone(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
