package bench

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// filled is memory of random bytes, and as much beside it that is zero.
func filled(t *testing.T, n int) (src, dst []byte) {
	t.Helper()
	m, err := NewMemory(2 * n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Free(); err != nil {
			t.Error(err)
		}
	})
	src, dst = m.Take(n), m.Take(n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(src)
	return src, dst
}

// with runs the loops of a back end.
func with(b *backend, workers int) *Loops {
	l := NewLoops(workers)
	l.backend, l.task.b = b, b
	return l
}

// TestMemoryLoops: on every back end, whatever the length and the number of
// goroutines, all is read once, and copied to its place and nowhere else.
func TestMemoryLoops(t *testing.T) {
	all, room := filled(t, grain+2*pageBytes)
	zeros := make([]byte, len(room))
	for _, n := range []int{unit, 7 * unit, piece + unit, grain + 3*unit} {
		src, dst := all[pageBytes:][:n], room[pageBytes:][:n]
		want := uint32(0)
		for i := 0; i < n; i += 4 {
			want += binary.NativeEndian.Uint32(src[i:])
		}
		for _, b := range available() {
			for _, workers := range []int{1, 3} {
				name := fmt.Sprintf("%s, %d bytes, %d goroutines", b.name, n, workers)
				l := with(b, workers)
				if got := l.Read(src); got != want {
					t.Errorf("%s: sum %d, want %d", name, got, want)
				}
				for how, run := range map[string]func(dst, src []byte){"copy": l.Copy, "stream": l.Stream} {
					run(dst, src)
					if !bytes.Equal(dst, src) {
						t.Errorf("%s: %s is another", name, how)
					}
					clear(dst)
					if !bytes.Equal(room, zeros) {
						t.Errorf("%s: %s writes beside it", name, how)
					}
				}
			}
		}
	}
}

// TestMultiplyAdd: every register of every back end takes every step. Three steps
// are exact.
func TestMultiplyAdd(t *testing.T) {
	for _, b := range available() {
		for n := 1; n <= 3; n++ {
			want := 0.0
			for i := range b.chains {
				want += float64(b.lanes) * (2 + (float64(1+i)-2)/math.Exp2(float64(n)))
			}
			if got := b.multiplyAdd(n); float64(got) != want {
				t.Errorf("%s: %d steps give %v, want %v", b.name, n, got, want)
			}
		}
		if got, want := b.multiplyAdd(100), float32(2*b.chains*b.lanes); got != want {
			t.Errorf("%s: it ends at %v, want %v", b.name, got, want)
		}
		if b.pairs != nil {
			for _, n := range []int{1, 3, 1000} {
				if got, want := b.pairs(n), float32(n*b.chains*b.lanes); got != want {
					t.Errorf("%s: %d steps with pairs give %v, want %v", b.name, n, got, want)
				}
			}
		}
		l := with(b, 2)
		plain, pairs := l.MultiplyAdd(), l.MultiplyAddPairs()
		if want := map[bool]float64{true: 2, false: 1}[l.Pairs()] * plain; pairs != want {
			t.Errorf("%s: %v operations with pairs, %v without", b.name, pairs, plain)
		}
		clear(l.task.sums)
		flop := l.MultiplyAdd()
		calls := 0.0 // each ends at the limit, or all but
		for _, s := range l.task.sums {
			calls += float64(s.numbers) / float64(2*b.chains*b.lanes)
		}
		if perCall := flop / calls; !(math.Abs(calls-math.Round(calls)) <= 1e-3*calls) || !(perCall > 1<<19 && perCall <= 1<<20) {
			t.Errorf("%s: %v operations in %v calls", b.name, flop, calls)
		}
	}
}

// TestLengths: memory of another length is a mistake of the caller's.
func TestLengths(t *testing.T) {
	src, dst := filled(t, pageBytes)
	for _, f := range []func(){
		func() { NewLoops(1).Copy(dst[:unit], src) },
		func() { NewLoops(1).Read(src[:unit-4]) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		}()
	}
}

func TestMemory(t *testing.T) {
	m, err := NewMemory(3*pageBytes + 1)
	if err != nil {
		t.Fatal(err)
	}
	a, b := m.Take(5), m.Take(2*pageBytes)
	if len(a) != pageBytes || len(b) != 2*pageBytes || len(m.left) != pageBytes {
		t.Errorf("%d, %d and %d bytes left", len(a), len(b), len(m.left))
	}
	Floats(a)[0], Halves(b)[pageBytes-1] = 1, 0xffff
	if a[3] != 0x3f && a[0] != 0x3f || b[2*pageBytes-1] != 0xff || len(Floats(a)) != pageBytes/4 {
		t.Error("views are of other bytes")
	}
	if m.Reset(); len(m.left) != 4*pageBytes {
		t.Errorf("%d bytes left of all", len(m.left))
	}
	if err := m.Free(); err != nil {
		t.Error(err)
	}
}
