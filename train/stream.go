package train

import (
	"fmt"
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
	// seek goes to a cursor that this stream gave.
	seek(cursor)
	// valid reports whether the stream can have given a cursor.
	valid(cursor) bool
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

func (s *stories) valid(c cursor) bool {
	if c.Next < 0 {
		return false
	}
	text, _ := s.source.Story(s.seed, uint64(c.Next))
	return c.Epoch <= uint64(len(s.tok.Encode(nil, text))-1)/uint64(s.context-1)
}

// texts is a stream of windows of documents. Each epoch shows every token
// once, in windows cut at another place and in another order.
type texts struct {
	docs    []document
	context int
	seed    uint64
	at      cursor
	windows []window // of epoch at.Epoch
}

// A document is one to learn from.
type document struct {
	tokens []int32
	ends   bool // it does, where its tokens do; a part was held out otherwise
}

type window struct{ doc, lo, hi int32 }

func newTexts(docs []document, context int, seed uint64) *texts {
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
		lo, hi, n, length := 0, len(doc.tokens), t.context-1, len(doc.tokens)
		if length > n {
			hi = 1 + r.IntN(n)
		}
		for ; lo < length; lo, hi = hi, min(hi+n, length) {
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
	return doc.tokens[w.lo:w.hi], doc.ends && int(w.hi) == len(doc.tokens)
}

func (t *texts) cursor() cursor { return t.at }

func (t *texts) seek(c cursor) {
	same := c.Epoch == t.at.Epoch
	t.at = c
	if !same {
		t.shuffle()
	}
}

func (t *texts) valid(c cursor) bool {
	other := newTexts(t.docs, t.context, t.seed)
	other.at.Epoch = c.Epoch
	other.shuffle()
	return c.Next >= 0 && c.Next <= len(other.windows)
}

// A batcher packs sequences into batches. Labels are shifted here and nowhere
// else in this package.
type batcher struct {
	stream
	bos   int32
	batch lm.Batch
	ends  []int // of a part
}

// fill returns the sequences of one step: as many as fit the number of tokens,
// at least one. The batch is valid until the next call.
func (b *batcher) fill(tokens int) lm.Batch {
	b.batch = lm.Batch{Tokens: b.batch.Tokens[:0], Targets: b.batch.Targets[:0], Ends: b.batch.Ends[:0]}
	for {
		at := b.stream.cursor()
		text, ends := b.stream.next()
		if n := len(b.batch.Tokens); n > 0 && n+rows(text, ends) > tokens {
			b.stream.seek(at) // it comes first in the next batch
			return b.batch
		}
		b.add(text, ends)
	}
}

// resume goes to the cursor of a checkpoint.
func (b *batcher) resume(c cursor) error {
	if !b.valid(c) {
		return fmt.Errorf("the checkpoint's place in the corpus, %+v, does not exist", c)
	}
	b.seek(c)
	return nil
}

// rows is the length of the sequence that add makes.
func rows(text []int32, ends bool) int {
	if ends {
		return len(text) + 1
	}
	return len(text)
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

// cut yields the sequences of the batch in micro-batches of at most rows tokens
// each, or one sequence where that alone is longer.
func (b *batcher) cut(rows int, yield func(lm.Batch) error) error {
	x := b.batch
	first, start := 0, 0
	for s, end := range x.Ends {
		if s < len(x.Ends)-1 && x.Ends[s+1]-start <= rows {
			continue
		}
		b.ends = b.ends[:0]
		for _, e := range x.Ends[first : s+1] {
			b.ends = append(b.ends, e-start)
		}
		if err := yield(lm.Batch{Tokens: x.Tokens[start:end], Targets: x.Targets[start:end], Ends: b.ends}); err != nil {
			return err
		}
		first, start = s+1, end
	}
	return nil
}
