package npy

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// addGolden makes the golden files of that ending seeds.
func addGolden(f *testing.F, ending string) {
	f.Helper()
	paths, err := filepath.Glob(golden("*" + ending))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no golden files (%v)", err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzNpy: a file and a stream of the same bytes are accepted alike and hold
// the same, in bounded memory, and what can be written comes back.
func FuzzNpy(f *testing.F) {
	addGolden(f, ".npy")
	for _, b := range hostile() {
		f.Add(b)
	}
	for header := range refusedHeaders {
		f.Add(npy(header, ""))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var file, stream []float64
		var fileErr, streamErr error
		if n := allocated(func() { file, fileErr = readFloats(open(b, false)) }); n > due(len(b)) {
			t.Errorf("%d bytes took %d", len(b), n)
		}
		if n := allocated(func() { stream, streamErr = readFloats(open(b, true)) }); n > due(len(b)) {
			t.Errorf("streamed, %d bytes took %d", len(b), n)
		}
		if (fileErr == nil) != (streamErr == nil) || !same(file, stream) {
			t.Fatalf("a file: %d elements (%v); a stream: %d elements (%v)", len(file), fileErr, len(stream), streamErr)
		}
		if fileErr != nil {
			checkError(t, fileErr, "x.npy: ")
			checkError(t, streamErr, "x.npy: ")
			return
		}
		a, _ := open(b, false)
		if n, err := elements(a.Shape(), a.Type().Size()); err != nil || n != len(file) {
			t.Fatalf("%d elements of shape %v (%v)", len(file), a.Shape(), err)
		}
		checkRows(t, a, file)
		again, err := open(written(t, Float64, file, a.Shape()...), false)
		if err != nil {
			t.Fatal(err)
		}
		if x, err := ReadAll[float64](again); err != nil || !same(x, file) {
			t.Fatalf("the round trip changed %v to %v (%v)", file, x, err)
		}
	})
}

// readFloats reads everything of what open returned.
func readFloats(a *Array, err error) ([]float64, error) {
	if err != nil {
		return nil, err
	}
	a.AssumeBFloat16()
	return ReadAll[float64](a)
}

// checkRows compares the second half of the rows with the end of the whole.
func checkRows(t *testing.T, a *Array, whole []float64) {
	if len(a.Shape()) == 0 {
		return
	}
	n := a.Shape()[0]
	v, err := a.Rows(n/2, n)
	if err != nil {
		t.Fatal(err)
	}
	x, err := readFloats(v, nil)
	if err != nil || !same(x, whole[len(whole)-len(x):]) || n > 0 && len(x) != len(whole)/n*(n-n/2) {
		t.Fatalf("rows from %d of %v: %v (%v)", n/2, a.Shape(), x, err)
	}
}

// FuzzNpz: an archive is read in bounded memory, with clear errors.
func FuzzNpz(f *testing.F) {
	addGolden(f, ".npz")
	for _, c := range refusedArchives(f) {
		f.Add(c.b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const members = 4 // they may share their bytes, so that all of them are many times the file
		var z *Archive
		var err error
		if n := allocated(func() { z, err = newArchive(bytes.NewReader(b), int64(len(b)), "x.npz") }); n > due(len(b)) {
			t.Errorf("the directory of %d bytes took %d", len(b), n)
		}
		if err != nil {
			checkError(t, err, "x.npz: ")
			return
		}
		for _, name := range z.Names()[:min(members, len(z.Names()))] {
			// A deflated byte is at most 1032, a bool 8 bytes in memory.
			const inflated = 1032
			if n := allocated(func() { _, err = readFloats(z.Open(name)) }); n > due(inflated*len(b)) {
				t.Errorf("%q: %d bytes took %d", name, len(b), n)
			}
			if err != nil {
				checkError(t, err, "x.npz:")
			}
		}
	})
}
