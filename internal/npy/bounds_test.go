package npy

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// due is what reading n bytes as 64-bit values may allocate. The worst is bool,
// from a stream: 8 bytes an element, in slices that grow.
func due(n int) uint64 { return 1<<20 + 40*uint64(n) }

// hostile are files that promise much and hold about 100 bytes.
func hostile() map[string][]byte {
	return map[string][]byte{
		"header of 4 GiB":     append([]byte(magic), "\x02\x00\xff\xff\xff\xff{'descr': "...),
		"header of 64 KiB":    append([]byte(magic), "\x01\x00\xff\xff{'descr': "...),
		"2^31-1 elements":     npy(shaped("(2147483647,)"), "abcd"),
		"2^40 elements":       npy(shaped("(1048576, 1048576)"), "abcd"),
		"2^40 bools":          npy("{'descr': '|b1', 'fortran_order': False, 'shape': (1099511627776,)}", "abcd"),
		"2^61-1 elements":     npy(shaped("(2305843009213693951,)"), "abcd"),
		"2^64 elements":       npy(shaped("(4294967296, 4294967296)"), "abcd"),
		"2^64+1 elements":     npy(shaped("(2147483648, 8589934592, 1)"), "abcd"),
		"none by 2^62":        npy(shaped("(0, 4611686018427387904)"), ""),
		"none by 2^124":       npy(shaped("(0, 4611686018427387904, 4611686018427387904)"), ""),
		"a size of 1000 bits": npy(shaped("("+strings.Repeat("1", 300)+",)"), "abcd"),
		"open tuples":         npy("{'descr': "+strings.Repeat("(", 90), ""),
		"open strings":        npy(strings.Repeat("{'", 45), ""),
		"blanks":              npy(strings.Repeat(" ", 90), ""),
	}
}

// TestMemory: a small file takes little memory, whatever it promises: on disk,
// from a stream and in an archive.
func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	for name, b := range hostile() {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		packed := archive(t, zip.Deflate, "a.npy", string(b))
		for way, f := range map[string]func() (*Array, error){
			"file":   func() (*Array, error) { return Open(path) },
			"stream": func() (*Array, error) { return NewReader(bytes.NewReader(b), "x.npy") },
			"archive": func() (*Array, error) {
				z, err := newArchive(bytes.NewReader(packed), int64(len(packed)), "x.npz")
				if err != nil {
					return nil, err
				}
				return z.Open("")
			},
		} {
			var err error
			n := allocated(func() {
				var a *Array
				if a, err = f(); err == nil {
					_, err = ReadAll[float64](a)
					_ = a.Close()
				}
			})
			if n > due(0) {
				t.Errorf("%s, %s: %d bytes took %d", name, way, len(b), n)
			}
			if err == nil && !strings.HasPrefix(name, "none") {
				t.Errorf("%s, %s: was read", name, way)
			}
		}
	}
}

// TestReadAllOnce: what a file on disk holds is known, and takes its memory once.
func TestReadAllOnce(t *testing.T) {
	const n = 1 << 20
	b := ramp(t, Float32, n)
	if got := allocated(func() {
		a, err := open(b, false)
		if err != nil {
			t.Fatal(err)
		}
		if x, err := ReadAll[float32](a); err != nil || len(x) != n {
			t.Errorf("%d elements (%v)", len(x), err)
		}
	}); got > 4*n+1<<18 {
		t.Errorf("%d bytes for %d", got, 4*n)
	}
}

// TestAllocations: elements of their own type need no memory but the caller's.
func TestAllocations(t *testing.T) {
	a, err := open(ramp(t, Float32, 100_000), false)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, 100)
	if n := testing.AllocsPerRun(500, func() {
		if err := Read(a, dst); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a Read", n)
	}
	wide := make([]float64, 100)
	if err := Read(a, wide); err != nil { // makes the scratch
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(400, func() {
		if err := Read(a, wide); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a converting Read", n)
	}
}
