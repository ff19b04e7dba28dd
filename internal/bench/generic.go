package bench

import "unsafe"

// generic is plain Go: what the loops do, and the limits where there is no
// assembly.
var generic = backend{name: "generic", read: genericRead, copy: genericCopy, multiplyAdd: genericMultiplyAdd, chains: 12, lanes: 1}

func genericRead(src *byte, n int) uint32 {
	var low, high [4]uint64 // of each pair of words
	for x := unsafe.Slice((*uint64)(unsafe.Pointer(src)), n/8); len(x) >= 4; x = x[4:] {
		low[0] += x[0] & 0xffffffff
		high[0] += x[0] >> 32
		low[1] += x[1] & 0xffffffff
		high[1] += x[1] >> 32
		low[2] += x[2] & 0xffffffff
		high[2] += x[2] >> 32
		low[3] += x[3] & 0xffffffff
		high[3] += x[3] >> 32
	}
	sum := uint64(0)
	for i := range low {
		sum += low[i] + high[i]
	}
	return uint32(sum)
}

// genericCopy copies by 8 bytes: Go's copy writes past the caches above some size.
func genericCopy(dst, src *byte, n int) {
	to := unsafe.Slice((*uint64)(unsafe.Pointer(dst)), n/8)
	for from := unsafe.Slice((*uint64)(unsafe.Pointer(src)), n/8); len(from) >= 8 && len(to) >= 8; from, to = from[8:], to[8:] {
		to[0], to[1], to[2], to[3] = from[0], from[1], from[2], from[3]
		to[4], to[5], to[6], to[7] = from[4], from[5], from[6], from[7]
	}
}

func genericMultiplyAdd(n int) float32 {
	a, b, c, d, e, f := float32(1), float32(2), float32(3), float32(4), float32(5), float32(6)
	g, h, i, j, k, l := float32(7), float32(8), float32(9), float32(10), float32(11), float32(12)
	for range n {
		a, b, c, d = a*0.5+1, b*0.5+1, c*0.5+1, d*0.5+1
		e, f, g, h = e*0.5+1, f*0.5+1, g*0.5+1, h*0.5+1
		i, j, k, l = i*0.5+1, j*0.5+1, k*0.5+1, l*0.5+1
	}
	return a + b + c + d + e + f + g + h + i + j + k + l
}
