package train

import (
	"math/rand/v2"

	"xent/internal/source"
	"xent/lm"
	"xent/tokenizer"
)

// A cursor says which sequence comes next. Together with the seed it decides
// all that follow.
type cursor struct {
	Epoch uint64 `json:"epoch"`
	Next  int    `json:"next"`
}

// A stream gives training sequences without end: text tokens, fewer than
// Context of them, and whether the document ends behind them. The tokens are
// valid until the following call.
type stream interface {
	next() (tokens []int32, ends bool)
	cursor() cursor
	seek(cursor)
}

// stories is a stream of the source's stories, each seen once. One that is too
// long for the context comes in several windows; Epoch counts those.
type stories struct {
	source  *source.Source
	tok     *tokenizer.Tokenizer
	context int
	seed    uint64
	at      cursor
	buf     []int32
}

func (s *stories) next() ([]int32, bool) {
	text, _ := s.source.Story(s.seed, uint64(s.at.Next))
	s.buf = s.tok.Encode(s.buf[:0], text)
	n := s.context - 1
	rest := s.buf[int(s.at.Epoch)*n:]
	if len(rest) > n {
		s.at.Epoch++
		return rest[:n], false
	}
	s.at = cursor{Next: s.at.Next + 1}
	return rest, true
}

func (s *stories) cursor() cursor { return s.at }
func (s *stories) seek(c cursor)  { s.at = c }

// texts is a stream of windows of documents. Each epoch shows every token
// once, in windows cut at another place and in another order.
type texts struct {
	docs    [][]int32
	context int
	seed    uint64
	at      cursor
	windows []window // of epoch at.Epoch
}

type window struct{ doc, lo, hi int32 }

func newTexts(docs [][]int32, context int, seed uint64) *texts {
	t := &texts{docs: docs, context: context, seed: seed}
	t.shuffle()
	return t
}

// shuffle lists the windows of the epoch, of at most n = context − 1 tokens. A
// longer document begins with a window of random length, from 1 to n.
func (t *texts) shuffle() {
	r := rand.New(rand.NewPCG(t.seed, t.at.Epoch))
	t.windows = t.windows[:0]
	for d, doc := range t.docs {
		lo, hi, n := 0, len(doc), t.context-1
		if len(doc) > n {
			hi = 1 + r.IntN(n)
		}
		for ; lo < len(doc); lo, hi = hi, min(hi+n, len(doc)) {
			t.windows = append(t.windows, window{int32(d), int32(lo), int32(hi)})
		}
	}
	r.Shuffle(len(t.windows), func(i, j int) { t.windows[i], t.windows[j] = t.windows[j], t.windows[i] })
}

func (t *texts) next() ([]int32, bool) {
	if t.at.Next == len(t.windows) {
		t.at = cursor{Epoch: t.at.Epoch + 1}
		t.shuffle()
	}
	w := t.windows[t.at.Next]
	t.at.Next++
	doc := t.docs[w.doc]
	return doc[w.lo:w.hi], int(w.hi) == len(doc)
}

func (t *texts) cursor() cursor { return t.at }

func (t *texts) seek(c cursor) {
	same := c.Epoch == t.at.Epoch
	t.at = c
	if !same {
		t.shuffle()
	}
}

// A batcher packs sequences into batches. Labels are shifted here and nowhere
// else in this package.
type batcher struct {
	stream
	bos   int32
	batch lm.Batch
}

// fill returns the sequences of one step: as many as reach the number of
// tokens. The batch is valid until the next call.
func (b *batcher) fill(tokens int) lm.Batch {
	b.batch = lm.Batch{Tokens: b.batch.Tokens[:0], Targets: b.batch.Targets[:0], Ends: b.batch.Ends[:0]}
	for len(b.batch.Tokens) < tokens {
		b.add(b.stream.next())
	}
	return b.batch
}

// add appends BOS t₀ … t₍ₙ₋₁₎ with targets t₀ … t₍ₙ₋₁₎ BOS if the document ends,
// and otherwise the same without the last of each.
func (b *batcher) add(text []int32, ends bool) {
	x := &b.batch
	x.Tokens = append(x.Tokens, b.bos)
	x.Tokens = append(x.Tokens, text[:len(text)-1]...)
	x.Targets = append(x.Targets, text...)
	if ends {
		x.Tokens = append(x.Tokens, text[len(text)-1])
		x.Targets = append(x.Targets, b.bos)
	}
	x.Ends = append(x.Ends, len(x.Tokens))
}

// cut yields the sequences of b in micro-batches of at most rows tokens each,
// or one sequence where that alone is longer.
func cut(b lm.Batch, rows int, yield func(lm.Batch) error) error {
	first, start := 0, 0
	for s := range b.Ends {
		last := s == len(b.Ends)-1
		if !last && b.Ends[s+1]-start <= rows {
			continue
		}
		part := lm.Batch{Tokens: b.Tokens[start:b.Ends[s]], Targets: b.Targets[start:b.Ends[s]], Ends: make([]int, 0, s+1-first)}
		for _, end := range b.Ends[first : s+1] {
			part.Ends = append(part.Ends, end-start)
		}
		if err := yield(part); err != nil {
			return err
		}
		first, start = s+1, b.Ends[s]
	}
	return nil
}
