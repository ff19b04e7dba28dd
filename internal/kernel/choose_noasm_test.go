//go:build !amd64 || purego

package kernel

func implementations() []string { return []string{"generic"} }

func choose(string) func() { return func() {} }
