//go:build !amd64 || purego

package gemm

// available lists the back ends that this CPU can run, the fastest first.
func available() []*backend { return []*backend{generic} }

// pairs lists the back ends that multiply pairs of bfloat16.
func pairs() []*backend { return nil }
