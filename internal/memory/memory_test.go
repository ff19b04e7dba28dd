package memory

import (
	"math"
	"os"
	"path/filepath"
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

// group makes the folder of a control group.
func group(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLimits reads control groups of both versions, limited and not.
func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		files      map[string]string
		most, used int64
		ok         bool
	}{
		"nothing":      {nil, 0, 0, false},
		"version 2":    {map[string]string{"memory.max": "1000\n", "memory.current": "300\n"}, 1000, 300, true},
		"unlimited 2":  {map[string]string{"memory.max": "max\n", "memory.current": "300\n"}, 0, 0, false},
		"use unknown":  {map[string]string{"memory.max": "1000\n"}, 0, 0, false},
		"nothing left": {map[string]string{"memory.max": "0\n", "memory.current": "0\n"}, 0, 0, false},
		"nonsense":     {map[string]string{"memory.max": "many", "memory.current": "300\n"}, 0, 0, false},
		"version 1":    {map[string]string{"memory.limit_in_bytes": "1000\n", "memory.usage_in_bytes": "300\n"}, 1000, 300, true},
		"unlimited 1":  {map[string]string{"memory.limit_in_bytes": "9223372036854771712\n", "memory.usage_in_bytes": "300\n"}, 0, 0, false},
		"with a cache": {map[string]string{"memory.max": "1000\n", "memory.current": "300\n", "memory.stat": "anon 99\ninactive_file 200\nactive_file 50\n"}, 1000, 50, true},
		"all a cache":  {map[string]string{"memory.max": "1000\n", "memory.current": "300\n", "memory.stat": "inactive_file 400\n"}, 1000, 0, true},
	} {
		most, used, ok := limits(group(t, c.files))
		if ok != c.ok || ok && (most != c.most || used != c.used) {
			t.Errorf("%s: %d %d %t, want %d %d %t", name, most, used, ok, c.most, c.used, c.ok)
		}
	}
}

// TestSoft: the tightest container's limit holds for Go too, and has its name.
func TestSoft(t *testing.T) {
	tight := group(t, map[string]string{"memory.max": "1000", "memory.current": "20"})
	full := group(t, map[string]string{"memory.max": "2000", "memory.current": "1900"})
	none := group(t, map[string]string{"memory.max": "max", "memory.current": "300"})
	for _, c := range []struct {
		golimit     int64 // 0: Soft
		groups      []string
		soft, free  int64
		limitedName string
	}{
		{0, []string{none, tight}, 900, 900, "the container's memory limit"},
		{math.MaxInt64, []string{tight}, 900, 980, "the container's memory limit"},
		{0, []string{tight, full}, 900, 100, "the container's memory limit"},
		{50, []string{full, tight}, 900, 50, "GOMEMLIMIT"},
		{50, nil, math.MaxInt64, 50, "GOMEMLIMIT"},
	} {
		got := soft(c.groups)
		if c.golimit == 0 {
			c.golimit = got
		}
		free, name := available(c.golimit, c.groups)
		if got != c.soft || free != c.free || name != c.limitedName {
			t.Errorf("%+v: %d, %d %q", c, got, free, name)
		}
	}
	for _, groups := range [][]string{nil, {none}} {
		want, name := available(math.MaxInt64, nil) // the machine's
		if free, also := available(soft(groups), groups); soft(groups) != math.MaxInt64 || also != name || free > 2*want {
			t.Errorf("no container: %d %q, want some %d %q", free, also, want, name)
		}
	}
}
