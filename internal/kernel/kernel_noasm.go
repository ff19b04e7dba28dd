//go:build !amd64 || purego

package kernel

func max32(x []float32) float32 { return genericMax(x) }

func sumExp(scale Scale, x []float32, m float32) (s, sd float64) { return scaledSumExp(scale, x, m) }

func streamExps(dst, x []float32, m, a float32) { genericExps(dst, x, m, a) }

func scaledExps(dst, x []float32, m, a float32) { genericExps(dst, x, m, a) }

func widenBFloat16(dst []float32, x []uint16) int { return 0 }
func widenFloat16(dst []float32, x []uint16) int  { return 0 }
