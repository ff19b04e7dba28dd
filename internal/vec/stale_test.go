package vec

import (
	"testing"

	"xent/internal/asmcheck"
)

func TestAssemblyIsCurrent(t *testing.T) {
	asmcheck.Current(t, "vec", "vec_amd64.s", "stubs_amd64.go")
}

func TestAVX2Registers(t *testing.T) { asmcheck.AVX2(t, "vec_amd64.s") }
