package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"xent/internal/durable"
)

func load(t *testing.T, memory int, paths ...string) *Store {
	t.Helper()
	s, err := Load(context.Background(), paths, Options{Stdin: strings.NewReader("from standard input\n")}, Room{filepath.Join(t.TempDir(), "x"), memory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestStore: whatever the memory, a store gives back every document of Each,
// and leaves nothing in its folder.
func TestStore(t *testing.T) {
	long := lines("long", 3*spoolBlock)
	dir := tree(t, map[string]string{
		"a.txt": "some text", "b/long.txt": long, "b/binary": "x" + strings.Repeat("y", spoolBlock+5) + "\x00", "c.jsonl": "{\"text\":\"one\"}\n{\"text\":\"\"}\n{\"text\":\"two\"}\n",
		"d.txt.gz": gz(lines("packed", 100_000)), "e.txt": "",
	})
	docs, report, err := all([]string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"from standard input\n"}
	for _, d := range docs {
		if len(d.Text) > 0 {
			want = append(want, string(d.Text))
		}
	}
	slices.Sort(want)
	for _, memory := range []int{0, 1, 1000, 1 << 20, 1 << 30} {
		s := load(t, memory, dir, "-")
		got := contents(t, s, s.Texts())
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("memory of %d bytes: the texts differ", memory)
		}
		if left, _ := os.ReadDir(filepath.Dir(s.spool.room.Beside)); len(left) > 0 && filepath.Separator == '/' {
			t.Errorf("memory of %d bytes: %v is to be seen", memory, left)
		}
		if onDisk := s.OnDisk() > 0; onDisk != (memory < 1<<30) {
			t.Errorf("memory of %d bytes: %d bytes on the disk", memory, s.OnDisk())
		}
		r := s.Report
		if r.Documents != report.Documents+1 || !slices.Equal(r.Binary, report.Binary) || len(r.Binary) != 1 {
			t.Errorf("memory of %d bytes: report %+v, want one more than %+v", memory, r, report)
		}
		if c := s.Contents; len(c) != 2 || c[0].Documents != 7 || c[0].Bytes != report.Bytes || c[1].Documents != 1 {
			t.Errorf("contents %+v", c)
		}
	}
}

// TestContents: they tell different texts apart, not names or order.
func TestContents(t *testing.T) {
	sum := func(files map[string]string) Content { return load(t, 0, tree(t, files)).Contents[0] }
	a := sum(map[string]string{"x": "ab", "y": "c"})
	if b := sum(map[string]string{"u": "c", "v": "ab"}); a != b {
		t.Errorf("names or order count: %+v %+v", a, b)
	}
	for _, other := range []map[string]string{{"x": "a", "y": "bc"}, {"x": "abc"}, {"x": "ab"}, {"x": "ab", "y": "c", "z": "c"}, {"x": "ab", "y": "d"}, {"x": "ab", "y": "c", "z": ""}} {
		if b := sum(other); a == b {
			t.Errorf("%q has the contents of ab, c", other)
		}
	}
}

// TestTextsKeepTheirOrder: it depends on the texts alone.
func TestTextsKeepTheirOrder(t *testing.T) {
	docs := numbered(50)
	a := stored(t, docs)
	slices.Reverse(docs)
	b := stored(t, docs)
	if got, want := contents(t, b, b.Texts()), contents(t, a, a.Texts()); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestStoreFails: a broken input leaves nothing, and a disk that fails is named.
func TestStoreFails(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken pipe")
	in := io.MultiReader(strings.NewReader(strings.Repeat("x", 3*spoolBlock)), iotest.ErrReader(broken))
	if _, err := Load(context.Background(), []string{"-"}, Options{Stdin: in}, Room{filepath.Join(dir, "x"), 10}); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "-: ") {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	path := filepath.Join(dir, "text")
	if err := os.WriteFile(path, make([]byte, 2*spoolBlock), 0o666); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(dir, "absent")
	if _, err := Load(context.Background(), []string{path}, Options{}, Room{filepath.Join(absent, "x"), 10}); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), absent+": ") {
		t.Errorf("no folder to spool in: %v", err)
	}
	durable.TestHook = func(op durable.Op) error {
		if op.Kind == durable.OpWrite {
			return syscall.ENOSPC
		}
		return nil
	}
	defer func() { durable.TestHook = nil }()
	if _, err := Load(context.Background(), []string{path}, Options{}, Room{filepath.Join(dir, "x"), 10}); !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), dir+": keeping the corpus there") {
		t.Errorf("a full disk: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}

// TestChunks: they tile the texts, and say where documents end.
func TestChunks(t *testing.T) {
	docs := append(numbered(300), textsOf("", lines("long", 9000), "", strings.Repeat("€", 3000), "", strings.Repeat("\xff", 2000))...)
	s := stored(t, docs)
	texts := s.Texts()
	for _, size := range []int64{1, 700, 4096, 1 << 20} {
		var whole []string
		text, goesOn := "", false
		for _, c := range Chunks(texts, size) {
			n := int64(0)
			err := s.Read(texts, c, func(piece []byte, ends bool) error {
				if len(piece) > 8 && bytes.Contains(piece, []byte("€")) && (piece[0] != "€"[0] || piece[len(piece)-1] != "€"[2]) && size >= 8 {
					t.Fatalf("size %d: cut inside a rune", size)
				}
				n += int64(len(piece))
				if text += string(piece); ends {
					whole, text = append(whole, text), ""
				}
				goesOn = !ends
				return nil
			})
			if err != nil || n > 2*size+20 {
				t.Fatalf("size %d: a chunk of %d bytes, %v", size, n, err)
			}
		}
		if want := contents(t, s, texts); goesOn || !slices.Equal(whole, want) {
			t.Errorf("size %d: %d texts of %d, or others", size, len(whole), len(want))
		}
	}
	texts[0].signed *= -1
	s.Read(texts, Chunk{0, 1, 0, 1}, func(_ []byte, ends bool) error {
		if ends {
			t.Error("a text that is cut ends its document")
		}
		return nil
	})
	stop := errors.New("stop")
	if err := s.Read(texts, Chunk{0, 2, 0, 1}, func([]byte, bool) error { return stop }); err != stop {
		t.Errorf("stopped with %v", err)
	}
}

// TestSpread: chunks are taken from all over, in the share asked for.
func TestSpread(t *testing.T) {
	var docs []Document
	for i := range 100 {
		docs = append(docs, textsOf("", lines(fmt.Sprint(i), 1000))...)
	}
	s := stored(t, docs)
	texts := s.Texts()
	chunks := Chunks(texts, 1000)
	for _, size := range []int64{1, 10_000, 50_000, 1 << 30} {
		taken, last := int64(0), -1
		for _, c := range Spread(texts, chunks, size) {
			at := slices.Index(chunks, c)
			if gap := at - last; gap < 1 || int64(gap) > 2+110_000/size {
				t.Errorf("%d bytes: chunk %d comes after %d", size, at, last)
			}
			taken, last = taken+c.bytes(texts), at
		}
		if want := min(size, 100_000); taken < want || taken > want+2500 {
			t.Errorf("%d bytes taken, want %d", taken, size)
		}
	}
}

// TestContentPlus: a corpus in two paths has the content of the same in one, and
// its text form comes back.
func TestContentPlus(t *testing.T) {
	whole := load(t, 0, tree(t, map[string]string{"x": "ab", "y": "c", "z": ""})).Contents[0]
	a, b := load(t, 0, tree(t, map[string]string{"1": "c"})).Contents[0], load(t, 0, tree(t, map[string]string{"2": "ab", "3": ""})).Contents[0]
	if a.Plus(b) != whole || b.Plus(a) != whole {
		t.Errorf("%+v + %+v is not %+v", a, b, whole)
	}
	raw, err := json.Marshal(whole)
	var back Content
	if err != nil || json.Unmarshal(raw, &back) != nil || back != whole {
		t.Errorf("%s became %+v: %v", raw, back, err)
	}
	for _, text := range []string{"", "00", strings.Repeat("0", 63), strings.Repeat("0", 66), strings.Repeat("g", 64)} {
		if err := back.Sum.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is a sum", text)
		}
	}
}
