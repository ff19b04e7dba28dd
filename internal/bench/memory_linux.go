package bench

import (
	"bytes"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugeBytes is the size of a huge page, which memory is aligned to.
const hugeBytes = 2 << 20

// takeMemory maps memory of its own, so that huge pages can be asked for.
func takeMemory(n int) (*Memory, error) {
	all, err := unix.Mmap(-1, 0, n+hugeBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("%d MB of memory cannot be had: %w", n>>20, err)
	}
	skip := int(-uintptr(unsafe.Pointer(&all[0])) % hugeBytes)
	m := &Memory{bytes: all[skip : skip+n : skip+n], free: func() error { return unix.Munmap(all) }}
	setting, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	m.huge = unix.Madvise(m.bytes, unix.MADV_HUGEPAGE) == nil && err == nil && !bytes.Contains(setting, []byte("[never]"))
	return m, nil
}
