package machine

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"unicode"
)

func TestFromCPUInfo(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"processor\t: 0\n", ""},
		{"model\t\t: 17\nmodel name\t: AMD EPYC 9555  64-Core Processor   \ncpu family : 26\n\nmodel name : another\n", "AMD EPYC 9555 64-Core Processor"},
		{"cpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\n\ncpu family\t: 27\n", "AMD EPYC (family 26, model 2)"},
		{"model name\t: AMD EPYC\n", "AMD EPYC"},
		{"processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\n", "ARM (implementer 0x41, part 0xd0c)"},
		{"CPU implementer\t: 0x41\n", ""},
		{"model name\t: ARMv7 Processor rev 4 (v7l)\nCPU implementer\t: 0x41\nCPU part\t: 0xd03\n", "ARMv7 Processor rev 4 (v7l)"},
		{"Model Name\t\t: Loongson-3A5000\n", "Loongson-3A5000"},
	} {
		if got := fromCPUInfo(c.text); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTidy(t *testing.T) {
	if got, want := tidy("  Intel(R)  Xeon(R)\t \x00rest"), "Intel(R) Xeon(R)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCPU wants a name in one line wherever this machine has one to tell.
func TestCPU(t *testing.T) {
	name := CPU()
	if name != strings.TrimSpace(name) || strings.ContainsFunc(name, unicode.IsControl) {
		t.Errorf("%q is no name for a line of text", name)
	}
	told := runtime.GOOS == "darwin" || runtime.GOOS == "windows"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		told = strings.Contains(string(info), "model name") || strings.Contains(string(info), "CPU part")
	}
	if name == "" && told {
		t.Error("no name")
	}
}

func TestCores(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	one := Cores()
	runtime.GOMAXPROCS(runtime.NumCPU() + 3)
	all := Cores()
	runtime.GOMAXPROCS(before)
	if one != 1 || all != runtime.NumCPU() {
		t.Errorf("%d with GOMAXPROCS 1, %d with more than all; this machine has %d", one, all, runtime.NumCPU())
	}
}
