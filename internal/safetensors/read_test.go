package safetensors

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// hole makes a file of size bytes, most of them in a hole.
func hole(t *testing.T, begin string, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, []byte(begin), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Skip("no holes here:", err)
	}
	return path
}

// TestReadHoles: terabytes that a file does not hold take no memory, whether its
// header tells of them or not.
func TestReadHoles(t *testing.T) {
	const size = 3 << 40
	described := fmt.Sprintf(`{"a":{"dtype":"U8","shape":[%[1]d],"data_offsets":[0,%[1]d]}}`, int64(size))
	large := string(file(described, ""))
	for name, c := range map[string]struct {
		begin string
		size  int64
		says  string
	}{
		"nothing":          {"", size, "not a safetensors file: the header is not a JSON object"},
		"text":             {"a text that is no model", size, "not a safetensors file: it announces a header of "},
		"no end of header": {string(announced(1<<20, "{}")), size, "header: more follows the JSON object"},
		"a small model":    {string(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "abcd")), size, " bytes after tensor a belong to no tensor"},
		"a cut model":      {large, size, "truncated: tensor a ends at byte "},
		"a large model":    {large, size + int64(len(large)), "this would take 3298535 MB of memory, and "},
	} {
		path := hole(t, c.begin, c.size)
		var err error
		if n := allocated(func() { _, err = Read(path) }); n > 10<<20 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
		if strconv.IntSize == 32 && name != "text" {
			c.says = " MB of memory, and a 32-bit program leaves 2147 MB"
		}
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}
