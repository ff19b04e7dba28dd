//go:build !linux

package bench

import "unsafe"

// takeMemory takes Go's.
func takeMemory(n int) (*Memory, error) {
	all := make([]byte, n+pageBytes)
	skip := int(-uintptr(unsafe.Pointer(&all[0])) % pageBytes)
	return &Memory{bytes: all[skip : skip+n : skip+n]}, nil
}
