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
					g := plan(be, be.blocking, m, n, workers, (m+n)%3 == 0)
					covers(t, g.rows, m, be.mr, be.blocking.mc)
					covers(t, g.cols, n, be.nr, be.blocking.nc)
					if ceil(m, 4*be.mr)*ceil(n, be.nr) < 20*workers {
						continue
					}
					if share := longest(g, m, n, workers); !(share <= 1.2) {
						t.Errorf("%s %d×%d on %d: %+v keeps one worker busy %.2f times the mean", be.name, m, n, workers, g, share)
					}
				}
			}
		}
	}
}

// covers checks that the parts are whole tiles, of most elements at most, one after
// the other from 0 to n.
func covers(t *testing.T, c cut, n, tile, most int) {
	t.Helper()
	end := 0
	for i := range c.parts {
		lo, hi := c.part(i)
		if lo != end || lo%tile != 0 || hi <= lo || hi-lo > roundUp(most, tile) {
			t.Fatalf("%+v of %d: part %d is [%d, %d)", c, n, i, lo, hi)
		}
		end = hi
	}
	if end != n {
		t.Fatalf("%+v of %d ends at %d", c, n, end)
	}
}

// longest lets workers take blocks in order, each when it is free, and returns
// the last one's end over the mean load.
func longest(g grid, m, n, workers int) float64 {
	busy := make([]int, workers)
	for t := range g.rows.parts * g.cols.parts {
		first := 0
		for w := range busy {
			if busy[w] < busy[first] {
				first = w
			}
		}
		i0, i1 := g.rows.part(t / g.cols.parts)
		j0, j1 := g.cols.part(t % g.cols.parts)
		busy[first] += (i1 - i0) * (j1 - j0)
	}
	last := 0
	for _, b := range busy {
		last = max(last, b)
	}
	return float64(last) * float64(workers) / float64(m*n)
}
