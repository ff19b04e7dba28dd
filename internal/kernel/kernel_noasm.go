//go:build !amd64 || purego

package kernel

func max32(x []float32) float32 { return genericMax(x) }

const hasAVX2 = false

func sumExp32([]float32, float32, *[2]float64) (done int, top float32) {
	panic("kernel: no vector loop")
}

func streamExps(dst, x []float32, m, a float32) { genericExps(dst, x, m, a) }

func scaledExps(dst, x []float32, m, a float32) { genericExps(dst, x, m, a) }

func widenBFloat16(dst []float32, x []uint16) int { return 0 }
func widenFloat16(dst []float32, x []uint16) int  { return 0 }
