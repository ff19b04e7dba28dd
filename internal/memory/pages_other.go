//go:build !linux

package memory

import "unsafe"

// Map takes n bytes, n > 0, of Go's heap.
func Map(n int) (*Mapping, error) {
	all := make([]byte, n+HugePage)
	skip := int(-uintptr(unsafe.Pointer(&all[0])) % HugePage)
	return &Mapping{Bytes: all[skip : skip+n : skip+n]}, nil
}
