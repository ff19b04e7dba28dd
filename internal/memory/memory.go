// Package memory tells how much memory a program may still take.
package memory

import (
	"bytes"
	"math"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

const containerIs = "the container's memory limit"

// Available returns the bytes that can be allocated before the machine or the
// container (cgroup v1 or v2) says no, or those of Go's own limit, GOMEMLIMIT or
// Soft, whatever is used of them, where these are fewer; and which of them it is.
// Where nothing is known it returns math.MaxInt64 and "".
func Available() (free int64, limit string) {
	return available(debug.SetMemoryLimit(-1), cgroups())
}

// Soft returns what a program may give debug.SetMemoryLimit, so that in a container
// it collects garbage rather than being killed for it: nine tenths of the container's
// limit, of several the tightest, the rest being for what Go does not count.
// Without a limit it returns math.MaxInt64, which is none.
func Soft() int64 { return soft(cgroups()) }

func soft(groups []string) int64 {
	tightest := int64(math.MaxInt64)
	for _, dir := range groups {
		if most, _, ok := limits(dir); ok {
			tightest = min(tightest, most-most/10)
		}
	}
	return tightest
}

// available is Available where Go's limit is this, in these control groups.
func available(golimit int64, groups []string) (free int64, limit string) {
	free = math.MaxInt64
	lower := func(n int64, name string) {
		if n < free {
			free, limit = max(n, 0), name
		}
	}
	if golimit == soft(groups) {
		lower(golimit, containerIs)
	} else {
		lower(golimit, "GOMEMLIMIT")
	}
	if n, ok := machine(); ok {
		lower(n, machineIs)
	}
	if math.MaxInt == math.MaxInt32 {
		lower(math.MaxInt32, "a 32-bit program")
	}
	for _, dir := range groups {
		if most, used, ok := limits(dir); ok {
			lower(most-used, containerIs)
		}
	}
	return free, limit
}

// limits returns what a control group may have and what it uses and cannot give up;
// ok says that it is limited.
func limits(dir string) (most, used int64, ok bool) {
	most, ok = number(dir + "/memory.max")
	used, also := number(dir + "/memory.current")
	if !ok { // version 1
		most, ok = number(dir + "/memory.limit_in_bytes")
		used, also = number(dir + "/memory.usage_in_bytes")
	}
	const unlimited = 1 << 62 // version 1 has a large number for it
	return most, max(used-reclaimable(dir), 0), ok && also && 0 < most && most < unlimited
}

// cgroups lists the folders of the control groups that this process is in, from
// its own up, each of which may have a limit. In a container the topmost is all
// there is to be seen.
func cgroups() (dirs []string) {
	list, _ := os.ReadFile("/proc/self/cgroup")
	return append(cgroupsOf(string(list)), "/sys/fs/cgroup", "/sys/fs/cgroup/memory")
}

// cgroupsOf reads lines "NUMBER:CONTROLLERS:PATH", which have no controllers in
// version 2.
func cgroupsOf(list string) (dirs []string) {
	for line := range strings.Lines(list) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		root := ""
		switch {
		case fields[1] == "":
			root = "/sys/fs/cgroup"
		case slices.Contains(strings.Split(fields[1], ","), "memory"):
			root = "/sys/fs/cgroup/memory"
		default:
			continue
		}
		for at := path.Clean("/" + fields[2]); at != "/"; at = path.Dir(at) {
			dirs = append(dirs, root+at)
		}
	}
	return dirs
}

// reclaimable is how much of a control group's use is a cache of files, which
// the kernel gives up when memory is wanted.
func reclaimable(dir string) (n int64) {
	stat, _ := os.ReadFile(dir + "/memory.stat")
	for line := range bytes.Lines(stat) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if name == "inactive_file" || name == "active_file" {
			bytes, _ := strconv.ParseInt(value, 10, 64)
			n += bytes
		}
	}
	return n
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
