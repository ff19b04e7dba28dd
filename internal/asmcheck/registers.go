package asmcheck

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	text = regexp.MustCompile(`^TEXT ·(\w+)\(SB\)`)
	// What a CPU with AVX2 alone has not: sixteen more registers, wider ones, masks.
	wideOnly = regexp.MustCompile(`\b(?:[XY](?:1[6-9]|[23]\d)|Z\d+|K[0-7])\b`)
)

// AVX2 fails the test when a function of the assembly file whose name ends in AVX2
// uses a register that needs AVX-512. A generator hands them out without a word.
func AVX2(t *testing.T, assembly string) {
	t.Helper()
	b, err := os.ReadFile(assembly)
	if err != nil {
		t.Fatal(err)
	}
	function, found := "", 0
	for line := range strings.Lines(string(b)) {
		if m := text.FindStringSubmatch(line); m != nil {
			if function = m[1]; strings.HasSuffix(function, "AVX2") {
				found++
			}
		}
		if strings.HasSuffix(function, "AVX2") && wideOnly.MatchString(line) {
			t.Errorf("%s: %s needs AVX-512: %s", assembly, function, strings.TrimSpace(line))
		}
	}
	if found == 0 {
		t.Errorf("%s has no function for AVX2", assembly)
	}
}
