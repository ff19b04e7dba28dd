//go:build !race

package gemm

// One goroutine at a time runs here, and the race detector would take a minute.

import (
	"math/rand/v2"
	"testing"
)

// TestEveryShape compares every m×n through two of the largest tiles, 14×32, in
// every layout, with the definition, bit for bit. Every m and every n meet every k.
func TestEveryShape(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for m := range 30 {
		for n := range 66 {
			k := []int{0, 1, 2, 3, 8, 17}[(m+n)%6]
			p := randomProduct(r, m, n, k, normalValue)
			for _, be := range available() {
				everyLayout(t, p, be, r.IntN(2) == 0)
			}
		}
	}
}

func everyLayout(t *testing.T, p product, be *backend, add bool) {
	t.Helper()
	want := p.want(chainOf(be), add)
	for _, la := range layouts {
		for _, lb := range layouts {
			for _, blk := range []blocking{be.blocking, tiny} {
				got, intact := p.run(be, blk, 1, la, lb, la.gap, add)
				if i := firstDifference(got, want); i >= 0 || !intact {
					t.Fatalf("%s %v a %v b %v add %v %+v: element %d, guards intact %v", be.name, p, la, lb, add, blk, i, intact)
				}
			}
		}
	}
}
