package corpus

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// lines returns about n bytes of numbered lines, so that a part tells its place.
func lines(label string, n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%s line %d é\n", label, i)
	}
	return b.String()
}

func size(docs []Document) (n int) {
	for _, d := range docs {
		n += len(d.Text)
	}
	return n
}

func TestSampleAll(t *testing.T) {
	docs := textsOf("a", lines("a", 10_000), "empty", "", "b", "short", "c", "short")
	for _, n := range []int{size(docs), size(docs) + 1, 1 << 30} {
		sample := Sample(docs, n)
		if !slices.Equal(texts(sample), slices.DeleteFunc(texts(docs), func(s string) bool { return s == "" })) || slices.ContainsFunc(sample, func(d Document) bool { return d.Cut }) {
			t.Errorf("%d bytes: %v", n, names(sample))
		}
	}
	for _, n := range []int{0, -1, math.MinInt} {
		if sample := Sample(docs, n); sample != nil {
			t.Errorf("%d bytes: %v", n, names(sample))
		}
	}
	if sample := Sample(nil, 10); len(sample) != 0 {
		t.Errorf("of nothing: %v", sample)
	}
}

// checkSample holds a sample to what Sample promises of every part.
func checkSample(t *testing.T, docs []Document, n int) []Document {
	t.Helper()
	sample := Sample(docs, n)
	longest := max(leastPiece, n/pieces)
	if got, total := size(sample), size(docs); got > n || float64(got) <= float64(min(n, total))-1.25*float64(longest) {
		t.Errorf("%d bytes of %d, want %d", got, total, n)
	}
	whole := map[string]Document{}
	for _, d := range docs {
		whole[d.Name] = d
	}
	end := map[string]int{}
	for _, d := range sample {
		name, offset, _ := strings.Cut(d.Name, "+")
		from, _ := strconv.Atoi(offset)
		text := whole[name].Text
		if len(d.Text) == 0 || from < end[name] || !bytes.HasPrefix(text[from:], d.Text) || d.Cut != (from+len(d.Text) < len(text)) {
			t.Fatalf("%s: no part of its document behind %d", d.Name, end[name])
		}
		if utf8.Valid(text) && !utf8.Valid(d.Text) {
			t.Errorf("%s: cut inside a rune", d.Name)
		}
		if cap(d.Text) > 2*len(d.Text)+64 {
			t.Errorf("%s: %d bytes keep %d", d.Name, len(d.Text), cap(d.Text))
		}
		end[name] = from + len(d.Text)
	}
	other := slices.Clone(docs)
	rand.New(rand.NewPCG(1, uint64(n))).Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	if again := Sample(other, n); fmt.Sprint(again) != fmt.Sprint(sample) {
		t.Errorf("%d bytes: the sample depends on the order", n)
	}
	return sample
}

// TestSampleSpread: of long documents each contributes its share, from all over
// its length; of short ones whole documents are taken.
func TestSampleSpread(t *testing.T) {
	var few, many []Document
	for i := range 4 {
		few = append(few, textsOf(fmt.Sprint("doc", i), lines(fmt.Sprint(i), 100_000*(i+1)))...)
	}
	for i := range 500 {
		many = append(many, textsOf(fmt.Sprint("doc", i), lines(fmt.Sprint(i), 300+i))...)
	}
	share := map[string]int{}
	for _, d := range checkSample(t, few, 100_000) {
		name, offset, _ := strings.Cut(d.Name, "+")
		share[name] += len(d.Text)
		from, _ := strconv.Atoi(offset)
		if i := slices.Index(names(few), name); from > 0 && few[i].Text[from-1] != '\n' {
			t.Errorf("%s does not begin a line", d.Name)
		}
	}
	for i := range few {
		if got, want := share[fmt.Sprint("doc", i)], 10_000*(i+1); got < want-7000 || got > want+7000 {
			t.Errorf("document %d: %d bytes, its share is %d", i, got, want)
		}
	}
	one := checkSample(t, few[3:], 64_000)
	for i, d := range one { // pieces of 4,081 bytes, one for each 25,500
		_, offset, _ := strings.Cut(d.Name, "+")
		if from, _ := strconv.Atoi(offset); from < i*25_500-1000 || from > i*25_500+5200 {
			t.Errorf("part %d of %d begins at %d", i, len(one), from)
		}
	}
	if len(one) != 16 {
		t.Errorf("%d parts of one document", len(one))
	}
	sample := checkSample(t, many, 30_000)
	for _, d := range sample[:len(sample)-1] {
		if d.Cut || strings.Contains(d.Name, "+") {
			t.Errorf("%s is not whole", d.Name)
		}
	}
	checkSample(t, few, 950_000) // nearly all: pieces that follow each other are one
	if n := len(Sample(few, 950_000)); n > 20 {
		t.Errorf("%d parts of 95%% of four documents", n)
	}
}

func FuzzSample(f *testing.F) {
	f.Add([]byte("some text\nand more\n"), 3000, 7000, 5000)
	f.Add([]byte("\x80\x80\xff"), 9000, 1, 4097)
	f.Add([]byte("€"), 20000, 20000, 59999)
	f.Fuzz(func(t *testing.T, text []byte, repeat, more, n int) {
		if repeat = repeat & 0x7fff; len(text)*repeat > 1<<17 || more < 0 || more > 1<<16 || n < 0 || n > 1<<18 {
			return
		}
		checkSample(t, textsOf("a", strings.Repeat(string(text), repeat), "b", lines("b", more), "c", "c"), n)
	})
}
