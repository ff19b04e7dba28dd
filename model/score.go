package model

import (
	"context"
	"errors"
	"fmt"
	"math"

	"xent"
	"xent/lm"
)

// scratch is what Score needs again and again.
type scratch struct {
	batch   lm.Batch
	windows []int // indices of the windows in the batch
	rows    xent.Rows
}

// Score predicts tokens. A window is a list of tokens, BOS included where the
// model wants one; of window w it predicts windows[w][i] from windows[w][:i],
// for i from from[w] (1 or more) to the end. The predictions are rows, laid end
// to end in the windows' order, Σ(len(windows[w]) − from[w]) of them; the fields
// of rows that are not nil must have that length, and are filled. A window may
// have Context+1 tokens, as the last is only predicted.
//
// Every row is a function of its window alone: not of the other windows, their
// order or the number of goroutines. Score stops between batches when ctx is
// done. On errors the content of rows is undefined.
func (m *Model) Score(ctx context.Context, windows [][]int32, from []int, rows *xent.Rows) error {
	if err := m.checkWindows(windows, from, rows); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := *rows
	s := &m.scratch
	for w := 0; w < len(windows); {
		if err := ctx.Err(); err != nil {
			return err
		}
		w = s.fill(windows, from, w)
		if len(s.windows) == 0 { // none of them has a prediction
			continue
		}
		r, err := m.run(len(s.batch.Tokens))
		if err != nil {
			return err
		}
		s.shape(&out, len(s.batch.Tokens))
		var total xent.Total
		if err := r.Loss(&total, s.batch, nil, &s.rows); err != nil {
			return err
		}
		s.hand(&out, windows, from)
	}
	return nil
}

func (m *Model) checkWindows(windows [][]int32, from []int, rows *xent.Rows) error {
	if len(from) != len(windows) {
		return fmt.Errorf("model: %d windows and %d starts", len(windows), len(from))
	}
	if rows == nil {
		return errors.New("model: no rows to fill")
	}
	n := 0
	for w, tokens := range windows {
		switch {
		case from[w] < 1 || from[w] > len(tokens):
			return fmt.Errorf("model: window %d: predictions from %d on in %d tokens", w, from[w], len(tokens))
		case len(tokens)-1 > m.Context():
			return fmt.Errorf("model: window %d has %d tokens; the context of %s is %d", w, len(tokens), m.name, m.Context())
		}
		for i, id := range tokens {
			if id < 0 || int(id) >= m.Vocab() {
				return fmt.Errorf("model: window %d: token %d is %d; %s has %d", w, i, id, m.name, m.Vocab())
			}
		}
		n += len(tokens) - from[w]
	}
	for _, f := range []struct {
		name string
		null bool
		len  int
	}{
		{"NLL", rows.NLL == nil, len(rows.NLL)}, {"LSE", rows.LSE == nil, len(rows.LSE)}, {"Entropy", rows.Entropy == nil, len(rows.Entropy)},
		{"Argmax", rows.Argmax == nil, len(rows.Argmax)}, {"Rank", rows.Rank == nil, len(rows.Rank)},
	} {
		if !f.null && f.len != n {
			return fmt.Errorf("model: rows.%s has %d elements for %d predictions", f.name, f.len, n)
		}
	}
	return nil
}

// fill makes a batch of the windows from w on, as many as fit but one at
// least, and returns the first that is not in it.
//
// Labels are shifted here and nowhere else in this package: the token at i is
// fed, and the one at i+1 is its target where that is to be predicted.
func (s *scratch) fill(windows [][]int32, from []int, w int) int {
	b := &s.batch
	b.Tokens, b.Targets, b.Ends, s.windows = b.Tokens[:0], b.Targets[:0], b.Ends[:0], s.windows[:0]
	for ; w < len(windows); w++ {
		tokens := windows[w]
		n := len(tokens) - 1
		if from[w] > n {
			continue
		}
		if len(b.Tokens) > 0 && len(b.Tokens)+n > batchTokens {
			break
		}
		b.Tokens = append(b.Tokens, tokens[:n]...)
		for i := 1; i <= n; i++ {
			if i < from[w] {
				b.Targets = append(b.Targets, xent.Ignore)
			} else {
				b.Targets = append(b.Targets, tokens[i])
			}
		}
		b.Ends = append(b.Ends, len(b.Tokens))
		s.windows = append(s.windows, w)
	}
	return w
}

// shape gives the batch's rows the fields that out asks for, n long.
func (s *scratch) shape(out *xent.Rows, n int) {
	s.rows = xent.Rows{
		NLL: like(out.NLL, s.rows.NLL, n), LSE: like(out.LSE, s.rows.LSE, n), Entropy: like(out.Entropy, s.rows.Entropy, n),
		Argmax: like(out.Argmax, s.rows.Argmax, n), Rank: like(out.Rank, s.rows.Rank, n),
	}
}

// like returns n elements, old's memory if it is enough, or nil if want is nil.
func like[T any](want, old []T, n int) []T {
	if want == nil {
		return nil
	}
	if cap(old) < n {
		return make([]T, n)
	}
	return old[:n]
}

// hand moves the batch's predicted rows to the front of out, and out past them.
func (s *scratch) hand(out *xent.Rows, windows [][]int32, from []int) {
	for i, w := range s.windows {
		hi := s.batch.Ends[i]
		lo := hi - (len(windows[w]) - from[w])
		move(&out.NLL, s.rows.NLL, lo, hi)
		move(&out.LSE, s.rows.LSE, lo, hi)
		move(&out.Entropy, s.rows.Entropy, lo, hi)
		move(&out.Argmax, s.rows.Argmax, lo, hi)
		move(&out.Rank, s.rows.Rank, lo, hi)
	}
}

func move[T any](dst *[]T, src []T, lo, hi int) {
	if *dst != nil {
		*dst = (*dst)[copy(*dst, src[lo:hi]):]
	}
}

// Surprisal returns −log p of every token of a text in nats, each given all
// before it, and the bytes text[start:end] that the token stands for. The first
// token is predicted from BOS; a model that declares none does not predict it,
// and its surprisal is NaN: unknown, not 0.
//
// The text must fit the context; package measure cuts longer ones into windows.
func (m *Model) Surprisal(ctx context.Context, text []byte) (nats []float64, spans [][2]int, err error) {
	ids, spans := m.tok.EncodeOffsets(text)
	if len(ids) == 0 {
		return nil, nil, nil
	}
	nats = make([]float64, len(ids))
	scored := nats
	window := ids
	if bos, ok := m.BOS(); ok {
		window = append([]int32{bos}, ids...)
	} else {
		nats[0], scored = math.NaN(), nats[1:]
	}
	if len(window)-1 > m.Context() {
		return nil, nil, fmt.Errorf("model: the text has %d tokens; the context of %s holds %d", len(ids), m.name, m.Context()+1-(len(window)-len(ids)))
	}
	if err := m.Score(ctx, [][]int32{window}, []int{1}, &xent.Rows{NLL: scored}); err != nil {
		return nil, nil, err
	}
	return nats, spans, nil
}
