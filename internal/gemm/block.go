package gemm

// blocking is how a product is cut to fit the caches. It changes no bit.
type blocking struct {
	mc, nc, kc int // rows, columns and depth of the block of C that one task computes at a time
	slab       int // floats of B packed at once for all workers to share
	serial     int // multiply-adds below which one goroutine does everything
}

// standard fits 32 KB of first-level and 512 KB of second-level cache: a
// kc×16 panel of B (16 KB) stays in the first, an mc×kc block of A (144 KB)
// and a kc×nc block of B (512 KB) in the second.
var standard = blocking{mc: 144, nc: 512, kc: 256, slab: 1 << 20, serial: 1 << 18}

// A grid cuts C into blocks of mc×nc, which are multiples of the tile.
type grid struct {
	mc, nc     int
	rows, cols int // number of blocks
}

// plan chooses the blocks of an m×n result for some workers: as large as the
// caches allow, cut finer until every worker finds several, rows first, since
// a wide block packs its rows of A once for more columns.
func plan(be *backend, blk blocking, m, n, workers int) grid {
	mc := roundUp(min(m, blk.mc), be.mr)
	nc := roundUp(min(n, blk.nc), be.nr)
	if workers > 1 {
		const each = 4 // blocks a worker, so that a late one delays little
		for ceil(m, mc)*ceil(n, nc) < each*workers && (mc > 4*be.mr || nc > be.nr) {
			if mc > 4*be.mr {
				mc = roundUp(max(mc/2, 4*be.mr), be.mr)
			} else {
				nc = roundUp(nc/2, be.nr)
			}
		}
	}
	return grid{mc, nc, ceil(m, mc), ceil(n, nc)}
}

func ceil(x, by int) int    { return (x + by - 1) / by }
func roundUp(x, by int) int { return ceil(x, by) * by }
