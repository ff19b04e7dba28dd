// Package memory tells how much memory a program may still take.
package memory

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// Available returns the bytes that can be allocated before the machine, the
// container (cgroup v1 or v2) or GOMEMLIMIT says no, and which of them that
// would be. Where nothing is known it returns math.MaxInt64 and "".
func Available() (free int64, limit string) {
	free = math.MaxInt64
	lower := func(n int64, name string) {
		if n < free {
			free, limit = max(n, 0), name
		}
	}
	if n := debug.SetMemoryLimit(-1); n < math.MaxInt64 {
		lower(n, "GOMEMLIMIT")
	}
	if n, ok := machine(); ok {
		lower(n, "the machine's free memory")
	}
	for _, c := range []struct{ max, now string }{
		{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"},
	} {
		most, ok := number(c.max)
		if now, also := number(c.now); ok && also && most < 1<<62 {
			lower(most-now, "the container's memory limit")
		}
	}
	return free, limit
}

// machine reads MemAvailable, which Linux gives in kB.
func machine() (int64, bool) {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(info) {
		if rest, ok := bytes.CutPrefix(line, []byte("MemAvailable:")); ok {
			kB, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(string(rest)), " kB"), 10, 64)
			return kB << 10, err == nil
		}
	}
	return 0, false
}

// number reads a file that holds one; "max" is none.
func number(path string) (int64, bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}
