package train

import (
	"errors"

	"xent/internal/source"
	"xent/lm"
	"xent/tokenizer"
)

// A cursor says which sequence comes next. Together with the seed it decides
// all that follow.
type cursor struct {
	// Epoch counts how often all of the texts was gone through; in the stories, which
	// have no end, the windows that were shown of the present one.
	Epoch uint64 `json:"epoch"`
	Group int    `json:"group,omitempty"` // of chunks of the texts
	Next  int    `json:"next"`            // window of the group; or story
}

// A stream gives training sequences without end.
type stream interface {
	// peek returns the next sequence: text tokens, fewer than the context, and
	// whether the document ends behind them. They are valid until the following
	// call.
	peek() (tokens []int32, ends bool, err error)
	// advance goes to the sequence behind the one that was peeked at.
	advance()
	cursor() cursor
	// seek goes to a cursor, if this stream can have given it.
	seek(cursor) error
}

// errNoPlace is seek's answer to a cursor that it cannot have given.
var errNoPlace = errors.New("does not exist")

// stories is a stream of the source's stories, each seen once. One that is too
// long for the context comes in several windows.
type stories struct {
	source  *source.Source
	tok     *tokenizer.Tokenizer
	context int
	seed    uint64
	at      cursor
	buf     []int32 // of story at.Next; empty: not made yet
}

func (s *stories) peek() ([]int32, bool, error) {
	s.load()
	n := s.context - 1
	rest := s.buf[int(s.at.Epoch)*n:]
	if len(rest) > n {
		return rest[:n], false, nil
	}
	return rest, true, nil
}

func (s *stories) advance() {
	s.at.Epoch++
	if int(s.at.Epoch)*(s.context-1) >= len(s.buf) {
		s.at, s.buf = cursor{Next: s.at.Next + 1}, s.buf[:0]
	}
}

func (s *stories) cursor() cursor { return s.at }

func (s *stories) seek(c cursor) error {
	if c.Next < 0 || c.Group != 0 {
		return errNoPlace
	}
	s.at, s.buf = c, s.buf[:0]
	s.load()
	if c.Epoch > uint64(len(s.buf)-1)/uint64(s.context-1) {
		return errNoPlace
	}
	return nil
}

func (s *stories) load() {
	if len(s.buf) == 0 {
		text, _ := s.source.Story(s.seed, uint64(s.at.Next))
		s.buf = s.tok.Encode(s.buf, text)
	}
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
func (b *batcher) fill(tokens int) (lm.Batch, error) {
	b.batch = lm.Batch{Tokens: b.batch.Tokens[:0], Targets: b.batch.Targets[:0], Ends: b.batch.Ends[:0]}
	for {
		text, ends, err := b.peek()
		if err != nil {
			return lm.Batch{}, err
		}
		if n := len(b.batch.Tokens); n > 0 && n+rows(text, ends) > tokens {
			return b.batch, nil // it comes first in the next batch
		}
		b.add(text, ends)
		b.advance()
	}
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
