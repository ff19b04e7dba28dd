package lm

import "fmt"

// A Batch is one or more sequences laid end to end without padding: sequence s
// is Tokens[Ends[s−1]:Ends[s]], and the last end is the number of tokens.
// Positions start at 0 in each, and no sequence sees another. Targets[i] is
// the token that should follow Tokens[i], or xent.Ignore.
type Batch struct {
	Tokens, Targets []int32
	Ends            []int
}

// A BatchError says why a batch, or tokens for a cache, cannot be computed.
// Batches are checked before anything is written.
type BatchError struct{ Why string }

func (e *BatchError) Error() string { return "lm: " + e.Why }

// A TokenError says that the token at a position is not in the vocabulary.
type TokenError struct {
	Position int // index into the tokens given
	ID       int32
	Vocab    int
}

func (e *TokenError) Error() string {
	return fmt.Sprintf("lm: token %d at position %d is not in the vocabulary of %d", e.ID, e.Position, e.Vocab)
}

func badBatch(format string, args ...any) error {
	return &BatchError{fmt.Sprintf(format, args...)}
}

// checkTokens returns a *TokenError for the first token outside the vocabulary.
func checkTokens(tokens []int32, vocab int) error {
	for i, id := range tokens {
		if id < 0 || int(id) >= vocab {
			return &TokenError{i, id, vocab}
		}
	}
	return nil
}

// check returns an error unless the batch fits the model and at most maxTokens.
func (b Batch) check(s Spec, maxTokens int) error {
	n := len(b.Tokens)
	switch {
	case n == 0:
		return badBatch("a batch without tokens")
	case n > maxTokens:
		return badBatch("a batch of %d tokens for a runner of at most %d", n, maxTokens)
	case len(b.Targets) != n:
		return badBatch("%d targets for %d tokens", len(b.Targets), n)
	case len(b.Ends) == 0 || b.Ends[len(b.Ends)-1] != n:
		return badBatch("the sequences do not end at the last of the %d tokens", n)
	}
	from := 0
	for i, end := range b.Ends {
		switch {
		case end <= from:
			return badBatch("sequence %d ends at %d, where or before it starts", i, end)
		case end-from > s.Context:
			return badBatch("sequence %d has %d tokens, the model's context is %d", i, end-from, s.Context)
		}
		from = end
	}
	return checkTokens(b.Tokens, s.Vocab)
}
