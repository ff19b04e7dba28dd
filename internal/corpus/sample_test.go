package corpus

import (
	"fmt"
	"math/rand/v2"
	"slices"
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

// sampled returns the texts of a sample of documents.
func sampled(t testing.TB, docs []Document, n int) (list []string) {
	t.Helper()
	s := stored(t, docs)
	sample, err := s.Sample(s.Texts(), n)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range sample {
		list = append(list, string(d.Text))
	}
	return list
}

func TestSampleAll(t *testing.T) {
	docs := textsOf("a", lines("a", 10_000), "empty", "", "b", "short", "c", "short")
	want := []string{"short", "short", string(docs[0].Text)}
	for _, n := range []int{size(docs), size(docs) + 1, 1 << 30} {
		got := sampled(t, docs, n)
		slices.SortFunc(got, func(a, b string) int { return len(a) - len(b) })
		if !slices.Equal(got, want) {
			t.Errorf("%d bytes: %d texts", n, len(got))
		}
	}
	for _, n := range []int{0, -1} {
		if sample := sampled(t, docs, n); sample != nil {
			t.Errorf("%d bytes: %q", n, sample)
		}
	}
	if sample := sampled(t, nil, 10); len(sample) != 0 {
		t.Errorf("of nothing: %q", sample)
	}
}

// checkSample holds a sample to what Sample promises of every part.
func checkSample(t *testing.T, docs []Document, n int) []string {
	t.Helper()
	sample := sampled(t, docs, n)
	longest, got := max(leastPiece, n/pieces), 0
	for _, part := range sample {
		got += len(part)
		in := slices.IndexFunc(docs, func(d Document) bool { return strings.Contains(string(d.Text), part) })
		if in < 0 || part == "" {
			t.Fatalf("%.40q is part of no document", part)
		}
		if utf8.Valid(docs[in].Text) && !utf8.ValidString(part) {
			t.Errorf("%.40q is cut inside a rune", part)
		}
	}
	if total := size(docs); got > n || float64(got) <= float64(min(n, total))-1.5*float64(longest) {
		t.Errorf("%d bytes of %d, want %d", got, total, n)
	}
	other := slices.Clone(docs)
	rand.New(rand.NewPCG(1, uint64(n))).Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	if again := sampled(t, other, n); !slices.Equal(again, sample) {
		t.Errorf("%d bytes: the sample depends on the order", n)
	}
	return sample
}

// TestSampleSpread: of long documents each contributes its share, from all over
// its length; of short ones whole documents are taken.
func TestSampleSpread(t *testing.T) {
	var few, many []Document
	for i := range 4 {
		few = append(few, textsOf("", lines(fmt.Sprint(i), 100_000*(i+1)))...)
	}
	for i := range 500 {
		many = append(many, textsOf("", lines(fmt.Sprint(i), 300+i))...)
	}
	share := map[string]int{}
	for _, part := range checkSample(t, few, 100_000) {
		label, _, isLine := strings.Cut(part, " line ")
		share[label] += len(part)
		if !isLine || len(label) != 1 {
			t.Errorf("%.40q does not begin a line", part)
		}
	}
	for i := range few {
		if got, want := share[fmt.Sprint(i)], 10_000*(i+1); got < want-7000 || got > want+7000 {
			t.Errorf("document %d: %d bytes, its share is %d", i, got, want)
		}
	}
	one := checkSample(t, few[3:], 64_000)
	for i, part := range one { // pieces of 4,081 bytes, one for each 25,000
		if from := strings.Index(string(few[3].Text), part); from < i*25_000-2000 || from > i*25_000+15_000 {
			t.Errorf("part %d of %d begins at %d", i, len(one), from)
		}
	}
	if len(one) < 15 || len(one) > 17 {
		t.Errorf("%d parts of one document", len(one))
	}
	sample := checkSample(t, many, 30_000)
	for _, part := range sample[:len(sample)-1] {
		if !slices.ContainsFunc(many, func(d Document) bool { return string(d.Text) == part }) {
			t.Errorf("%.40q is not whole", part)
		}
	}
	if n := len(checkSample(t, few, 950_000)); n > 20 { // pieces that follow each other are one
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
