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
	docs := []Document{{"a", []byte(strings.Repeat("line a\n", 100))}, {"e", nil}, {"s", []byte("short")}, {"b", []byte(strings.Repeat("line of b\n", 50))}}
	train, heldout := Split(docs)
	if got := names(train); !slices.Equal(got, []string{"a", "s", "b"}) {
		t.Errorf("training documents %v", got)
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
	a := Hash([]Document{{"x", []byte("ab")}, {"y", []byte("c")}})
	if a != Hash([]Document{{"other", []byte("ab")}, {"names", []byte("c")}}) {
		t.Error("names change the hash")
	}
	for _, other := range [][]Document{{{"x", []byte("a")}, {"y", []byte("bc")}}, {{"x", []byte("c")}, {"y", []byte("ab")}}, {{"x", []byte("abc")}}} {
		if a == Hash(other) {
			t.Errorf("%q has the same hash", texts(other))
		}
	}
}
