package corpus

import (
	"bytes"
	"fmt"
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

func texts(docs []Document) []string {
	var list []string
	for _, d := range docs {
		list = append(list, string(d.Text))
	}
	slices.Sort(list)
	return list
}

func TestSplitByDocument(t *testing.T) {
	for _, n := range []int{20, 29, 30, 1000} {
		docs := numbered(n)
		docs = append(docs, Document{Name: "empty"})
		train, heldout := Split(docs)
		if len(heldout) != n/10 || len(train)+len(heldout) != n {
			t.Errorf("%d documents: %d and %d", n, len(train), len(heldout))
		}
		if !slices.IsSortedFunc(train, func(a, b Document) int { return slices.Index(names(docs), a.Name) - slices.Index(names(docs), b.Name) }) {
			t.Errorf("%d documents: the order changed", n)
		}
		slices.Reverse(docs)
		_, again := Split(docs)
		if !slices.Equal(texts(heldout), texts(again)) {
			t.Errorf("%d documents: the split depends on the order", n)
		}
	}
	// Every text occurs twice: no text may be on both sides.
	train, heldout := Split(append(numbered(100), numbered(100)...))
	for _, d := range heldout {
		if slices.ContainsFunc(train, func(o Document) bool { return bytes.Equal(o.Text, d.Text) }) {
			t.Errorf("%q is on both sides", d.Text)
		}
	}
	if len(heldout) != 20 {
		t.Errorf("%d of 200 held out", len(heldout))
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
			train, heldout := Split(slices.Concat(same(text, k.repeated), numbered(k.other)))
			if len(heldout) != k.held || len(train) != k.repeated+k.other-k.held {
				t.Errorf("%d equal documents and %d others: %d and %d", k.repeated, k.other, len(train), len(heldout))
			}
			for _, d := range train {
				if d.Cut || slices.ContainsFunc(heldout, func(o Document) bool { return bytes.Equal(o.Text, d.Text) }) {
					t.Errorf("%d equal documents: %q is cut, or on both sides", k.repeated, d.Text)
				}
			}
		}
		for _, k := range [][2]int{{15, 16}, {16, 15}, {50, 51}} { // each beyond a tenth: the rarer goes
			train, heldout := Split(slices.Concat(same(text, k[0]), same("another", k[1])))
			if len(train) != max(k[0], k[1]) || len(heldout) != min(k[0], k[1]) {
				t.Errorf("%d and %d equal documents: %d and %d", k[0], k[1], len(train), len(heldout))
			}
		}
	}
	for _, c := range []struct {
		docs        []Document
		train, held int
	}{{textsOf("a", "few", "b", "bytes"), 1, 1}, {textsOf("a", "few", "b", "few"), 2, 0}, {textsOf("a", "few"), 1, 0}} {
		if train, heldout := Split(c.docs); len(train) != c.train || len(heldout) != c.held {
			t.Errorf("%v: %v and %v", c.docs, train, heldout)
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

func names(docs []Document) []string {
	var list []string
	for _, d := range docs {
		list = append(list, d.Name)
	}
	return list
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
		{"short", "aaaaaaa\nb", 9},
		{"ten bytes", "0123456789", 9},
	}
	for _, c := range cases {
		if got := cut([]byte(c.text)); got != c.want {
			t.Errorf("%s: cut at %d of %d, want %d", c.name, got, len(c.text), c.want)
		}
	}
}

func TestSplitFew(t *testing.T) {
	docs := textsOf("a", strings.Repeat("line a\n", 100), "e", "", "s", "short", "b", strings.Repeat("line of b\n", 50))
	train, heldout := Split(docs)
	if got := names(train); !slices.Equal(got, []string{"a", "s", "b"}) || !train[0].Cut || train[1].Cut || !train[2].Cut {
		t.Errorf("training documents %v", train)
	}
	if got := names(heldout); !slices.Equal(got, []string{"a", "b"}) || len(heldout[0].Text) != 70 || len(heldout[1].Text) != 50 {
		t.Errorf("held-out documents %v", heldout)
	}
	if train, heldout := Split(nil); train != nil || heldout != nil {
		t.Error("something came from nothing")
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("some\nlines\nof text\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, at := len(b), cut(b)
		if held := n - at; held < 0 || held > n/5 || held == 0 && n >= 10+utf8.UTFMax {
			t.Errorf("%d of %d bytes held out", held, n)
		}
	})
}

func TestHash(t *testing.T) {
	a := Hash(textsOf("x", "ab", "y", "c"))
	if a != Hash(textsOf("other", "ab", "names", "c")) {
		t.Error("names change the hash")
	}
	for _, other := range [][]Document{textsOf("x", "a", "y", "bc"), textsOf("x", "c", "y", "ab"), textsOf("x", "abc")} {
		if a == Hash(other) {
			t.Errorf("%q has the same hash", texts(other))
		}
	}
}
