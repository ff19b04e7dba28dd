package durable

import (
	"math"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestFree compares with df, which asks the same question.
func TestFree(t *testing.T) {
	dir := t.TempDir()
	got, ok := Free(dir)
	switch runtime.GOOS {
	case "linux", "darwin", "windows":
		if !ok || got <= 0 { // the test could be built
			t.Errorf("%d bytes, %v", got, ok)
		}
	}
	if n, ok := Free(filepath.Join(dir, "none")); ok || n != 0 {
		t.Errorf("a missing folder has %d bytes, %v", n, ok)
	}
	out, err := exec.Command("df", "-P", "-k", dir).Output()
	fields := strings.Fields(string(out[max(0, strings.LastIndexByte(strings.TrimSpace(string(out)), '\n')):]))
	if err != nil || len(fields) < 6 {
		t.Skipf("df says %q, %v", out, err)
	}
	kib, err := strconv.ParseInt(fields[3], 10, 64)
	if err != nil {
		t.Skipf("df says %q", out)
	}
	if off := math.Abs(float64(got - kib<<10)); ok && off > 0.05*float64(got)+1<<28 { // others write meanwhile
		t.Errorf("%d bytes, df says %d", got, kib<<10)
	}
}

func TestProduct(t *testing.T) {
	for _, c := range []struct {
		blocks, size, want int64
		ok                 bool
	}{
		{0, 4096, 0, true}, {3, 4096, 12288, true}, {1 << 50, 4096, 1 << 62, true}, {1 << 51, 4096, math.MaxInt64, true},
		{math.MaxInt64, 1, math.MaxInt64, true}, {-1, 4096, 0, false}, {5, 0, 0, false}, {5, -1, 0, false},
	} {
		if got, ok := product(c.blocks, c.size); got != c.want || ok != c.ok {
			t.Errorf("%d blocks of %d: %d, %v, want %d, %v", c.blocks, c.size, got, ok, c.want, c.ok)
		}
	}
}
