package memory

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

const machineIs = "the machine's free memory"

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
