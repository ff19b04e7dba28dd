package corpus

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func numbered(n int) []Document {
	docs := make([]Document, n)
	for i := range docs {
		docs[i] = Document{Name: fmt.Sprint(i), Text: fmt.Appendf(nil, "document %d\n", i)}
	}
	return docs
}

// stored is a Store of documents that need no files; what is more than 100 bytes
// lies on the disk.
func stored(t testing.TB, docs []Document) *Store {
	t.Helper()
	l := loader{Store: &Store{spool: spool{room: Room{filepath.Join(t.TempDir(), "x"), 100}}}, hash: sha256.New()}
	for _, d := range docs {
		if err := l.whole(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.finish(Report{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Store
}

// contents reads texts from a store, in order.
func contents(t testing.TB, s *Store, texts []Text) (list []string) {
	t.Helper()
	for _, text := range texts {
		b, err := s.read(text, 0, text.Len())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(b))
	}
	return list
}

// split splits documents; the parts come sorted.
func split(t testing.TB, docs []Document) (learn, held []string, cut int) {
	t.Helper()
	s := stored(t, docs)
	l, h, err := s.Split()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range l {
		if text.Cut() {
			cut++
		}
	}
	learn, held = contents(t, s, l), contents(t, s, h)
	slices.Sort(learn)
	slices.Sort(held)
	return learn, held, cut
}

func TestSplitByDocument(t *testing.T) {
	for _, n := range []int{20, 29, 30, 1000} {
		docs := numbered(n)
		docs = append(docs, Document{Name: "empty"})
		learn, held, cut := split(t, docs)
		if len(held) != n/10 || len(learn)+len(held) != n || cut != 0 {
			t.Errorf("%d documents: %d and %d", n, len(learn), len(held))
		}
		slices.Reverse(docs)
		again, heldAgain, _ := split(t, docs)
		if !slices.Equal(held, heldAgain) || !slices.Equal(learn, again) {
			t.Errorf("%d documents: the split depends on the order", n)
		}
	}
	// Every text occurs twice: no text may be on both sides.
	learn, held, _ := split(t, append(numbered(100), numbered(100)...))
	for _, text := range held {
		if slices.Contains(learn, text) {
			t.Errorf("%q is on both sides", text)
		}
	}
	if len(held) != 20 {
		t.Errorf("%d of 200 held out", len(held))
	}
}

// TestSplitRepeated: texts that occur many times are held out neither beyond the
// tenth nor on both sides, and the parts are empty only where one text is all.
func TestSplitRepeated(t *testing.T) {
	same := func(text string, n int) (docs []Document) {
		for range n {
			docs = append(docs, Document{Text: []byte(text)})
		}
		return docs
	}
	for c := range 40 { // whatever the hash of the repeated text
		text := fmt.Sprintf("the same %d", c)
		for _, k := range []struct{ repeated, other, held int }{
			{60, 40, 10}, {95, 5, 5}, {15, 15, 3}, {30, 1, 1}, {30, 0, 0}, {10, 90, 10}, {12, 8, 2},
		} {
			learn, held, cut := split(t, slices.Concat(same(text, k.repeated), numbered(k.other)))
			if len(held) != k.held || len(learn) != k.repeated+k.other-k.held || cut != 0 {
				t.Errorf("%d equal documents and %d others: %d and %d", k.repeated, k.other, len(learn), len(held))
			}
			for _, text := range learn {
				if slices.Contains(held, text) {
					t.Errorf("%d equal documents: %q is on both sides", k.repeated, text)
				}
			}
		}
		for _, k := range [][2]int{{15, 16}, {16, 15}, {50, 51}} { // each beyond a tenth: the rarer goes
			learn, held, _ := split(t, slices.Concat(same(text, k[0]), same("another", k[1])))
			if len(learn) != max(k[0], k[1]) || len(held) != min(k[0], k[1]) {
				t.Errorf("%d and %d equal documents: %d and %d", k[0], k[1], len(learn), len(held))
			}
		}
	}
	for _, c := range []struct {
		docs        []Document
		learn, held int
	}{{textsOf("a", "few", "b", "bytes"), 1, 1}, {textsOf("a", "few", "b", "few"), 2, 0}, {textsOf("a", "few"), 1, 0}} {
		if learn, held, _ := split(t, c.docs); len(learn) != c.learn || len(held) != c.held {
			t.Errorf("%v: %v and %v", c.docs, learn, held)
		}
	}
}

// textsOf makes documents of names and texts in turn.
func textsOf(namesAndTexts ...string) (docs []Document) {
	for pair := range slices.Chunk(namesAndTexts, 2) {
		docs = append(docs, Document{Name: pair[0], Text: []byte(pair[1])})
	}
	return docs
}

func TestCut(t *testing.T) {
	line := func(n int) string { return strings.Repeat("x", n-1) + "\n" }
	cases := []struct {
		name, text string
		want       int
	}{
		{"at a line start", strings.Repeat(line(10), 10), 90},
		{"nearest before", line(87) + line(13), 87},
		{"nearest after", line(70) + line(22) + line(8), 92},
		{"tie goes before", line(88) + line(4) + line(8), 88},
		{"line too long", line(50) + line(50), 90},
		{"only the last line's end", line(100), 90},
		{"too near the end", line(98) + line(2), 90},
		{"a twentieth will do", line(95) + line(5), 95},
		{"a fifth will do", line(80) + line(20), 80},
		{"inside a rune", strings.Repeat("€", 33) + "x", 90},
		{"rune after", "x" + strings.Repeat("€", 33), 91},
		{"no rune starts", strings.Repeat("\x80", 100), 90},
		{"far before", line(8*searched+1) + strings.Repeat("x", 2*searched-1), 8*searched + 1},
		{"far after", strings.Repeat("x", 9*searched+9) + "\n" + strings.Repeat("x", searched-10), 9*searched + 10},
		{"short", "aaaaaaa\nb", 9},
		{"ten bytes", "0123456789", 9},
	}
	for _, c := range cases {
		if got := cutOf(t, c.text); got != c.want {
			t.Errorf("%s: cut at %d of %d, want %d", c.name, got, len(c.text), c.want)
		}
	}
}

func cutOf(t testing.TB, text string) int {
	s := stored(t, textsOf("", text))
	if len(s.texts) == 0 {
		return 0
	}
	at, err := s.cut(s.texts[0])
	if err != nil {
		t.Fatal(err)
	}
	return int(at)
}

func TestSplitFew(t *testing.T) {
	docs := textsOf("a", strings.Repeat("line a\n", 100), "e", "", "s", "short", "b", strings.Repeat("line of b\n", 50))
	learn, held, cut := split(t, docs)
	if want := []string{strings.Repeat("line a\n", 90), strings.Repeat("line of b\n", 45), "short"}; !slices.Equal(learn, want) || cut != 2 {
		t.Errorf("%d cut of training texts %q", cut, learn)
	}
	if want := []string{strings.Repeat("line a\n", 10), strings.Repeat("line of b\n", 5)}; !slices.Equal(held, want) {
		t.Errorf("held-out texts %q", held)
	}
	if learn, held, _ := split(t, nil); learn != nil || held != nil {
		t.Error("something came from nothing")
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("some\nlines\nof text\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, at := len(b), cutOf(t, string(b))
		if held := n - at; held < 0 || held > n/5 || held == 0 && n >= 10+utf8.UTFMax {
			t.Errorf("%d of %d bytes held out", held, n)
		}
	})
}
