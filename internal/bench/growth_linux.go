package bench

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

// Growth runs f and returns how many bytes of memory the process held more, at most,
// than before: what f took, even if it gave it back, but for what Go had kept from
// earlier. It is 0 where that is not known.
func Growth(f func() error) (int64, error) {
	debug.FreeOSMemory()
	// 5 makes the peak what is resident now.
	known := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil
	before, _ := resident("VmRSS")
	if err := f(); err != nil {
		return 0, err
	}
	peak, ok := resident("VmHWM")
	if !known || !ok {
		return 0, nil
	}
	return max(peak-before, 0), nil
}

// resident reads a number of bytes from what the system knows about this process.
func resident(name string) (bytes int64, ok bool) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if text, found := strings.CutPrefix(lines.Text(), name+":"); found {
			_, err := fmt.Sscanf(text, "%d kB", &bytes)
			return bytes << 10, err == nil
		}
	}
	return 0, false
}
