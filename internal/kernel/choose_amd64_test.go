//go:build amd64 && !purego

package kernel

// implementations are those that this CPU has.
func implementations() (names []string) {
	if hasAVX512 {
		names = append(names, "avx512")
	}
	if hasAVX2 {
		names = append(names, "avx2")
	}
	return append(names, "generic")
}

// choose makes the named implementation the one in use, until the function is called that
// it returns.
func choose(name string) func() {
	wide, any := hasAVX512, hasAVX2
	hasAVX512, hasAVX2 = name == "avx512", name != "generic"
	return func() { hasAVX512, hasAVX2 = wide, any }
}
