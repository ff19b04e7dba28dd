//go:build !linux && !darwin && !windows

package memory

const machineIs = ""

// machine knows of nothing.
func machine() (int64, bool) { return 0, false }
