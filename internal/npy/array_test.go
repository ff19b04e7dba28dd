package npy

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// ramp is a file of the numbers 0, 1, … of type t.
func ramp(t testing.TB, typ Type, shape ...int) []byte {
	t.Helper()
	var b strings.Builder
	w, err := NewWriter(&b, typ, shape...)
	if err != nil {
		t.Fatal(err)
	}
	n, err := elements(shape, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		switch typ {
		case Float32:
			err = Write(w, []float32{float32(i)})
		case Int64:
			err = Write(w, []int64{int64(i)})
		default:
			t.Fatalf("no ramp of %v", typ)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func TestRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "z.npy")
	if err := os.WriteFile(path, ramp(t, Float32, 50, 3, 2), 0o666); err != nil {
		t.Fatal(err)
	}
	a, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := Read(a, make([]float64, 7)); err != nil { // its place and its scratch are nobody else's
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for lo := range 50 {
		wg.Go(func() {
			v, err := a.Rows(lo, 50)
			if err != nil {
				t.Error(err)
				return
			}
			if v, err = v.Rows(0, min(3, 50-lo)); err != nil {
				t.Error(err)
				return
			}
			got, err := ReadAll[float64](v)
			if err != nil || len(got) != min(3, 50-lo)*6 || !slices.Equal(v.Shape(), []int{min(3, 50-lo), 3, 2}) {
				t.Errorf("rows from %d: %d elements of %v (%v)", lo, len(got), v.Shape(), err)
			}
			for i, x := range got {
				if x != float64(lo*6+i) {
					t.Errorf("rows from %d: element %d is %v", lo, i, x)
				}
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var next [1]float32
	if err := Read(a, next[:]); err != nil || next[0] != 7 {
		t.Errorf("%v after 7 elements (%v)", next, err)
	}
}

func TestRowsRefused(t *testing.T) {
	b := ramp(t, Float32, 5, 2)
	file, _ := open(b, false)
	for _, r := range [][2]int{{-1, 2}, {3, 2}, {0, 6}, {6, 6}} {
		if _, err := file.Rows(r[0], r[1]); err == nil {
			t.Errorf("rows %v of 5", r)
		} else {
			checkError(t, err, "x.npy: ")
		}
	}
	if v, err := file.Rows(5, 5); err != nil || v.Left() != 0 {
		t.Errorf("no rows: %v", err)
	}
	stream, _ := open(b, true)
	scalar, _ := open(ramp(t, Float32), false)
	for _, a := range []*Array{stream, scalar} {
		if _, err := a.Rows(0, 1); err == nil {
			t.Errorf("rows of %v", a.Shape())
		} else {
			checkError(t, err, "x.npy: ")
		}
	}
}

func TestSizes(t *testing.T) {
	b := ramp(t, Int64, 10_000)
	for _, c := range []struct {
		name, want, streamed string
		b                    []byte
	}{
		{"no data", "truncated: 0 bytes of data, shape (10000,) of int64 takes 80000", "truncated: it ends after 0 of 10000 elements", b[:128]},
		{"half an element", "truncated: 79996 bytes", "truncated: it ends after 9999 of 10000", b[:len(b)-4]},
		{"one byte more", "80001 bytes of data", "more follows the array of shape (10000,)", append(b[:len(b):len(b)], 0)},
		{"twice", "a file of its own", "a file of its own", append(b[:len(b):len(b)], b...)},
	} {
		if _, err := open(c.b, false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", c.name, err, c.want)
		} else {
			checkError(t, err, "x.npy: ")
		}
		a, err := open(c.b, true)
		if err == nil {
			_, err = ReadAll[int32](a)
		}
		if err == nil || !strings.Contains(err.Error(), c.streamed) {
			t.Errorf("%s, streamed: %v; want %s", c.name, err, c.streamed)
			continue
		}
		checkError(t, err, "x.npy: ")
		if again := Read(a, make([]int64, 0)); again != err {
			t.Errorf("%s: then %v", c.name, again)
		}
	}
	if _, err := open(append(ramp(t, Int64, 0), 1), true); err == nil {
		t.Error("more follows an empty array, and nobody says so")
	}
}

// TestStream reads from what gives its bytes in pieces, and fails.
func TestStream(t *testing.T) {
	b := ramp(t, Int64, 3000)
	for _, slow := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		a, err := NewReader(slow(strings.NewReader(string(b))), "x.npy")
		if err != nil {
			t.Fatal(err)
		}
		x, err := ReadAll[float32](a)
		if err != nil || len(x) != 3000 || x[2999] != 2999 {
			t.Errorf("%d elements (%v)", len(x), err)
		}
	}
	broken := errors.New("broken")
	for _, at := range []int{0, 5, 9, 60, 128, 129, 5000, len(b)} {
		a, err := NewReader(io.MultiReader(strings.NewReader(string(b[:at])), iotest.ErrReader(broken)), "x.npy")
		if err == nil {
			_, err = ReadAll[int64](a)
		}
		if !errors.Is(err, broken) {
			t.Errorf("fails at %d: %v", at, err)
			continue
		}
		checkError(t, err, "x.npy: ")
	}
}

// TestMisuse is what the caller, not the file, does wrong.
func TestMisuse(t *testing.T) {
	reals, _ := open(ramp(t, Float32, 4), false)
	whole, _ := open(ramp(t, Int64, 4), false)
	void, _ := open(read(t, "bf16.npy"), false)
	for _, c := range []struct {
		err  error
		want string
	}{
		{Read(reals, make([]float32, 5)), "5 elements wanted, 4 are left"},
		{Read(reals, make([]int32, 4)), "type float32, where integers are wanted"},
		{Read(reals, make([]uint16, 4)), "type float32, where the bits of 16-bit"},
		{Read(whole, make([]uint16, 4)), "type int64, where the bits of 16-bit"},
		{Read(void, make([]uint16, 6)), "dtype V2, two bytes of unknown meaning"},
		{Read(void, make([]float32, 6)), "dtype V2, two bytes of unknown meaning"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%v; want %s", c.err, c.want)
			continue
		}
		checkError(t, c.err, "x.npy: ")
	}
	if _, err := ReadAll[int32](reals); err == nil {
		t.Error("floats were read as integers")
	}
	reals.AssumeBFloat16()
	if x, err := ReadAll[float32](reals); err != nil || !slices.Equal(x, []float32{0, 1, 2, 3}) {
		t.Errorf("after errors of the caller's: %v (%v)", x, err)
	}
}

func TestOpenRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none.npy")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "a folder") {
		t.Errorf("%v", err)
	} else {
		checkError(t, err, dir)
	}
	if _, err := NewReader(strings.NewReader(string(read(t, "one.npz"))), "x.npy"); err == nil {
		t.Error("an archive was read from a stream")
	} else {
		checkError(t, err, "x.npy: ")
	}
	a, err := Open(golden("cube.npy"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if err := Read(a, make([]float32, 6)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	} else {
		checkError(t, err, golden("cube.npy")+": ")
		if strings.Count(err.Error(), "cube") > 1 {
			t.Errorf("the file is named twice: %v", err)
		}
	}
	if runtime.GOOS == "linux" { // not a regular file
		if _, err := Open(os.DevNull); err == nil || !strings.Contains(err.Error(), "empty") {
			t.Errorf("%v", err)
		}
	}
}

// TestConversions is about the ends of the ranges, and where a value that does
// not fit is.
func TestConversions(t *testing.T) {
	u8 := func(s string, n string) *Array {
		a, err := open(npy("{'descr': '"+n+"', 'fortran_order': False, 'shape': (2,)}", s), false)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	const min32, over32 = "\x00\x00\x00\x80\xff\xff\xff\xff", "\x00\x00\x00\x80\x00\x00\x00\x00"
	if x, err := ReadAll[int32](u8(min32+min32, "<i8")); err != nil || x[1] != -1<<31 {
		t.Errorf("%v (%v)", x, err)
	}
	if x, err := ReadAll[int32](u8("\x7f\xff\xff\xff\xff\xff\xff\xff", ">u4")); err == nil || !strings.Contains(err.Error(), "element 1, counted from 0, is 4294967295, which int32 does not hold") {
		t.Errorf("%v (%v)", x, err)
	}
	if _, err := ReadAll[int32](u8(min32+over32, "<i8")); err == nil || !strings.Contains(err.Error(), "element 1, counted from 0, is 2147483648") {
		t.Errorf("%v", err)
	}
	if _, err := ReadAll[int64](u8(min32+strings.Repeat("\xff", 8), "<u8")); err == nil || !strings.Contains(err.Error(), "element 0, counted from 0, is 18446744071562067968") {
		t.Errorf("%v", err)
	}
	if x, err := ReadAll[int64](u8("\x02\xff", "|b1")); err != nil || x[0] != 1 || x[1] != 1 {
		t.Errorf("bool: %v (%v)", x, err)
	}
	// Far into the array, by way of Rows, and across blocks.
	b := ramp(t, Int64, 20_000)
	b[len(b)-8*100+7] = 0x40 // element 19,900
	a, _ := open(b, false)
	v, _ := a.Rows(10, 20_000)
	err := Read(v, make([]int32, 5000))
	if err != nil {
		t.Fatal(err)
	}
	if err := Read(v, make([]int32, v.Left())); err == nil || !strings.Contains(err.Error(), "element 19900,") {
		t.Errorf("%v", err)
	}
}
