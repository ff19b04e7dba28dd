//go:build !amd64 || purego

package vec

import "testing"

// eachSet runs a test with every set of instructions: here is none.
func eachSet(t *testing.T, test func(t *testing.T)) { t.Run("set=generic", test) }
