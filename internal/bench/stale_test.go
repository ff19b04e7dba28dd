package bench

import (
	"testing"

	"xent/internal/asmcheck"
)

func TestAssemblyIsCurrent(t *testing.T) {
	asmcheck.Current(t, "bench", "loops_amd64.s", "stubs_amd64.go")
}
