//go:build !amd64 || purego

package kernel

func max32(x []float32) float32 { return genericMax(x) }

const hasAVX2 = false

func index32([]float32, float32) int { return 0 }

func sumExp32(*Scale, []float32, float32, *[2]float64, []float32) (done int, top float32) {
	panic("kernel: no vector loop")
}

func sumExpHalf(Half, []uint16, float32, *[2]float64, []float32) (done int, top float32, ok bool) {
	return 0, 0, false
}

func scaledExps(dst, x []float32, m, a float32) { genericExps(dst, x, m, a) }

func widenBFloat16(dst []float32, x []uint16) int { return 0 }
func widenFloat16(dst []float32, x []uint16) int  { return 0 }

func gradient32([]float32, []float32, *Slope, bool)      { panic("kernel: no vector loop") }
func gradient16(Half, []uint16, []float32, *Slope, bool) { panic("kernel: no vector loop") }
