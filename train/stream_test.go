package train

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"xent/internal/corpus"
	"xent/internal/source"
	"xent/lm"
	"xent/tokenizer"
)

// corpusOf makes a store of texts, in which all of them are to learn from.
func corpusOf(t *testing.T, docs ...[]byte) *corpus.Store {
	t.Helper()
	dir := t.TempDir()
	for i, d := range docs {
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), d, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	store, err := corpus.Load(t.Context(), []string{dir}, corpus.Options{}, corpus.Room{Beside: filepath.Join(t.TempDir(), "x"), Memory: 50})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func textsOf(t *testing.T, context int, seed uint64, docs ...[]byte) *texts {
	store := corpusOf(t, docs...)
	return newTexts(store, store.Texts(), tokenizer.Bytes(), context, seed)
}

// next takes a sequence from a stream, as text.
func next(t *testing.T, s stream) (text string, ends bool) {
	t.Helper()
	ids, ends, err := s.peek()
	if err != nil {
		t.Fatal(err)
	}
	text = string(tokenizer.Bytes().Decode(nil, ids))
	s.advance()
	return text, ends
}

// TestTextsShowEveryTokenOnce: an epoch is a permutation of windows that tile
// the documents, and two epochs differ.
func TestTextsShowEveryTokenOnce(t *testing.T) {
	var docs [][]byte
	id := byte(1) // 0 would make a file binary
	for _, n := range []int{1, 2, 7, 8, 9, 50, 123} {
		doc := make([]byte, n)
		for i := range doc {
			doc[i] = id
			id++
		}
		docs = append(docs, doc)
	}
	const context = 9
	s := textsOf(t, context, 77, docs...)
	var orders [2][]byte
	for epoch := range orders {
		var seen [256]int
		for total := 0; total < int(id)-1; {
			text, ends := next(t, s)
			if total += len(text); len(text) == 0 || len(text) > context-1 {
				t.Fatalf("a window of %d tokens in a context of %d", len(text), context)
			}
			last := text[len(text)-1]
			if isLast := slices.ContainsFunc(docs, func(d []byte) bool { return d[len(d)-1] == last }); ends != isLast {
				t.Fatalf("window ending with token %d: ends = %v", last, ends)
			}
			for i := range len(text) {
				if seen[text[i]]++; i > 0 && text[i] != text[i-1]+1 {
					t.Fatalf("tokens %q are not consecutive", text)
				}
			}
			orders[epoch] = append(orders[epoch], text[0])
		}
		for b := 1; b < int(id); b++ {
			if seen[b] != 1 {
				t.Fatalf("epoch %d shows token %d %d times", epoch, b, seen[b])
			}
		}
		s.peek() // turns the page
		if s.at != (cursor{Epoch: uint64(epoch + 1)}) {
			t.Fatalf("after epoch %d comes %+v", epoch, s.at)
		}
	}
	if slices.Equal(orders[0], orders[1]) {
		t.Error("two epochs have the same order")
	}
}

// long makes a text of several groups of chunks.
func long() (text []byte) {
	for i := 0; len(text) < 2*groupChunks*chunkBytes+5*chunkBytes; i++ {
		text = fmt.Appendf(text, "line %d\n", i)
	}
	return text
}

// TestGroupsShowEveryTokenOnce: also where an epoch has several groups, which
// are mixed from all over the text.
func TestGroupsShowEveryTokenOnce(t *testing.T) {
	text := long()
	s := textsOf(t, 1000, 3, text)
	if s.groups() != 3 {
		t.Fatalf("%d groups", s.groups())
	}
	lines, total := map[string]int{}, 0
	early, windows := 0, 0 // of the first group
	for total < len(text) {
		group := s.at.Group
		window, _ := next(t, s)
		total += len(window)
		for line := range strings.Lines(window) {
			if strings.HasPrefix(line, "line ") && strings.HasSuffix(line, "\n") {
				lines[line]++
			}
		}
		if group == 0 && s.at.Epoch == 0 {
			windows++
			var first int
			if _, line, ok := strings.Cut(window, "\nline "); ok {
				fmt.Sscan(line, &first)
			}
			if first < bytes.Count(text, []byte("\n"))/2 {
				early++
			}
		}
	}
	if s.peek(); total != len(text) || s.at.Epoch != 1 {
		t.Errorf("%d tokens in the first epoch of %d, then %+v", total, len(text), s.at)
	}
	for line, n := range lines {
		if n != 1 {
			t.Errorf("%q came %d times", line, n)
		}
	}
	if early < windows/4 || early > windows*3/4 {
		t.Errorf("%d of the first group's %d windows are of the first half", early, windows)
	}
}

// TestSeek: a stream that is put to a cursor goes on as the one it came from.
func TestSeek(t *testing.T) {
	src := source.Stories()
	text := long()
	store := corpusOf(t, text[:1000], text[:33])
	large := corpusOf(t, text)
	for name, c := range map[string]struct {
		make  func() stream
		skips int
	}{
		"texts":   {func() stream { return newTexts(store, store.Texts(), tokenizer.Bytes(), 8, 5) }, 157},
		"groups":  {func() stream { return newTexts(large, large.Texts(), tokenizer.Bytes(), 4096, 5) }, 600},          // some 512 a group
		"stories": {func() stream { return &stories{source: src, tok: tokenizer.Bytes(), context: 100, seed: 5} }, 57}, // cut: a story has more bytes
	} {
		a := c.make()
		for range c.skips {
			next(t, a)
		}
		a.peek()
		b := c.make()
		if err := b.seek(a.cursor()); err != nil {
			t.Fatalf("%s: %+v: %v", name, a.cursor(), err)
		}
		for i := range c.skips {
			x, xEnds := next(t, a)
			if y, yEnds := next(t, b); x != y || xEnds != yEnds {
				t.Fatalf("%s: sequence %d after the cursor: %q %v, want %q %v", name, i, y, yEnds, x, xEnds)
			}
		}
		for _, at := range []cursor{{Next: -1}, {Group: -1}, {Group: 99}, {Epoch: 1 << 60, Group: 98}} {
			if err := b.seek(at); err == nil {
				t.Errorf("%s: seek %+v", name, at)
			}
		}
	}
}

func TestStoriesComeWhole(t *testing.T) {
	src := source.Stories()
	s := &stories{source: src, tok: tokenizer.Bytes(), context: 100, seed: 3}
	for i := range uint64(20) {
		got := ""
		for ends := false; !ends; {
			var part string
			part, ends = next(t, s)
			got += part
		}
		if want, _ := src.Story(3, i); got != string(want) {
			t.Fatalf("story %d came as %q, want %q", i, got, want)
		}
	}
}

// TestBatchShiftsLabels: each token is predicted from those before it, the
// first from BOS, and BOS where a document ends.
func TestBatchShiftsLabels(t *testing.T) {
	var b batcher
	b.bos = 9
	b.add([]int32{1, 2, 3}, false)
	b.add([]int32{4}, false)
	b.add([]int32{5, 6}, true)
	want := lm.Batch{
		Tokens:  []int32{9, 1, 2, 9, 9, 5, 6},
		Targets: []int32{1, 2, 3, 4, 5, 6, 9},
		Ends:    []int{3, 4, 7},
	}
	if x := b.batch; !slices.Equal(x.Tokens, want.Tokens) || !slices.Equal(x.Targets, want.Targets) || !slices.Equal(x.Ends, want.Ends) {
		t.Errorf("batch %+v, want %+v", x, want)
	}
}

func TestCutKeepsSequencesWhole(t *testing.T) {
	packed := &batcher{batch: lm.Batch{Ends: []int{3, 4, 9, 10, 20, 21}}}
	b := &packed.batch
	b.Tokens, b.Targets = make([]int32, 21), make([]int32, 21)
	for i := range b.Tokens {
		b.Tokens[i], b.Targets[i] = int32(i), int32(100+i)
	}
	for rows := 1; rows < 25; rows++ {
		var tokens, targets []int32
		var lengths []int
		err := packed.cut(rows, func(p lm.Batch) error {
			if n := len(p.Tokens); n > rows && len(p.Ends) > 1 || n != p.Ends[len(p.Ends)-1] || n != len(p.Targets) {
				t.Fatalf("rows=%d: a part of %d tokens, ends %v", rows, n, p.Ends)
			}
			start := 0
			for _, end := range p.Ends {
				lengths = append(lengths, end-start)
				start = end
			}
			tokens, targets = append(tokens, p.Tokens...), append(targets, p.Targets...)
			return nil
		})
		if err != nil || !slices.Equal(tokens, b.Tokens) || !slices.Equal(targets, b.Targets) || !slices.Equal(lengths, []int{3, 1, 5, 1, 10, 1}) {
			t.Fatalf("rows=%d: %v %v %v", rows, err, tokens, lengths)
		}
	}
}

// TestFill: a step never exceeds its tokens, unless one sequence does, and
// nothing is lost between steps.
func TestFill(t *testing.T) {
	docs := [][]byte{{1, 2, 3}, {4}, {5, 6, 7, 8, 9, 10}, {11, 12}}
	tok := tokenizer.Bytes()
	for tokens := 1; tokens < 12; tokens++ {
		b := batcher{stream: textsOf(t, 100, 7, docs...)}
		b.bos, _ = tok.BOS()
		var seen [256]int
		for range 40 {
			x, err := b.fill(tokens)
			if err != nil || len(x.Tokens) > tokens && len(x.Ends) > 1 || len(x.Tokens) == 0 {
				t.Fatalf("a step of %d tokens in %d sequences, want at most %d; %v", len(x.Tokens), len(x.Ends), tokens, err)
			}
			for _, id := range x.Targets {
				for _, c := range tok.Decode(nil, []int32{id}) {
					seen[c]++
				}
			}
		}
		for id := 1; id <= 12; id++ {
			if d := seen[id] - seen[1]; d < -2 || d > 2 || seen[id] == 0 {
				t.Fatalf("tokens=%d: token %d came %d times, token 1 %d times", tokens, id, seen[id], seen[1])
			}
		}
	}
}
