package gemm

import "xent/internal/tensor"

// A backend is a micro-kernel, the shape of its tile, and what feeds it.
// Another instruction set is one more value of this type.
type backend struct {
	name     string
	mr, nr   int  // rows and columns of a tile
	strided  bool // kernel reads float32 A and B where they lie, not only packed panels
	per      int  // elements of k that one step of the kernel takes
	blocking blocking

	// kernel updates a column of tiles, rows × nr elements C[i,j] = c[i·cRow+j], rows ≥ 1:
	//
	//	C[i,j] = (add ? C[i,j] : 0) + Σ_p A[i,p]·b[p·bRow+j],  0 ≤ p < k,  k ≥ 1
	//
	// as one chain over increasing p, where per is 1, and A[i,p] and b[p·bRow+j] hold
	// per elements of each chain's factors otherwise. The rows of A are given by panels. next is
	// the packed panel of B that will be wanted soon, or nil: only a hint.
	kernel func(rows, k int, a panels, b []float32, bRow int, c []float32, cRow int, add bool, next []float32)

	// pack packs columns [lo, lo+w) of rows [from, from+k) of x into a panel of
	// ⌈k/per⌉×width; from is a multiple of per. lines has room for w·k values.
	pack func(be *backend, dst []float32, width int, x tensor.Matrix, lo, w, from, k int, lines []float32)

	// lines writes dst[p·width+j] = src[p·stride+j] for p < k and j < w.
	lines func(dst []float32, width int, src []float32, stride, w, k int)

	// transpose writes dst[p·width+j] = src[j·stride+p] for p < k and j < w.
	transpose func(dst []float32, width int, src []float32, stride, w, k int)
}

// panels says where the rows of a block of A are, mr to a panel: A[i,p] is
// data[i/mr·step + i%mr·row + p·col]. In packed panels, the only ones that a
// back end takes which is not strided, row is 1 and col is mr, and the last
// panel is filled up with zeros.
type panels struct {
	data           []float32
	row, col, step int
}
