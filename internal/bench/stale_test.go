package bench

import (
	"testing"

	"xent/internal/asmcheck"
)

func TestAssemblyIsCurrent(t *testing.T) {
	asmcheck.Current(t, "bench", "loops_amd64.s", "stubs_amd64.go")
}

func TestAVX2Registers(t *testing.T) { asmcheck.AVX2(t, "loops_amd64.s") }
