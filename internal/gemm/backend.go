package gemm

// A backend is a micro-kernel and the shape of its tile.
type backend struct {
	name    string
	mr, nr  int  // rows and columns of a full tile
	strided bool // kernel reads A in place too, not only packed panels
	kernel  kernelFunc
}

// A kernelFunc updates the tile of rows × nr elements C[i,j] = c[i·cRow+j],
// 1 ≤ rows ≤ mr:
//
//	C[i,j] = (add ? C[i,j] : 0) + Σ_p a[i·aRow+p·aCol]·b[p·bRow+j],  0 ≤ p < k,  k ≥ 1
//
// as one chain over increasing p. Unless the back end is strided, a is a panel
// of mr rows (aRow = 1, aCol = mr) filled up with zeros.
type kernelFunc func(rows, k int, a []float32, aRow, aCol int, b []float32, bRow int, c []float32, cRow int, add bool)
