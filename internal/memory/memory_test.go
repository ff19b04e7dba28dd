package memory

import (
	"math"
	"runtime"
	"runtime/debug"
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
