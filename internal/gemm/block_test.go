package gemm

import "testing"

// TestPlan checks that blocks are whole tiles which cover C and fit the scratch,
// and that no worker has much more to do than the others where C has tiles
// enough for all.
func TestPlan(t *testing.T) {
	for _, be := range available() {
		for _, m := range []int{1, 5, 160, 432, 512, 1024, 5000} {
			for _, n := range []int{1, 20, 160, 432, 1024, 32000} {
				for _, workers := range []int{1, 2, 3, 8, 16, 64} {
					g := plan(be, be.blocking, m, n, workers)
					if g.mc%be.mr != 0 || g.nc%be.nr != 0 || g.mc > roundUp(be.blocking.mc, be.mr) || g.nc > roundUp(be.blocking.nc, be.nr) ||
						g.rows != ceil(m, g.mc) || g.cols != ceil(n, g.nc) {
						t.Fatalf("%s %d×%d on %d: %+v", be.name, m, n, workers, g)
					}
					if ceil(m, 4*be.mr)*ceil(n, be.nr) < 20*workers {
						continue
					}
					if share := longest(g, m, n, workers); !(share <= 1.25) {
						t.Errorf("%s %d×%d on %d: %+v keeps one worker busy %.2f times the mean", be.name, m, n, workers, g, share)
					}
				}
			}
		}
	}
}

// longest lets workers take blocks in order, each when it is free, and returns
// the last one's end over the mean load.
func longest(g grid, m, n, workers int) float64 {
	busy := make([]int, workers)
	for t := range g.rows * g.cols {
		first := 0
		for w := range busy {
			if busy[w] < busy[first] {
				first = w
			}
		}
		i, q := t/g.cols*g.mc, t%g.cols*g.nc
		busy[first] += min(g.mc, m-i) * min(g.nc, n-q)
	}
	last := 0
	for _, b := range busy {
		last = max(last, b)
	}
	return float64(last) * float64(workers) / float64(m*n)
}
