//go:build linux && (amd64 || arm64)

package xent

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// reserve returns n elements of memory of which only what is touched is there.
func reserve[T any](t *testing.T, n int) []T {
	t.Helper()
	var x T
	m, err := syscall.Mmap(-1, 0, n*int(unsafe.Sizeof(x)), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skipf("%d bytes of address space: %v", n*int(unsafe.Sizeof(x)), err)
	}
	syscall.Madvise(m, syscall.MADV_NOHUGEPAGE) // else a touched element is 2 MB
	t.Cleanup(func() { syscall.Munmap(m) })
	return unsafe.Slice((*T)(unsafe.Pointer(&m[0])), n)
}

// Rows and columns of more than 2³¹ elements, and of more than 2³² bytes in
// every type.
const (
	hugeRows = 1100
	hugeCols = 2_000_003
)

// TestManyElements: a matrix of more than 2³¹ logits, of which the last row
// counts, and one whose padded rows lie that far apart, all of which count.
func TestManyElements(t *testing.T) {
	if testing.Short() {
		t.Skip("reserves 9 GB of address space")
	}
	logits := reserve[float32](t, hugeRows*hugeCols)
	y := make([]int32, hugeRows)
	for i := range y {
		y[i] = Ignore
	}
	last := logits[(hugeRows-1)*hugeCols:]
	last[hugeCols-2], last[hugeCols-1] = 50, 49
	y[hugeRows-1] = hugeCols - 1
	l, rows := (problem{v: hugeCols}).loss(Options{}), newRows(hugeRows)
	var total Total
	if err := l.Forward(&total, Float32(logits, hugeRows, hugeCols), Targets{Index: y}, rows); err != nil {
		t.Fatal(err)
	}
	if r := total.Result(); r.Count != 1 || rows.Argmax[hugeRows-1] != hugeCols-2 || rows.Rank[hugeRows-1] != 2 || !(r.NLL > 1.3132 && r.NLL < 1.3134) {
		t.Errorf("%+v, argmax %d", r, rows.Argmax[hugeRows-1])
	}
	clear(last[hugeCols-2:])
	farApart(t, array{storage: f32, f32: logits})
}

func TestManyHalves(t *testing.T) {
	if testing.Short() {
		t.Skip("reserves 4 GB of address space")
	}
	farApart(t, array{storage: bf16, u16: reserve[uint16](t, hugeRows*hugeCols)})
}

func TestManyDoubles(t *testing.T) {
	if testing.Short() {
		t.Skip("reserves 18 GB of address space")
	}
	farApart(t, array{storage: f64, f64: reserve[float64](t, hugeRows*hugeCols)})
}

// farApart: rows of a view that spans all of a have the bits of the same rows
// side by side, loss and gradient in place, and as hidden states.
func farApart(t *testing.T, a array) {
	const v = 5
	m := a.matrix(hugeRows, hugeCols).Columns(hugeCols-v, hugeCols)
	near := newArray(a.storage, hugeRows*v)
	y := make([]int32, hugeRows)
	for i := range hugeRows {
		y[i] = int32(i % v)
		for c := range v {
			x := float64((i*7+c*c)%11) - 4
			a.set(i*hugeCols+hugeCols-v+c, x)
			near.set(i*v+c, x)
		}
	}
	bothWays(t, m, near.matrix(hugeRows, v), Targets{Index: y}, v)
	q := newArray(a.storage, hugeRows*v)
	for i := range hugeRows {
		q.set(i*v+i%v, 0.75)
		q.set(i*v+(i+1)%v, 0.25)
	}
	for i := range hugeRows { // the gradient has taken the logits' place
		for c := range v {
			if got, want := a.at(i*hugeCols+hugeCols-v+c), near.at(i*v+c); got != want {
				t.Fatalf("row %d class %d: gradient %v, want %v", i, c, got, want)
			}
			a.set(i*hugeCols+hugeCols-v+c, q.at(i*v+c))
		}
	}
	logits := newArray(f32, hugeRows*v)
	var far, close Total // the view as a distribution
	l := (problem{v: v}).loss(Options{})
	if err := l.Forward(&far, logits.matrix(hugeRows, v), Targets{Soft: &Soft{Dense: m}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Forward(&close, logits.matrix(hugeRows, v), Targets{Soft: &Soft{Dense: q.matrix(hugeRows, v)}}, nil); err != nil {
		t.Fatal(err)
	}
	sameResult(t, "a distribution far apart", far.Result(), close.Result())
}

// bothWays compares passes over two matrices of the same numbers.
func bothWays(t *testing.T, far, near Matrix, y Targets, v int) {
	t.Helper()
	l := (problem{v: v}).loss(Options{})
	classifier := random(rand.New(rand.NewPCG(1, 1)), v*v)
	var results [2]Result
	var linear [2]Result
	var hidden [2][]float32
	for k, m := range [2]Matrix{far, near} {
		var total Total
		hidden[k] = make([]float32, hugeRows*v)
		h := Linear{Hidden: m, Classifier: Float32(classifier, v, v)}
		if err := l.LinearGradient(&total, h, y, nil, 1, LinearGrad{Hidden: Float32(hidden[k], hugeRows, v)}); err != nil {
			t.Fatal(err)
		}
		linear[k] = total.Result()
		total.Reset()
		if err := l.Gradient(&total, m, y, nil, 1, m); err != nil {
			t.Fatal(err)
		}
		results[k] = total.Result()
	}
	sameResult(t, "rows far apart", results[0], results[1])
	sameResult(t, "hidden states far apart", linear[0], linear[1])
	sameFloats(t, "dHidden", hidden[0], hidden[1])
}
