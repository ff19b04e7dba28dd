//go:build amd64 && !purego

package bench

import "golang.org/x/sys/cpu"

//go:generate go -C _asm run . -out ../loops_amd64.s -stubs ../stubs_amd64.go -pkg bench

var (
	avx512 = backend{"avx512", readAVX512, copyAVX512, streamAVX512, multiplyAddAVX512, 16, 16, nil}
	avx2   = backend{"avx2", readAVX2, copyAVX2, streamAVX2, multiplyAddAVX2, 12, 8, nil}
)

// available lists the back ends that this CPU has, the best first.
func available() (all []*backend) {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW {
			b := avx512
			if cpu.X86.HasAVX512BF16 {
				b.pairs = multiplyAddBF16
			}
			all = append(all, &b)
		}
		all = append(all, &avx2)
	}
	return append(all, &generic)
}

func best() *backend { return available()[0] }
