package nn

// Sums along a row. Element j goes to lane j mod 8 and the lanes are added as
// ((0+4)+(2+6)) + ((1+5)+(3+7)), whatever the length, so that a vector unit
// can take the same steps.

func tree(s0, s1, s2, s3, s4, s5, s6, s7 float32) float32 {
	return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
}

// sum returns Σ x_j.
func sum(x []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(x) >= 8 {
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
		s4 += x[4]
		s5 += x[5]
		s6 += x[6]
		s7 += x[7]
		x = x[8:]
	}
	var t [8]float32
	copy(t[:], x)
	return tree(s0+t[0], s1+t[1], s2+t[2], s3+t[3], s4+t[4], s5+t[5], s6+t[6], s7+t[7])
}

// dot returns Σ x_j·y_j over the columns of x.
func dot(x, y []float32) float32 {
	y = y[:len(x)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(x) >= 8 && len(y) >= 8 {
		s0 += float32(x[0] * y[0])
		s1 += float32(x[1] * y[1])
		s2 += float32(x[2] * y[2])
		s3 += float32(x[3] * y[3])
		s4 += float32(x[4] * y[4])
		s5 += float32(x[5] * y[5])
		s6 += float32(x[6] * y[6])
		s7 += float32(x[7] * y[7])
		x, y = x[8:], y[8:]
	}
	var t [8]float32
	for j, v := range x {
		t[j&7] = v * y[j]
	}
	return tree(s0+t[0], s1+t[1], s2+t[2], s3+t[3], s4+t[4], s5+t[5], s6+t[6], s7+t[7])
}

// dot3 returns Σ x_j·y_j·z_j over the columns of x, the product taken as
// (x·y)·z.
func dot3(x, y, z []float32) float32 {
	y, z = y[:len(x)], z[:len(x)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(x) >= 8 && len(y) >= 8 && len(z) >= 8 {
		s0 += float32(float32(x[0]*y[0]) * z[0])
		s1 += float32(float32(x[1]*y[1]) * z[1])
		s2 += float32(float32(x[2]*y[2]) * z[2])
		s3 += float32(float32(x[3]*y[3]) * z[3])
		s4 += float32(float32(x[4]*y[4]) * z[4])
		s5 += float32(float32(x[5]*y[5]) * z[5])
		s6 += float32(float32(x[6]*y[6]) * z[6])
		s7 += float32(float32(x[7]*y[7]) * z[7])
		x, y, z = x[8:], y[8:], z[8:]
	}
	var t [8]float32
	for j, v := range x {
		t[j&7] = float32(v*y[j]) * z[j]
	}
	return tree(s0+t[0], s1+t[1], s2+t[2], s3+t[3], s4+t[4], s5+t[5], s6+t[6], s7+t[7])
}
