package memory

import (
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

func TestAvailable(t *testing.T) {
	free, limit := Available()
	if runtime.GOOS == "linux" && (free == math.MaxInt64 || limit == "") {
		t.Errorf("nothing known: %d, %q", free, limit)
	}
	if free < 1<<20 {
		t.Errorf("%d bytes free by %q, while this test runs", free, limit)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	if free, _ := Available(); free > 1<<30 {
		t.Errorf("GOMEMLIMIT of 1 GiB leaves %d bytes", free)
	}
}

func TestCgroups(t *testing.T) {
	for list, want := range map[string][]string{
		"0::/\n":                     nil,
		"0::/user.slice/run.scope\n": {"/sys/fs/cgroup/user.slice/run.scope", "/sys/fs/cgroup/user.slice"},
		"9:name=systemd:/x\n4:cpu,memory:/a/b\n0::/c\n": {"/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/c"},
		"0::/../up\n":  {"/sys/fs/cgroup/up"},
		"nonsense\n\n": nil,
	} {
		if got := cgroupsOf(list); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}
