//go:build !windows

package main

import "os"

// obeysEscapes reports whether a terminal acts upon escape sequences.
func obeysEscapes(*os.File) bool { return true }
