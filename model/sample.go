package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"xent/lm"
)

// SampleOptions say how a text is continued. The zero value is greedy and
// ends only with the document.
type SampleOptions struct {
	Temperature float64 // divides the logits; 0 takes the most likely token, the lowest id among equals
	TopK        int     // only the k most likely tokens; 0: all
	TopP        float64 // of these only the most likely that reach this share of their mass together; 0 or 1: all
	Seed        uint64  // equal seeds give equal texts
	MaxTokens   int     // at most so many tokens; 0: no limit
}

func (o SampleOptions) check() error {
	switch {
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 1):
		return fmt.Errorf("model: temperature %v is not a finite number from 0 on", o.Temperature)
	case o.TopK < 0:
		return fmt.Errorf("model: top-k %d is negative", o.TopK)
	case !(o.TopP >= 0 && o.TopP <= 1):
		return fmt.Errorf("model: top-p %v is not between 0 and 1", o.TopP)
	case o.MaxTokens < 0:
		return fmt.Errorf("model: at most %d tokens", o.MaxTokens)
	}
	return nil
}

// Sample continues the prompt as a document of the model and calls yield with
// the text as it comes, until the document ends (the model gives BOS or another
// special token), MaxTokens are there, ctx is done (the error is its own), or
// yield returns false. The prompt itself is not yielded. A piece is valid only
// during the call; characters of several bytes are yielded whole wherever the
// model completes them.
//
// A sequence that fills the context goes on from its last half: the model then
// sees BOS, if it declares one, and the last ⌊Context/2⌋ tokens less that one.
// A longer prompt starts so. Tokens that the tokenizer does not know, which
// larger models have for padding, are never drawn.
func (m *Model) Sample(ctx context.Context, prompt []byte, o SampleOptions, yield func(piece []byte) bool) error {
	if err := o.check(); err != nil {
		return err
	}
	s := &sequence{m: m, logits: make([]float32, m.Vocab())}
	if bos, ok := m.BOS(); ok {
		s.tokens = append(s.tokens, bos)
	}
	s.tokens = m.tok.Encode(s.tokens, prompt)
	if len(s.tokens) == 0 {
		return errors.New("model: nothing to start from: the prompt is empty and the model declares no BOS")
	}
	d := newDraw(o)
	var text runes
	for n := 0; o.MaxTokens == 0 || n < o.MaxTokens; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.next(o.MaxTokens); err != nil {
			return err
		}
		id, err := d.pick(s.logits[:m.tok.Vocab()])
		if err != nil {
			return err
		}
		if m.tok.Special(id) {
			break
		}
		s.tokens = append(s.tokens, id)
		text.add(m.tok.Decode(nil, []int32{id}))
		if whole := text.take(); len(whole) > 0 && !yield(whole) {
			return nil
		}
	}
	if len(text.pending) > 0 {
		yield(text.pending)
	}
	return nil
}

// A sequence is a text that grows token by token.
type sequence struct {
	m      *Model
	tokens []int32 // all of them since the start
	cache  *lm.Cache
	seen   int // tokens that are in the cache, or were before it was refilled
	logits []float32
}

// next computes the logits of the token after the last. more is the number of
// tokens that may still come in all, 0 if unlimited.
func (s *sequence) next(more int) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	r, err := s.m.run(1)
	if err != nil {
		return err
	}
	if s.cache == nil {
		capacity := 0 // the context
		if more > 0 {
			capacity = len(s.tokens) + min(more, s.m.Context())
		}
		s.cache = r.NewCache(capacity)
	}
	fresh := s.tokens[s.seen:]
	if len(fresh) > s.m.Context()-s.cache.Len() {
		s.cache.Truncate(0)
		fresh = s.tail()
	}
	s.seen = len(s.tokens)
	return r.Extend(s.cache, fresh, s.logits)
}

// tail returns what a full context goes on from.
func (s *sequence) tail() []int32 {
	keep := max(s.m.Context()/2, 1)
	bos, ok := s.m.BOS()
	if !ok || keep == 1 {
		return s.tokens[len(s.tokens)-keep:]
	}
	return append([]int32{bos}, s.tokens[len(s.tokens)-keep+1:]...)
}

// runes holds back the bytes of a character until all of them are there.
type runes struct{ whole, pending []byte }

func (r *runes) add(piece []byte) { r.pending = append(r.pending, piece...) }

// take returns the pending bytes without a character at their end that more
// bytes could complete. They are valid until the next call.
func (r *runes) take() []byte {
	n := len(r.pending)
	for i := n - 1; i >= max(0, n-utf8.UTFMax+1); i-- {
		if utf8.RuneStart(r.pending[i]) {
			if !utf8.FullRune(r.pending[i:]) {
				n = i
			}
			break
		}
	}
	r.whole = append(r.whole[:0], r.pending[:n]...)
	r.pending = append(r.pending[:0], r.pending[n:]...)
	return r.whole
}
