package gemm

// blocking is how a product is cut to fit caches and workers. It changes no bit.
type blocking struct {
	mc, nc, kc int // rows, columns and depth of the block of C that one task computes at a time
	alone      int // depth where a task packs panels of B for itself: they stay in the first-level cache
	slab       int // floats of B packed at once for all workers to share
	serial     int // work, in multiply-adds, below which other goroutines would start too late to help
}

// slabs says how much of B, of k×n, is packed at once: about slab floats, whole blocks
// of k unless that is all.
func (blk blocking) slabs(be *backend, n, k int) (ks, ns int) {
	ks = roundUp(max(1, blk.slab/roundUp(min(n, blk.nc), be.nr)), blk.kc) * be.per
	return ks, roundUp(min(n, max(blk.nc, blk.slab/ceil(min(k, ks), be.per))), be.nr)
}

// A grid cuts C into rows × cols blocks of whole tiles, none of which has more than
// one tile more than another each way.
type grid struct{ rows, cols cut }

// plan chooses the blocks of an m×n result for some workers: as large as the
// caches allow, but enough of them, eight a worker if that can be, that one which
// ends late delays little. It cuts along the columns first, since each block of rows
// brings all panels of its columns from a far cache. But where blocks pack their rows
// of A, which two blocks side by side do twice, it cuts along the rows, down to two
// tiles, and is content with four blocks a worker.
func plan(be *backend, blk blocking, m, n, workers int, packing bool) grid {
	rows, cols := ceil(m, roundUp(blk.mc, be.mr)), ceil(n, roundUp(blk.nc, be.nr))
	switch {
	case workers == 1:
	case packing:
		rows = max(rows, min(ceil(8*workers, cols), ceil(m, 2*be.mr)))
		cols = max(cols, min(ceil(4*workers, rows), ceil(n, be.nr)))
	default:
		cols = max(cols, min(ceil(8*workers, rows), ceil(n, be.nr)))
		rows = max(rows, min(ceil(8*workers, cols), ceil(m, 4*be.mr)))
	}
	return grid{cut{rows, m, be.mr}, cut{cols, n, be.nr}}
}

// A cut divides length elements, which lie in tiles, into parts.
type cut struct{ parts, length, tile int }

// part is where part i begins and ends.
func (c cut) part(i int) (lo, hi int) {
	tiles := ceil(c.length, c.tile)
	return i * tiles / c.parts * c.tile, min((i+1)*tiles/c.parts*c.tile, c.length)
}

func ceil(x, by int) int    { return (x + by - 1) / by }
func roundUp(x, by int) int { return ceil(x, by) * by }
