package gemm

// generic is the back end in plain Go, and the specification of the others.
// Its products are rounded before they are added, so that every platform
// computes the same bits: Go may fuse x*y + z, but not float32(x*y) + z.
var generic = &backend{
	name: "generic", mr: 2, nr: 4, per: 1,
	blocking:  blocking{mc: 128, nc: 512, kc: 256, alone: 256, slab: 1 << 20, serial: 1 << 17},
	kernel:    genericColumn,
	pack:      packValues,
	lines:     genericLines,
	transpose: genericTranspose,
}

func genericColumn(rows, k int, a panels, b []float32, _ int, c []float32, cRow int, add bool, _ []float32) {
	for i := 0; i < rows; i += 2 {
		r0 := c[i*cRow:][:4]
		r1 := r0 // an odd last row: computed twice, stored once
		if i+1 < rows {
			r1 = c[(i+1)*cRow:][:4]
		}
		genericTile(a.data[i/2*a.step:][:2*k], b[:4*k], r0, r1, add)
	}
}

// genericTile computes 2×4 elements from packed panels; r0 is stored last. Four
// steps to a turn, written out, are twice as fast as one: the compiler has too
// few registers for eight chains and their products, and keeps one of the chains
// in memory from turn to turn.
func genericTile(a, b, r0, r1 []float32, add bool) {
	var c00, c01, c02, c03, c10, c11, c12, c13 float32
	r0, r1 = r0[:4], r1[:4]
	if add {
		c00, c01, c02, c03 = r0[0], r0[1], r0[2], r0[3]
		c10, c11, c12, c13 = r1[0], r1[1], r1[2], r1[3]
	}
	for len(a) >= 8 && len(b) >= 16 {
		x, y := (*[8]float32)(a), (*[16]float32)(b)
		c00, c01 = c00+float32(x[0]*y[0]), c01+float32(x[0]*y[1])
		c02, c03 = c02+float32(x[0]*y[2]), c03+float32(x[0]*y[3])
		c10, c11 = c10+float32(x[1]*y[0]), c11+float32(x[1]*y[1])
		c12, c13 = c12+float32(x[1]*y[2]), c13+float32(x[1]*y[3])
		c00, c01 = c00+float32(x[2]*y[4]), c01+float32(x[2]*y[5])
		c02, c03 = c02+float32(x[2]*y[6]), c03+float32(x[2]*y[7])
		c10, c11 = c10+float32(x[3]*y[4]), c11+float32(x[3]*y[5])
		c12, c13 = c12+float32(x[3]*y[6]), c13+float32(x[3]*y[7])
		c00, c01 = c00+float32(x[4]*y[8]), c01+float32(x[4]*y[9])
		c02, c03 = c02+float32(x[4]*y[10]), c03+float32(x[4]*y[11])
		c10, c11 = c10+float32(x[5]*y[8]), c11+float32(x[5]*y[9])
		c12, c13 = c12+float32(x[5]*y[10]), c13+float32(x[5]*y[11])
		c00, c01 = c00+float32(x[6]*y[12]), c01+float32(x[6]*y[13])
		c02, c03 = c02+float32(x[6]*y[14]), c03+float32(x[6]*y[15])
		c10, c11 = c10+float32(x[7]*y[12]), c11+float32(x[7]*y[13])
		c12, c13 = c12+float32(x[7]*y[14]), c13+float32(x[7]*y[15])
		a, b = a[8:], b[16:]
	}
	for len(a) >= 2 && len(b) >= 4 {
		x, y := (*[2]float32)(a), (*[4]float32)(b)
		c00, c01 = c00+float32(x[0]*y[0]), c01+float32(x[0]*y[1])
		c02, c03 = c02+float32(x[0]*y[2]), c03+float32(x[0]*y[3])
		c10, c11 = c10+float32(x[1]*y[0]), c11+float32(x[1]*y[1])
		c12, c13 = c12+float32(x[1]*y[2]), c13+float32(x[1]*y[3])
		a, b = a[2:], b[4:]
	}
	r1[0], r1[1], r1[2], r1[3] = c10, c11, c12, c13
	r0[0], r0[1], r0[2], r0[3] = c00, c01, c02, c03
}

func genericLines(dst []float32, width int, src []float32, stride, w, k int) {
	for p := range k {
		d, s := dst[p*width:][:w], src[p*stride:][:w]
		//lint:ignore S1001 lines are short: a call of copy would cost more
		for j, v := range s {
			d[j] = v
		}
	}
}

func genericTranspose(dst []float32, width int, src []float32, stride, w, k int) {
	for j := range w {
		at := j
		for _, v := range src[j*stride:][:k] {
			dst[at] = v
			at += width
		}
	}
}
