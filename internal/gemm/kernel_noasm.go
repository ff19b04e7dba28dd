//go:build !amd64 || purego

package gemm

// selected is the back end of Mul and MulAdd.
var selected = generic
