package npy

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What testdata/make.py saves.
var (
	reals  = []float64{0, math.Copysign(0, -1), 1.5, -2.25, 1024, -0.125}
	whole  = []int64{0, 1, 2, 100, 127, 5}
	signed = []int64{0, -1, 2, -100, 127, -128}
	halves = []uint16{0, 0x8000, 0x3e00, 0xc080, 0x6400, 0xb000}
	brains = []uint16{0, 0x8000, 0x3fc0, 0xc010, 0x4480, 0xbe00}
)

func golden(name string) string { return filepath.Join("testdata", name) }

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(golden(name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open opens what b holds, on disk or, in order only, from a stream.
func open(b []byte, stream bool) (*Array, error) {
	if stream {
		return NewReader(bytes.NewReader(b), "x.npy")
	}
	return newArray(bytes.NewReader(b), int64(len(b)), "x.npy")
}

// same compares bits, so that −0 is not 0 and a NaN is itself.
func same[T number](a, b []T) bool { return bytes.Equal(bytesOf(a), bytesOf(b)) && len(a) == len(b) }

func to[T number, S number](x []S) []T {
	y := make([]T, len(x))
	rounded(y, x)
	return y
}

// wantAll reads all of a golden file as T, by one Read after another of sizes
// that do not divide the whole, and by ReadAll.
func wantAll[T Value](t *testing.T, name string, want []T) {
	t.Helper()
	for _, stream := range []bool{false, true} {
		a, err := open(read(t, name), stream)
		if err != nil {
			t.Fatal(err)
		}
		a.AssumeBFloat16()
		all, err := ReadAll[T](a)
		if err != nil || !same(all, want) || a.Left() != 0 {
			t.Errorf("%s, stream %v: %v (%v), want %v", name, stream, all, err, want)
		}
		a, _ = open(read(t, name), stream)
		a.AssumeBFloat16()
		got := make([]T, a.Left())
		for i := 0; i < len(got); i += 4 {
			if err := Read(a, got[i:min(i+4, len(got))]); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if !same(got, want) {
			t.Errorf("%s, stream %v, by 4: %v, want %v", name, stream, got, want)
		}
	}
}

func TestGolden(t *testing.T) {
	for _, f := range []struct {
		name string
		typ  Type
	}{
		{"f4", Float32}, {"f8", Float64}, {"f2", Float16},
		{"i2", Int16}, {"i4", Int32}, {"i8", Int64}, {"u2", Uint16}, {"u4", Uint32}, {"u8", Uint64},
		{"i1", Int8}, {"u1", Uint8}, {"b1", Bool}, {"bf16", Void2}, {"v2", Void2},
	} {
		names := []string{f.name + ".npy"}
		if f.typ.Size() > 1 && f.typ != Void2 {
			names = []string{f.name + "-le.npy", f.name + "-be.npy"}
		}
		for _, name := range names {
			a, err := Open(golden(name))
			if err != nil {
				t.Error(err)
				continue
			}
			if a.Type() != f.typ || !slices.Equal(a.Shape(), []int{2, 3}) || a.Left() != 6 {
				t.Errorf("%s: %v %v, %d elements", name, a.Type(), a.Shape(), a.Left())
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			wantValues(t, name, f.typ)
		}
	}
}

// wantValues reads a golden file as every Value it can be read as.
func wantValues(t *testing.T, name string, typ Type) {
	t.Helper()
	switch typ {
	case Float16, Void2, Float32, Float64:
		if typ == Float16 {
			wantAll(t, name, halves)
		} else if typ == Void2 {
			wantAll(t, name, brains)
		}
		wantAll(t, name, to[float32](reals))
		wantAll(t, name, reals)
		return
	}
	values := whole
	switch typ {
	case Int8, Int16, Int32, Int64:
		values = signed
	case Bool:
		values = []int64{0, 1, 1, 1, 1, 1}
	}
	wantAll(t, name, to[int32](values))
	wantAll(t, name, values)
	wantAll(t, name, to[float32](values))
	wantAll(t, name, to[float64](values))
}

func TestGoldenShapes(t *testing.T) {
	ones := slices.Repeat([]int{1}, 32)
	for name, shape := range map[string][]int{
		"scalar": {}, "vector": {6}, "cube": {1, 3, 2}, "empty": {0, 3}, "empty-inside": {3, 0, 2},
		"axes32": ones, "fortran-row": {1, 6}, "version2": {2, 3}, "version3": {2, 3},
	} {
		a, err := Open(golden(name + ".npy"))
		if err != nil {
			t.Error(err)
			continue
		}
		a.Close()
		want := to[float32](reals)
		switch name {
		case "scalar", "axes32":
			want = want[2:3]
		case "empty", "empty-inside":
			want = nil
		}
		if !slices.Equal(a.Shape(), shape) || a.Left() != len(want) {
			t.Errorf("%s: shape %v, want %v", name, a.Shape(), shape)
		}
		wantAll(t, name+".npy", want)
	}
}

func TestGoldenRefused(t *testing.T) {
	for name, want := range map[string]string{
		"objects": `dtype "|O" (Python objects)`, "strings": `dtype "<U2" (strings)`, "bytes": `dtype "|S2" (strings)`,
		"complex": `dtype "<c8" (complex numbers)`, "dates": `dtype "<M8[D]" (dates)`, "long-double": `dtype "<f16" is not read`,
		"structured": `dtype "[('a', '<i4'), (\"b]'\", '<f4')]" is not read`,
		"fortran":    "shape (2, 3) in Fortran order; save np.ascontiguousarray(x)",
	} {
		path := golden(name + ".npy")
		a, err := Open(path)
		if err == nil {
			t.Errorf("%s: a %v was opened", name, a.Type())
			continue
		}
		checkError(t, err, path)
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", name, err, want)
		}
	}
}

// checkError holds an error to one line that begins with the file's name.
func checkError(t testing.TB, err error, name string) {
	t.Helper()
	if s := err.Error(); !strings.HasPrefix(s, name) || strings.ContainsAny(s, "\n\r") || len(s) > 500 || strings.Count(s, name) > 1 {
		t.Errorf("unclear error: %q", s)
	}
}
