package train

import (
	"math/rand/v2"
	"slices"
	"testing"

	"xent/internal/source"
	"xent/lm"
	"xent/tokenizer"
)

func documents(tokens [][]int32) (docs []document) {
	for _, t := range tokens {
		docs = append(docs, document{t, true})
	}
	return docs
}

// TestTextsShowEveryTokenOnce: an epoch is a permutation of windows that tile
// the documents, and two epochs differ.
func TestTextsShowEveryTokenOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var docs [][]int32
	id, total := int32(0), 0
	for _, n := range []int{1, 2, 7, 8, 9, 50, 123} {
		doc := make([]int32, n)
		for i := range doc {
			doc[i] = id
			id++
		}
		docs = append(docs, doc)
		total += n
	}
	const context = 9
	whole := documents(docs)
	whole[6].ends = false // the longest is cut off
	s := newTexts(whole, context, r.Uint64())
	var orders [2][]int32
	for epoch := range orders {
		seen := make([]int, total)
		for s.at.Epoch == uint64(epoch) && s.at.Next < len(s.windows) {
			tokens, ends := s.next()
			if len(tokens) == 0 || len(tokens) > context-1 {
				t.Fatalf("a window of %d tokens in a context of %d", len(tokens), context)
			}
			last := tokens[len(tokens)-1]
			if isLast := slices.ContainsFunc(docs[:6], func(d []int32) bool { return d[len(d)-1] == last }); ends != isLast {
				t.Fatalf("window ending with token %d: ends = %v", last, ends)
			}
			for i, id := range tokens {
				if seen[id]++; i > 0 && id != tokens[i-1]+1 {
					t.Fatalf("tokens %v are not consecutive", tokens)
				}
			}
			orders[epoch] = append(orders[epoch], tokens[0])
		}
		for id, n := range seen {
			if n != 1 {
				t.Fatalf("epoch %d shows token %d %d times", epoch, id, n)
			}
		}
		tokens, _ := s.next() // turns the page
		s.at.Next--
		if s.at.Epoch != uint64(epoch+1) || len(tokens) == 0 {
			t.Fatalf("after epoch %d comes %+v", epoch, s.at)
		}
	}
	if slices.Equal(orders[0], orders[1]) {
		t.Error("two epochs have the same order")
	}
}

// TestSeek: a stream that is put to a cursor goes on as the one it came from.
func TestSeek(t *testing.T) {
	docs := [][]int32{make([]int32, 100), make([]int32, 33)}
	for i := range docs[0] {
		docs[0][i] = int32(i)
	}
	src, tok := source.Stories(), tokenizer.Bytes()
	for name, make := range map[string]func() stream{
		"texts":   func() stream { return newTexts(documents(docs), 8, 5) },
		"stories": func() stream { return &stories{source: src, tok: tok, context: 100, seed: 5} }, // cut: a story has more bytes
	} {
		a := make()
		for range 57 {
			a.next()
		}
		b := make()
		b.seek(a.cursor())
		for i := range 57 {
			x, xEnds := a.next()
			x = slices.Clone(x)
			if y, yEnds := b.next(); !slices.Equal(x, y) || xEnds != yEnds {
				t.Fatalf("%s: sequence %d after the cursor: %v %v, want %v %v", name, i, y, yEnds, x, xEnds)
			}
		}
	}
}

func TestStoriesComeWhole(t *testing.T) {
	src, tok := source.Stories(), tokenizer.Bytes()
	s := &stories{source: src, tok: tok, context: 100, seed: 3}
	for i := range uint64(20) {
		var got []int32
		for ends := false; !ends; {
			var part []int32
			part, ends = s.next()
			got = append(got, part...)
		}
		if want, _ := src.Story(3, i); string(tok.Decode(nil, got)) != string(want) {
			t.Fatalf("story %d came as %q, want %q", i, tok.Decode(nil, got), want)
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
	docs := [][]int32{{1, 2, 3}, {4}, {5, 6, 7, 8, 9, 10}, {11, 12}}
	for tokens := 1; tokens < 12; tokens++ {
		b := batcher{stream: newTexts(documents(docs), 100, 7), bos: 0}
		seen := map[int32]int{}
		for range 40 {
			x := b.fill(tokens)
			if len(x.Tokens) > tokens && len(x.Ends) > 1 || len(x.Tokens) == 0 {
				t.Fatalf("a step of %d tokens in %d sequences, want at most %d", len(x.Tokens), len(x.Ends), tokens)
			}
			for _, id := range x.Targets {
				seen[id]++
			}
		}
		for id := int32(1); id <= 12; id++ {
			if d := seen[id] - seen[1]; d < -2 || d > 2 || seen[id] == 0 {
				t.Fatalf("tokens=%d: token %d came %d times, token 1 %d times", tokens, id, seen[id], seen[1])
			}
		}
	}
}
