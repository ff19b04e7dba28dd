package train

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"
)

// TestNeeds: what does not fit is refused with what would fit, before anything is
// made.
func TestNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		limit  int64
		change func(*Options)
		want   string
	}{
		"micro-batches": {300 << 20, func(o *Options) { o.BatchTokens = 1 << 18 }, "tokens at a time would fit"},
		"size":          {300 << 20, func(o *Options) { o.Shape.Width = 4096 }, "size micro with its own dimensions would fit"},
		"batches":       {300 << 20, func(o *Options) { o.BatchTokens, o.MicroTokens = 1<<30, 128 }, ": 1024 tokens a step would fit ("},
		"all of it": {300 << 20, func(o *Options) { o.BatchTokens, o.MicroTokens, o.Shape.Width = 1<<30, 128, 4096 },
			"size micro with its own dimensions and 1024 tokens a step would fit ("},
		"nothing": {40 << 20, func(*Options) {}, "not even size nano would fit"},
	} {
		limit := debug.SetMemoryLimit(c.limit)
		o := options(t, 2)
		c.change(&o)
		_, err := Run(context.Background(), o)
		debug.SetMemoryLimit(limit)
		var need *NeedError
		if !errors.As(err, &need) || need.Need <= need.Free || need.What != "memory" || need.FitNeed > need.Free && name != "nothing" ||
			!strings.Contains(err.Error(), "GOMEMLIMIT leaves") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Lstat(o.Out); err == nil {
			t.Errorf("%s: left %s", name, o.Out)
		}
	}
	for e, want := range map[*NeedError]string{
		{What: "disk", Need: 3e6, Free: 2e6 + 1, Limit: "that of /m", Size: "nano", FitNeed: 1e6}: "this would take 3 MB of disk, and that of /m leaves 2 MB: size nano with its own dimensions would fit (1 MB)",
		{What: "disk", Need: 3e6 - 1, Limit: "that of /m", Resumed: true}:                         "this would take 3 MB of disk, and that of /m leaves 0 MB: free some, then resume again",
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestDiskEstimate: the folder is as large as was said, within a tenth.
func TestDiskEstimate(t *testing.T) {
	o := options(t, 1)
	var said int64
	o.Progress = func(e Event) {
		if b, ok := e.(*Begun); ok {
			said = b.Disk
		}
	}
	mustRun(t, o)
	var size int64
	for _, b := range files(t, o.Out) {
		size += int64(len(b))
	}
	if r := float64(said) / float64(size); !(math.Abs(r-1) <= 0.1) {
		t.Errorf("said %d bytes, took %d", said, size)
	}
}
