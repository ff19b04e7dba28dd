package train

import (
	"math/rand/v2"

	"xent/tokenizer"
)

// A splitter cuts tokens into those that were merged into them, some at random, so that a
// text that is gone through again does not come in the same tokens: BPE-dropout
// (Provilkov et al. 2020), done to tokens when they are finished. The text stays the same.
type splitter struct {
	parts [][2]int32
	p     func(epoch uint64) float64 // the probability that a token is split, and then each part
}

// split appends tokens to dst, those that chance wants in parts.
func (s *splitter) split(dst, tokens []int32, p float64, r *rand.Rand) []int32 {
	for _, id := range tokens {
		dst = s.part(dst, id, p, r)
	}
	return dst
}

func (s *splitter) part(dst []int32, id int32, p float64, r *rand.Rand) []int32 {
	parts := s.parts[id]
	if parts[0] < 0 || r.Float64() >= p {
		return append(dst, id)
	}
	return s.part(s.part(dst, parts[0], p, r), parts[1], p, r)
}

// newSplitter returns the plan's splitter for text of so many tokens, or nil where no
// token is split. In the first epoch nothing can be learnt by heart, and towards the end
// tokens become those that the model is measured by: so p is 0 in the first epoch, and
// falls from BPEDropout before it to 0 at the end of the run.
func (p *plan) newSplitter(tok *tokenizer.Tokenizer, tokens int64) *splitter {
	if p.BPEDropout == 0 {
		return nil
	}
	return &splitter{tok.Parts(), func(epoch uint64) float64 {
		if epoch == 0 {
			return 0
		}
		passed := float64(epoch) * float64(tokens) / (float64(p.Steps) * float64(p.BatchTokens))
		return p.BPEDropout * max(1-passed, 0)
	}}
}
