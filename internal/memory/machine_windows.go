package memory

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

const machineIs = "the machine's free memory"

// memoryStatus is MEMORYSTATUSEX of sysinfoapi.h.
type memoryStatus struct {
	length, load                                       uint32
	totalPhys, availPhys, totalPageFile, availPageFile uint64
	totalVirtual, availVirtual, availExtendedVirtual   uint64
}

var globalMemoryStatusEx = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")

// machine returns the physical memory that is free.
func machine() (int64, bool) {
	m := memoryStatus{length: uint32(unsafe.Sizeof(memoryStatus{}))}
	ok, _, _ := globalMemoryStatusEx.Call(uintptr(unsafe.Pointer(&m)))
	return int64(min(m.availPhys, 1<<62)), ok != 0
}
