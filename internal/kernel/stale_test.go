package kernel

import (
	"testing"

	"xent/internal/asmcheck"
)

func TestAssemblyIsCurrent(t *testing.T) {
	asmcheck.Current(t, "kernel", "kernel_amd64.s", "stubs_amd64.go")
}
