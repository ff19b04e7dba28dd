//go:build !amd64 || purego

package bench

// available lists the back ends that there are.
func available() []*backend { return []*backend{&generic} }

func best() *backend { return &generic }
