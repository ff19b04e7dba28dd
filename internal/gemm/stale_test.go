package gemm

import (
	"testing"

	"xent/internal/asmcheck"
)

func TestAssemblyIsCurrent(t *testing.T) {
	asmcheck.Current(t, "gemm", "gemm_amd64.s", "stubs_amd64.go")
}

func TestAVX2Registers(t *testing.T) { asmcheck.AVX2(t, "gemm_amd64.s") }
