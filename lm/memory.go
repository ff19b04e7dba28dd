package lm

import "xent/internal/tensor"

// A Memory gives arrays of n zeros. Whoever gives it to a function says with it that
// they stay as long as what the function returns is in use; nil stands for Go's heap,
// where that goes without saying.
type Memory func(n int) []float32

// Floats returns n zeros.
func (m Memory) Floats(n int) []float32 {
	if m == nil {
		return make([]float32, n)
	}
	return m(n)
}

// matrix returns a matrix of zeros.
func (m Memory) matrix(rows, cols int) tensor.Matrix {
	return tensor.Float32(m.Floats(rows*cols), rows, cols)
}

// sideBySide returns three matrices whose rows are neighbours in memory.
func (m Memory) sideBySide(rows, a, b, c int) (x, y, z tensor.Matrix) {
	stride := a + b + c
	buf := m.Floats(rows * stride)
	return tensor.Strided(buf, rows, a, stride), tensor.Strided(buf[a:], rows, b, stride), tensor.Strided(buf[a+b:], rows, c, stride)
}
