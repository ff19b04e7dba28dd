package gemm

// generic is the back end in plain Go, and the specification of the others.
// Its products are rounded before they are added, so that every platform
// computes the same bits: Go may fuse x*y + z, but not float32(x*y) + z.
var generic = &backend{name: "generic", mr: 2, nr: 4, kernel: genericColumn, lines: genericLines, transpose: genericTranspose}

func genericColumn(rows, k int, a panels, b []float32, bRow int, c []float32, cRow int, add bool, _ []float32) {
	for i := 0; i < rows; i += 2 {
		r0 := c[i*cRow:][:4]
		r1 := r0 // an odd last row: computed twice, stored once
		if i+1 < rows {
			r1 = c[(i+1)*cRow:][:4]
		}
		genericTile(a.data[i/2*a.step:][:2*k], b, bRow, r0, r1, add)
	}
}

// genericTile computes 2×4 elements: eight chains are what the sixteen vector
// registers of amd64 hold beside the operands. r0 is stored last.
func genericTile(a, b []float32, bRow int, r0, r1 []float32, add bool) {
	var c00, c01, c02, c03, c10, c11, c12, c13 float32
	r0, r1 = r0[:4], r1[:4]
	if add {
		c00, c01, c02, c03 = r0[0], r0[1], r0[2], r0[3]
		c10, c11, c12, c13 = r1[0], r1[1], r1[2], r1[3]
	}
	for p := 0; len(a) >= 2; p += bRow {
		x, y := a[0], a[1]
		v := b[p : p+4 : p+4]
		c00 += float32(x * v[0])
		c10 += float32(y * v[0])
		c01 += float32(x * v[1])
		c11 += float32(y * v[1])
		c02 += float32(x * v[2])
		c12 += float32(y * v[2])
		c03 += float32(x * v[3])
		c13 += float32(y * v[3])
		a = a[2:]
	}
	r1[0], r1[1], r1[2], r1[3] = c10, c11, c12, c13
	r0[0], r0[1], r0[2], r0[3] = c00, c01, c02, c03
}

func genericLines(dst []float32, width int, src []float32, stride, w, k int) {
	for p := range k {
		d, s := dst[p*width:][:w], src[p*stride:][:w]
		for j, v := range s { // short: a call of copy would cost more
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
