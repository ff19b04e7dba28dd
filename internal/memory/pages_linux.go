package memory

import (
	"bytes"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Map maps n bytes, n > 0.
func Map(n int) (*Mapping, error) {
	all, err := unix.Mmap(-1, 0, n+HugePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("%d MB of memory cannot be had: %w", n>>20, err)
	}
	skip := int(-uintptr(unsafe.Pointer(&all[0])) % HugePage)
	m := &Mapping{Bytes: all[skip : skip+n : skip+n], free: func() error { return unix.Munmap(all) }}
	m.Huge = unix.Madvise(m.Bytes, unix.MADV_HUGEPAGE) == nil && given()
	return m, nil
}

// given reports whether the system gives huge pages to those who ask.
func given() bool {
	setting, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	return err == nil && !bytes.Contains(setting, []byte("[never]"))
}
