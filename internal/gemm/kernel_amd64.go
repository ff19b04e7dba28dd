//go:build amd64 && !purego

package gemm

import "golang.org/x/sys/cpu"

//go:generate go -C _asm run . -out ../gemm_amd64.s -stubs ../stubs_amd64.go -pkg gemm

var (
	hasAVX2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	hasAVX512 = hasAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ
)

// available lists the back ends that this CPU can run, the fastest first.
func available() []*backend {
	switch {
	case hasAVX512:
		return []*backend{avx512, avx2, generic}
	case hasAVX2:
		return []*backend{avx2, generic}
	default:
		return []*backend{generic}
	}
}

// extent checks what a column kernel will touch, which the assembly does not.
func extent(mr, nr, rows, k int, a panels, b []float32, bRow int, c []float32, cRow int) {
	last := rows - 1
	_ = a.data[last/mr*a.step+last%mr*a.row+(k-1)*a.col]
	_ = b[(k-1)*bRow+nr-1]
	_ = c[last*cRow+nr-1]
}

// ahead says how a column kernel, which asks for one cache line in most of the k
// steps of every tile, shall spread the k·nr floats of next over them: where it
// starts, and the bytes from line to line. Without next it asks for b again.
func ahead(mr, nr, rows int, b, next []float32) (*float32, int) {
	if len(next) == 0 {
		return &b[0], 0
	}
	return &next[0], ceil(4*nr, ceil(rows, mr))
}
