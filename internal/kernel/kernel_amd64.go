//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate go -C _asm run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg kernel

var hasAVX2 = cpu.X86.HasAVX2

// piece bounds a call of assembly, which Go cannot preempt, to some 10 µs.
const piece = 1 << 16

// vectorExps is genericExps, to the bit, on as many elements as it returns: all
// but the last few.
func vectorExps(dst, x []float32, m, a float32) int {
	if !hasAVX2 {
		return 0
	}
	dst = dst[:len(x)]
	n, end := 0, len(x)&^7
	for n < end {
		want := min(end-n, piece)
		done := expsAVX2(&dst[n], &x[n], want, m, a)
		n += done
		if done < want { // eight with an exponent above 88
			genericExps(dst[n:n+8], x[n:n+8], m, a)
			n += 8
		}
	}
	return n
}
