package gemm

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"

	"xent/internal/tensor"
)

// tiny blocks make small products cross every boundary.
var tiny = blocking{mc: 28, nc: 64, kc: 4, alone: 3, slab: 300, serial: 0}

// TestBackend says which back end runs, and fails when XENT_WANT_BACKEND names
// another one that this code and this CPU have:
//
//	XENT_WANT_BACKEND=generic go test -tags purego -run '^TestBackend$' -v ./internal/gemm
func TestBackend(t *testing.T) {
	t.Logf("back end: %s", Backend())
	want := os.Getenv("XENT_WANT_BACKEND")
	has := map[string]bool{
		"generic": true,
		"avx2":    cpu.X86.HasAVX2 && cpu.X86.HasFMA,
		"avx512":  cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ,
	}
	switch {
	case want == "" || want == Backend():
	case !has[want]:
		t.Skipf("back end %s is wanted; this code or this CPU lacks it, and %s ran", want, Backend())
	default:
		t.Fatalf("back end %s ran, %s is wanted", Backend(), want)
	}
}

// TestBlocks sends random shapes over the borders of blocks and slabs on several
// goroutines, Mul and MulAdd.
func TestBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		p := randomProduct(r, 1+r.IntN(60), 1+r.IntN(120), 1+r.IntN(40), normalValue)
		blk := blocking{mc: 1 + r.IntN(30), nc: 1 + r.IntN(60), kc: 1 + r.IntN(20), alone: 1 + r.IntN(20), slab: r.IntN(2000)}
		la, lb := layouts[r.IntN(4)], layouts[r.IntN(4)]
		for _, be := range available() {
			for _, add := range []bool{false, true} {
				want := p.want(chainOf(be), add)
				for _, workers := range []int{1, 2, 3, 8} {
					got, intact := p.run(be, blk, workers, la, lb, r.IntN(3), add)
					if i := firstDifference(got, want); i >= 0 || !intact {
						t.Fatalf("%s %v a %v b %v add %v workers %d %+v: element %d, guards intact %v",
							be.name, p, la, lb, add, workers, blk, i, intact)
					}
				}
			}
		}
	}
}

// TestExtremes: infinities, NaN, zeros of both signs, subnormals and overflow go
// where the definition sends them, and never into a neighbour.
func TestExtremes(t *testing.T) {
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), guard, math.SmallestNonzeroFloat32, math.MaxFloat32}
	rare := func(r *rand.Rand) float32 {
		if r.IntN(30) == 0 {
			return special[r.IntN(len(special))]
		}
		return normalValue(r)
	}
	r := rand.New(rand.NewPCG(7, 8))
	for _, draw := range []func(*rand.Rand) float32{rare, wild} {
		for range 200 {
			p := randomProduct(r, 1+r.IntN(20), 1+r.IntN(40), 1+r.IntN(10), draw)
			la, lb := layouts[r.IntN(4)], layouts[r.IntN(4)]
			for _, be := range available() {
				got, _ := p.run(be, tiny, 1, la, lb, 0, true)
				if i := firstDifference(got, p.want(chainOf(be), true)); i >= 0 {
					t.Fatalf("%s %v: element %d = %g, want %g", be.name, p, i, got[i], p.want(chainOf(be), true)[i])
				}
			}
		}
	}
}

// TestAccuracy holds whole products against float64:
// |err| ≤ (k+1)·2⁻²⁴/(1−(k+1)·2⁻²⁴) · (Σ|a·b| + |c|).
func TestAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, s := range [][3]int{{1, 300, 700}, {150, 40, 530}, {301, 17, 260}, {100, 271, 64}} {
		p := randomProduct(r, s[0], s[1], s[2], normalValue)
		la, lb := layouts[r.IntN(4)], layouts[r.IntN(4)]
		u := float64(p.k+1) * 0x1p-24
		for _, be := range available() {
			got, _ := p.run(be, be.blocking, 3, la, lb, 0, true)
			for i, v := range got {
				want, size := p.oracle(i/p.n, i%p.n)
				if err := math.Abs(float64(v) - want); !(err <= u/(1-u)*size) {
					t.Fatalf("%s %v (%d, %d) = %g, want %g: error %g of %g", be.name, p, i/p.n, i%p.n, v, want, err, size)
				}
			}
		}
	}
}

// oracle is element (i, j) of C + A·B in float64, and the sum of magnitudes.
func (p product) oracle(i, j int) (sum, size float64) {
	sum = float64(p.c[i*p.n+j])
	size = math.Abs(sum)
	for q := range p.k {
		x := float64(p.a[i*p.k+q]) * float64(p.b[q*p.n+j])
		sum += x
		size += math.Abs(x)
	}
	return sum, size
}

