//go:build !amd64 || purego

package kernel

// vectorExps leaves all to genericExps.
func vectorExps(dst, x []float32, m, a float32) int { return 0 }
