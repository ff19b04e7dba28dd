package npy

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkRead reads an array from a file that the system holds in memory, by
// blocks of 1 MiB. impl=raw is the file alone: the limit.
func BenchmarkRead(b *testing.B) {
	const n = 1 << 22
	dir := b.TempDir()
	save := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			b.Fatal(err)
		}
		return path
	}
	r := rand.New(rand.NewPCG(1, 1))
	x, half, long := make([]float32, n), make([]uint16, n), make([]int64, n)
	for i := range n {
		x[i], half[i], long[i] = r.Float32(), uint16(0x3000+r.IntN(0xc00)), r.Int64N(50257)
	}
	singles := written(b, Float32, x, n)
	other := bytes.Clone(singles)
	copy(other[len(magic)+4:], fmt.Sprintf("{'descr': '%sf4'", map[bool]string{true: ">", false: "<"}[littleEndian]))
	halves := written(b, Float16, half, n)
	longs := written(b, Int64, long, n)
	path := save("raw.npy", singles)
	b.Run(fmt.Sprintf("impl=raw/n=%d", n), func(b *testing.B) {
		b.SetBytes(4 * n)
		block := make([]byte, 1<<20)
		for range b.N {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			for err == nil {
				_, err = f.Read(block)
			}
			f.Close()
			if err != io.EOF {
				b.Fatal(err)
			}
		}
	})
	benchmark[float32](b, "native", path, n)
	benchmark[float32](b, "swapped", save("swapped.npy", other), n)
	benchmark[float32](b, "float16", save("half.npy", halves), n)
	benchmark[int32](b, "int64", save("long.npy", longs), n)
	benchmark[float32](b, "stored", save("stored.npz", archive(b, zip.Store, "a.npy", string(singles))), n)
	benchmark[float32](b, "deflated", save("deflated.npz", archive(b, zip.Deflate, "a.npy", string(singles))), n)
}

func benchmark[T Value](b *testing.B, impl, path string, n int) {
	b.Run(fmt.Sprintf("impl=%s/n=%d", impl, n), func(b *testing.B) {
		block := make([]T, 1<<18)
		for range b.N {
			a, err := Open(path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(n * a.Type().Size()))
			for a.Left() > 0 {
				if err := Read(a, block[:min(len(block), a.Left())]); err != nil {
					b.Fatal(err)
				}
			}
			a.Close()
		}
	})
}

// BenchmarkWrite writes what does not go to a disk.
func BenchmarkWrite(b *testing.B) {
	const n = 1 << 22
	block := make([]float32, 1<<18)
	b.Run(fmt.Sprintf("impl=native/n=%d", n), func(b *testing.B) {
		out, err := os.Create(filepath.Join(b.TempDir(), "x.npy"))
		if err != nil {
			b.Fatal(err)
		}
		defer out.Close()
		b.SetBytes(4 * n)
		for range b.N {
			if _, err := out.Seek(0, io.SeekStart); err != nil {
				b.Fatal(err)
			}
			w, err := NewWriter(out, Float32, n)
			for range n / len(block) {
				err = Write(w, block)
			}
			if err != nil || w.Finish() != nil {
				b.Fatal(err)
			}
		}
	})
}
