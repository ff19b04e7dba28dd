//go:build !windows

package main

import "os"

// endOfInput is what a person presses where no more text is to come.
const endOfInput = "Ctrl-D"

// obeysEscapes reports whether a terminal acts upon escape sequences.
func obeysEscapes(*os.File) bool { return true }
