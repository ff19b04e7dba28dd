//go:build unix

package gemm

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"

	"xent/internal/tensor"
)

// page gives n floats that end where readable memory ends, or start where it
// starts, so that any access beyond them is a fault.
func page(t *testing.T, n int, atEnd bool) []float32 {
	t.Helper()
	size := syscall.Getpagesize()
	inner := roundUp(4*n, size)
	mem, err := syscall.Mmap(-1, 0, inner+2*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("mmap: ", err)
	}
	t.Cleanup(func() { syscall.Munmap(mem) })
	for _, guard := range [][]byte{mem[:size], mem[size+inner:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Skip("mprotect: ", err)
		}
	}
	at := size
	if atEnd {
		at += inner - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[at])), n)
}

// TestNoStrayAccess computes products whose operands border on forbidden pages.
func TestNoStrayAccess(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for _, s := range [][3]int{{1, 1, 1}, {1, 16, 8}, {6, 16, 16}, {7, 33, 9}, {13, 47, 21}, {14, 32, 16}, {29, 65, 17}, {60, 50, 12}} {
		p := randomProduct(r, s[0], s[1], s[2], normalValue)
		for flip := range 8 {
			atEnd := flip&4 != 0
			a, b, c := page(t, p.m*p.k, atEnd), page(t, p.k*p.n, atEnd), page(t, p.m*p.n, atEnd)
			ma, mb := tensor.Float32(a, p.m, p.k), tensor.Float32(b, p.k, p.n)
			if flip&1 != 0 {
				ma = tensor.Float32(a, p.k, p.m).T()
			}
			if flip&2 != 0 {
				mb = tensor.Float32(b, p.n, p.k).T()
			}
			for _, be := range available() {
				multiply(be, be.blocking, 1, tensor.Float32(c, p.m, p.n), ma, mb, true)
			}
		}
	}
}
