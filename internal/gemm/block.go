package gemm

// blocking is how a product is cut to fit caches and workers. It changes no bit.
type blocking struct {
	mc, nc, kc int // rows, columns and depth of the block of C that one task computes at a time
	alone      int // depth where a task packs panels of B for itself: they stay in the first-level cache
	slab       int // floats of B packed at once for all workers to share
	serial     int // work, in multiply-adds, below which other goroutines would start too late to help
}

// A grid cuts C into blocks of mc×nc, which are multiples of the tile.
type grid struct {
	mc, nc     int
	rows, cols int // number of blocks
}

// plan chooses the blocks of an m×n result for some workers: as large as the
// caches allow, but enough of them that a worker which ends late delays little;
// cut along the rows first, since a wide block packs its rows of A once for
// more columns.
func plan(be *backend, blk blocking, m, n, workers int) grid {
	const each, least = 4, 4 // blocks a worker, tiles down a block
	rows, cols := ceil(m, blk.mc), ceil(n, blk.nc)
	if workers > 1 {
		rows = max(rows, min(ceil(each*workers, cols), ceil(m, least*be.mr)))
		cols = max(cols, min(ceil(each*workers, rows), ceil(n, be.nr)))
	}
	mc, nc := roundUp(ceil(m, rows), be.mr), roundUp(ceil(n, cols), be.nr)
	return grid{mc, nc, ceil(m, mc), ceil(n, nc)}
}

func ceil(x, by int) int    { return (x + by - 1) / by }
func roundUp(x, by int) int { return ceil(x, by) * by }
