package npy

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestArchiveGolden(t *testing.T) {
	for _, name := range []string{"stored.npz", "deflated.npz", "streamed.npz", "zip64.npz"} {
		z, err := OpenArchive(golden(name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !slices.Equal(z.Names(), []string{"a", "b"}) {
			t.Errorf("%s: names %q", name, z.Names())
		}
		a, err := z.Open("a")
		if err != nil {
			t.Fatal(err)
		}
		b, err := z.Open("b.npy")
		if err != nil {
			t.Fatal(err)
		}
		if x, err := ReadAll[float64](a); err != nil || !same(x, reals) {
			t.Errorf("%s: %v (%v)", name, x, err)
		}
		if y, err := ReadAll[int32](b); err != nil || !same(y, to[int32](signed)) {
			t.Errorf("%s: %v (%v)", name, y, err)
		}
		for member, want := range map[string]string{"": `choose one of its 2 arrays: "a", "b"`, "c": `no array "c"; it has "a", "b"`} {
			if _, err := z.Open(member); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %s", name, err, want)
			} else {
				checkError(t, err, golden(name)+": ")
			}
		}
		if _, err := a.Rows(0, 1); err == nil {
			t.Errorf("%s: rows in any order", name)
		}
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestOpenArchive: Open takes an archive of one array.
func TestOpenArchive(t *testing.T) {
	a, err := Open(golden("one.npz"))
	if err != nil {
		t.Fatal(err)
	}
	if x, err := ReadAll[float32](a); err != nil || !same(x, to[float32](reals)) {
		t.Errorf("%v (%v)", x, err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(golden("stored.npz")); err == nil {
		t.Error("one of two arrays was chosen")
	}
}

// archive is a zip file of members, whose names and contents alternate.
func archive(t testing.TB, method uint16, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: members[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readArchive reads all arrays of an archive as float32.
func readArchive(b []byte) error {
	z, err := newArchive(bytes.NewReader(b), int64(len(b)), "x.npz")
	if err != nil {
		return err
	}
	for _, name := range z.Names() {
		a, err := z.Open(name)
		if err != nil {
			return err
		}
		if _, err := ReadAll[float32](a); err != nil {
			return err
		}
	}
	return nil
}

// A refusedArchive is an archive, and what its error says.
type refusedArchive struct {
	want string
	b    []byte
}

func refusedArchives(t testing.TB) []refusedArchive {
	scalar := string(npy(shaped("()"), "abcd"))
	patched := func(b []byte, old, new string) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	plain := archive(t, zip.Store, "a.npy", scalar)
	dir := bytes.Index(plain, []byte("PK\x01\x02"))
	changed := func(at int, c byte) []byte {
		b := bytes.Clone(plain)
		b[at] = c
		return b
	}
	unset := bytes.Clone(plain) // a checksum of 0, which zip.File.Open passes over
	copy(unset[dir+16:], "\x00\x00\x00\x00")
	return []refusedArchive{
		{"not an .npz archive", nil},
		{"not an .npz archive", []byte(scalar)},
		{"not an .npz archive", plain[:len(plain)-30]},
		{"without arrays", archive(t, zip.Store)},
		{"without arrays", archive(t, zip.Store, "a.txt", "abc")},
		{`two arrays are named "a"`, archive(t, zip.Store, "a.npy", scalar, "a.npy", scalar)},
		{"x.npz:a: truncated: 3 bytes of data", archive(t, zip.Store, "a.npy", scalar[:len(scalar)-1])},
		{"x.npz:a: 8 bytes of data", archive(t, zip.Store, "a.npy", scalar+"abcd")},
		{"x.npz:a: not a .npy array", archive(t, zip.Store, "a.npy", "abcdefghijkl")},
		{"x.npz:a: a zip archive within", archive(t, zip.Store, "a.npy", string(plain))},
		{"x.npz:a: encrypted", changed(dir+8, plain[dir+8]|1)},
		{"x.npz:a: compressed with method 12", changed(dir+10, 12)},
		{"x.npz:a: damaged: checksum", changed(dir+16, plain[dir+16]^1)},
		{"x.npz:a: damaged: checksum", patched(plain, "abcd", "abce")},
		{"x.npz:a: damaged: zip: not a valid zip file", changed(0, 0)},
		{"not 00000000", unset},
		{"x.npz:a: damaged: checksum", patched(archive(t, zip.Store, "a.npy", string(npy(shaped("(0,)"), ""))), " 'shape'", "\t'shape'")},
	}
}

func TestArchiveRefused(t *testing.T) {
	for _, c := range refusedArchives(t) {
		err := readArchive(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %s", err, c.want)
			continue
		}
		checkError(t, err, "x.npz:")
	}
}

// TestArchiveDamaged flips bytes of the data: whichever is hit, it is seen.
func TestArchiveDamaged(t *testing.T) {
	deflated := archive(t, zip.Deflate, "a.npy", string(ramp(t, Float32, 1000)))
	end := bytes.Index(deflated, []byte("PK\x07\x08"))
	for at := 35; at < end; at += 7 {
		b := bytes.Clone(deflated)
		b[at] ^= 0x55
		if err := readArchive(b); err == nil {
			t.Errorf("a flipped byte %d of %d was not seen", at, end)
		} else {
			checkError(t, err, "x.npz:a: ")
		}
	}
}

func TestManyNames(t *testing.T) {
	var members []string
	for i := range 100 {
		members = append(members, fmt.Sprintf("dir/\x1b%d.npy", i), "")
	}
	path := filepath.Join(t.TempDir(), "many.npz")
	if err := os.WriteFile(path, archive(t, zip.Store, members...), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path)
	if err == nil || !strings.Contains(err.Error(), `choose one of its 100 arrays: "dir/\x1b0", "dir/\x1b1"`) {
		t.Errorf("%v", err)
	}
	checkError(t, err, path)
	if _, err := OpenArchive(filepath.Dir(path)); err == nil {
		t.Error("a folder was opened")
	}
}
