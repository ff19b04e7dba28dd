package gemm

import (
	"testing"

	"xent/internal/asmcheck"
)

func TestAssemblyIsCurrent(t *testing.T) {
	asmcheck.Current(t, "gemm", "gemm_amd64.s", "stubs_amd64.go")
}
