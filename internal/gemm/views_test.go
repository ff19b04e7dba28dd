package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"

	"xent/internal/tensor"
)

// A layout is a way to lay a matrix out in memory.
type layout struct {
	transposed bool
	gap        int // floats between the lines
}

var layouts = []layout{{false, 0}, {false, 3}, {true, 0}, {true, 5}}

const margin = 9 // floats before and after

// guard fills what belongs to no element: a NaN, so that reading it shows, with
// a payload of its own, so that writing it shows.
var guard = math.Float32frombits(0x7fc5a5a5)

// view lays out rows×cols values, given row by row, among guards. The second
// result is the whole memory.
func (l layout) view(values []float32, rows, cols int) (tensor.Matrix, []float32) {
	lines, width := rows, cols
	if l.transposed {
		lines, width = cols, rows
	}
	stride := width + l.gap
	all := make([]float32, 2*margin+lines*stride)
	for i := range all {
		all[i] = guard
	}
	m := tensor.Strided(all[margin:], lines, width, stride)
	if l.transposed {
		m = m.T()
	}
	for i := range rows {
		for j := range cols {
			all[margin+i*m.RowStride+j*m.ColStride] = values[i*cols+j]
		}
	}
	return m, all
}

// read gives the elements row by row, and says whether every guard is intact.
func read(m tensor.Matrix, all []float32) (values []float32, intact bool) {
	guards := 0
	for _, v := range all {
		if math.Float32bits(v) == math.Float32bits(guard) {
			guards++
		}
	}
	values = make([]float32, m.Rows*m.Cols)
	for i := range m.Rows {
		m.Gather(values[i*m.Cols:][:m.Cols], i, 0)
	}
	return values, guards == len(all)-len(values)
}

// A product holds operands row by row.
type product struct {
	m, n, k int
	a, b, c []float32
}

func randomProduct(r *rand.Rand, m, n, k int, draw func(*rand.Rand) float32) product {
	fill := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = draw(r)
		}
		return x
	}
	return product{m, n, k, fill(m * k), fill(k * n), fill(m * n)}
}

func normalValue(r *rand.Rand) float32 { return float32(r.NormFloat64()) }

func (p product) String() string { return fmt.Sprintf("%d×%d×%d", p.m, p.n, p.k) }

// want is the definition, element by element.
func (p product) want(step chain, add bool) []float32 {
	out := make([]float32, p.m*p.n)
	for i := range p.m {
		for j := range p.n {
			var s float32
			if add {
				s = p.c[i*p.n+j]
			}
			for q := range p.k {
				s = step(p.a[i*p.k+q], p.b[q*p.n+j], s)
			}
			out[i*p.n+j] = s
		}
	}
	return out
}

// run computes the product for operands laid out as la, lb and C with a gap.
func (p product) run(be *backend, blk blocking, workers int, la, lb layout, gap int, add bool) (c []float32, intact bool) {
	a, _ := la.view(p.a, p.m, p.k)
	b, _ := lb.view(p.b, p.k, p.n)
	m, all := layout{gap: gap}.view(p.c, p.m, p.n)
	multiply(be, blk, workers, m, a, b, add)
	return read(m, all)
}

func firstDifference(got, want []float32) int {
	for i := range want {
		if !same(got[i], want[i]) {
			return i
		}
	}
	return -1
}
