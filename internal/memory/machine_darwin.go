package memory

import "golang.org/x/sys/unix"

const machineIs = "the machine's memory"

// machine returns all of the memory: what others hold of it can be compressed or
// swapped, and how much is not told.
func machine() (int64, bool) {
	n, err := unix.SysctlUint64("hw.memsize")
	return int64(min(n, 1<<62)), err == nil
}
