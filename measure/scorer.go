package measure

import (
	"context"
	"fmt"
	"math"

	"xent"
	"xent/entropy"
)

// A Scorer gives the probabilities of tokens in their contexts. It is what
// Evaluate asks of a model, a server or a table of counts.
type Scorer interface {
	// Vocab returns V: token ids are in [0, V).
	Vocab() int
	// Context returns the most tokens a window may hold, BOS included.
	Context() int
	// Score scores the ends of windows, lists of token ids with BOS among them
	// where there is one. Window w yields len(w) − from[w] rows, with
	// from[w] ≥ 1, and the rows of all windows are laid end to end in order.
	// The row of position i is the prediction of windows[w][i] from
	// windows[w][:i]; nothing else may influence it. Score fills those slices
	// of rows that are not nil; they have the length of all rows together. It
	// must neither change nor keep what it is given.
	Score(ctx context.Context, windows [][]int32, from []int, rows *xent.Rows) error
}

// A Predictor gives whole distributions over the next token. FromPredictor
// makes a Scorer of it.
type Predictor interface {
	// Vocab returns V: token ids are in [0, V).
	Vocab() int
	// LogProbabilities writes to dst, of length V, the natural logarithms of
	// the probabilities of the token that follows context, a list of one or
	// more ids. They must sum to 1 as package entropy understands it.
	LogProbabilities(dst []float64, context []int32)
}

// FromPredictor returns a Scorer over p for windows of at most context tokens.
// It calls p once for each scored token, one call at a time, and gives an
// error for what is not a distribution. LSE is 0, since log-probabilities are
// normalised logits. The Scorer is not safe for concurrent use.
func FromPredictor(p Predictor, context int) Scorer {
	return &predictorScorer{p: p, context: context, logp: make([]float64, p.Vocab())}
}

type predictorScorer struct {
	p       Predictor
	context int
	logp    []float64
}

func (s *predictorScorer) Vocab() int   { return len(s.logp) }
func (s *predictorScorer) Context() int { return s.context }

func (s *predictorScorer) Score(ctx context.Context, windows [][]int32, from []int, rows *xent.Rows) error {
	row := 0
	for w, window := range windows {
		if err := ctx.Err(); err != nil {
			return err
		}
		for r := range len(window) - from[w] {
			before, target := label(window, from[w], r)
			s.p.LogProbabilities(s.logp, before)
			h, err := entropy.EntropyLog(s.logp)
			if err != nil {
				return fmt.Errorf("prediction of token %d of window %d: %w", len(before), w, err)
			}
			s.fill(rows, row, int(target), float64(h))
			row++
		}
	}
	return nil
}

// label is the shift between what a window shows and what it asks, made here
// and nowhere else in this package (other Scorers make their own): row r of a
// window is about the token at position from+r, predicted from all before it.
func label(window []int32, from, r int) (before []int32, target int32) {
	i := from + r
	return window[:i], window[i]
}

func (s *predictorScorer) fill(rows *xent.Rows, row, target int, h float64) {
	best, rank := 0, int32(1)
	for c, l := range s.logp {
		if l > s.logp[best] {
			best = c
		}
		if l > s.logp[target] || c < target && l == s.logp[target] {
			rank++
		}
	}
	if rows.NLL != nil {
		rows.NLL[row] = math.Max(0-s.logp[target], 0)
	}
	if rows.LSE != nil {
		rows.LSE[row] = 0
	}
	if rows.Entropy != nil {
		rows.Entropy[row] = h
	}
	if rows.Argmax != nil {
		rows.Argmax[row] = int32(best)
	}
	if rows.Rank != nil {
		rows.Rank[row] = rank
	}
}