// TestOneOrder: a row alone, two halves of k and any number of workers give the
// bits of the whole product, on shapes that the default blocks cut.
func TestOneOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, s := range [][3]int{{200, 90, 300}, {31, 700, 270}} {
		p := randomProduct(r, s[0], s[1], s[2], normalValue)
		for _, be := range available() {
			want, _ := p.run(be, be.blocking, 1, layouts[0], layouts[2], 0, false)
			for _, workers := range []int{2, 3, 8} {
				got, _ := p.run(be, be.blocking, workers, layouts[3], layouts[0], 1, false)
				if i := firstDifference(got, want); i >= 0 {
					t.Fatalf("%s %v: element %d differs on %d workers", be.name, p, i, workers)
				}
			}
			a, b := tensor.Float32(p.a, p.m, p.k), tensor.Float32(p.b, p.k, p.n)
			rowByRow, halves := tensor.Float32(make([]float32, p.m*p.n), p.m, p.n), tensor.Float32(make([]float32, p.m*p.n), p.m, p.n)
			for i := range p.m {
				multiply(be, be.blocking, 2, rowByRow.Slice(i, i+1), a.Slice(i, i+1), b, false)
			}
			cut := p.k/2 + 3
			multiply(be, be.blocking, 2, halves, columns(a, 0, cut), b.Slice(0, cut), false)
			multiply(be, be.blocking, 2, halves, columns(a, cut, p.k), b.Slice(cut, p.k), true)
			if i := firstDifference(rowByRow.Data(), want); i >= 0 {
				t.Errorf("%s %v: element %d differs when rows are computed alone", be.name, p, i)
			}
			if i := firstDifference(halves.Data(), want); i >= 0 {
				t.Errorf("%s %v: element %d differs when k is cut at %d", be.name, p, i, cut)
			}
		}
	}
}

// TestFusedBackEndsAgree: back ends that fuse give each other's bits, payloads of
// NaN too, on shapes that the default blocks cut.
func TestFusedBackEndsAgree(t *testing.T) {
	fused := slices.DeleteFunc(available(), func(be *backend) bool { return be == generic })
	if len(fused) < 2 {
		t.Skipf("this code or this CPU has %d fused back ends", len(fused))
	}
	r := rand.New(rand.NewPCG(19, 20))
	for _, draw := range []func(*rand.Rand) float32{normalValue, wild} {
		for range 12 {
			p := randomProduct(r, 1+r.IntN(300), 1+r.IntN(150), 1+r.IntN(600), draw)
			la, lb, add := layouts[r.IntN(4)], layouts[r.IntN(4)], r.IntN(2) == 0
			want, _ := p.run(fused[0], fused[0].blocking, 1, la, lb, 0, add)
			for _, be := range fused[1:] {
				got, _ := p.run(be, be.blocking, 1, la, lb, 0, add)
				for i := range want {
					if x, y := math.Float32bits(want[i]), math.Float32bits(got[i]); x != y {
						t.Fatalf("%v a %v b %v add %v: element %d is %#x on %s and %#x on %s",
							p, la, lb, add, i, x, fused[0].name, y, be.name)
					}
				}
			}
		}
	}
}

// TestStorageTypes: operands of other types give the bits of their float32 values.
func TestStorageTypes(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	const m, n, k = 37, 45, 29
	for _, be := range available() {
		for _, d := range []tensor.DType{tensor.BF16, tensor.F16, tensor.F64} {
			for flip := range 4 {
				a, fa := typed(r, d, m, k, flip&1 != 0)
				b, fb := typed(r, d, k, n, flip&2 != 0)
				got, want := tensor.Float32(make([]float32, m*n), m, n), tensor.Float32(make([]float32, m*n), m, n)
				multiply(be, tiny, 2, got, a, b, false)
				multiply(be, be.blocking, 1, want, fa, fb, false)
				if i := firstDifference(got.Data(), want.Data()); i >= 0 {
					t.Errorf("%s %v transposed %02b: element %d differs", be.name, d, flip, i)
				}
			}
		}
	}
}

// typed draws a matrix of type d, and gives its float32 copy too.
func typed(r *rand.Rand, d tensor.DType, rows, cols int, transposed bool) (m, f tensor.Matrix) {
	lines, width := rows, cols
	if transposed {
		lines, width = cols, rows
	}
	if d == tensor.F64 {
		x := make([]float64, rows*cols)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		m = tensor.Float64(x, lines, width)
	} else {
		x := make([]uint16, rows*cols)
		for i := range x {
			x[i] = uint16(r.Uint32())&0x8fff | 0x3000 // finite and of moderate size
		}
		m = tensor.Half(d, x, lines, width)
	}
	if transposed {
		m = m.T()
	}
	f = tensor.Float32(make([]float32, rows*cols), rows, cols)
	for i := range rows {
		m.Gather(f.Row(i), i, 0)
	}
	return m, f
}

func TestMisuse(t *testing.T) {
	x := make([]float32, 64)
	f := tensor.Float32
	for name, m := range map[string][3]tensor.Matrix{
		"inner":      {f(x, 2, 3), f(x, 2, 4), f(x, 5, 3)},
		"rows":       {f(x, 2, 3), f(x, 3, 4), f(x, 4, 3)},
		"columns":    {f(x, 2, 3), f(x, 2, 4), f(x, 4, 2)},
		"transposed": {f(x, 3, 2).T(), f(x, 2, 4), f(x, 4, 3)},
		"type":       {tensor.Float64(make([]float64, 6), 2, 3), f(x, 2, 4), f(x, 4, 3)},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			Mul(1, m[0], m[1], m[2])
		}()
	}
}
