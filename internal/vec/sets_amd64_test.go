//go:build amd64 && !purego

package vec

import "testing"

// eachSet runs a test with every set of instructions that the CPU has.
func eachSet(t *testing.T, test func(t *testing.T)) {
	wide, any := hasAVX512, hasAVX2
	defer func() { hasAVX512, hasAVX2 = wide, any }()
	if wide {
		t.Run("set=AVX512", test)
	}
	if hasAVX512 = false; any {
		t.Run("set=AVX2", test)
	}
	hasAVX2 = false
	t.Run("set=generic", test)
}
