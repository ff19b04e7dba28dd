package measure

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"xent"
	"xent/internal/exact"
)

// watcher checks what a Scorer is given before it passes it on.
type watcher struct {
	Scorer
	t        *testing.T
	protocol Protocol
	seen     [][]int32 // the scored ids, window by window
	batch    int       // bound on tokens given
}

func (w *watcher) Score(ctx context.Context, windows [][]int32, from []int, rows *xent.Rows) error {
	total, scored := 0, 0
	for i, window := range windows {
		if len(window) > w.protocol.Context || from[i] < 1 || from[i] >= len(window) {
			w.t.Errorf("a window of %d tokens, scored from %d, with context %d", len(window), from[i], w.protocol.Context)
		}
		if w.protocol.BOS != nil && window[0] != *w.protocol.BOS {
			w.t.Errorf("window starts with %d, not with BOS", window[0])
		}
		total += len(window)
		scored += len(window) - from[i]
		w.seen = append(w.seen, slices.Clone(window[from[i]:]))
	}
	if len(windows) > 1 && total > w.batch {
		w.t.Errorf("%d windows of %d tokens together, at most %d were asked for", len(windows), total, w.batch)
	}
	if len(from) != len(windows) || len(rows.NLL) != scored || len(rows.Entropy) != scored || len(rows.Rank) != scored {
		w.t.Errorf("%d windows, %d starts, %d scored tokens, %d rows", len(windows), len(from), scored, len(rows.NLL))
	}
	return w.Scorer.Score(ctx, windows, from, rows)
}

// TestNoDigitDependsOnBatches scores the same documents in batches of every
// kind, and the records token by token.
func TestNoDigitDependsOnBatches(t *testing.T) {
	tok := pairs{bos: 599, adds: true}
	for _, p := range []Protocol{{Context: 9, Stride: 4, BOS: new(int32(599))}, {Context: 8, Stride: 3}} {
		var first Result
		var firstTokens []Token
		for _, batch := range []int{1, 7, 64, 300, 100000} {
			var tokens []Token
			w := &watcher{Scorer: FromPredictor(history{v: pairsVocab}, 9), t: t, protocol: p, batch: batch}
			r := evaluate(t, w, tok, p, Options{BatchTokens: batch, Token: func(r Token) error {
				tokens = append(tokens, r)
				return nil
			}}, documents()...)
			if firstTokens == nil {
				first, firstTokens = r, tokens
				checkRecords(t, r, tokens, tok)
			}
			if a, b := exactly(t, first), exactly(t, r); a != b {
				t.Fatalf("batches of %d change the result:\n%s\n%s", batch, a, b)
			}
			if a, b := exactly(t, firstTokens), exactly(t, tokens); a != b {
				t.Fatalf("batches of %d change the tokens", batch)
			}
			var ids []int32
			for _, r := range tokens {
				if !r.Missing {
					ids = append(ids, r.ID)
				}
			}
			if !slices.Equal(ids, slices.Concat(w.seen...)) {
				t.Fatal("the scorer saw other tokens than the records show")
			}
		}
	}
}

// checkRecords rebuilds texts and totals from the records of their tokens.
func checkRecords(t *testing.T, r Result, tokens []Token, tok Tokenizer) {
	t.Helper()
	var total exact.Sum
	for i, d := range documents() {
		ids, _ := tok.EncodeOffsets(d.Text)
		var text []byte
		var nats exact.Sum
		for k, id := range ids {
			r := tokens[k]
			if r.Document != d.Name || r.Position != k || r.ID != id || r.ByteStart != len(text) || string(d.Text[r.ByteStart:r.ByteEnd]) != r.Text {
				t.Fatalf("%s, token %d: record %+v", d.Name, k, r)
			}
			text = append(text, r.Text...)
			if !r.Missing {
				nats.Add(r.Nats)
				total.Add(r.Nats)
			} else if !math.IsNaN(r.Nats) || r.Rank != 0 {
				t.Fatalf("%s, token %d is missing, but has %v nats", d.Name, k, r.Nats)
			}
		}
		tokens = tokens[len(ids):]
		if !bytes.Equal(text, d.Text) {
			t.Fatalf("%s: records spell %q", d.Name, text)
		}
		if got := r.Documents[i]; got.Document != d.Name || got.Tokens > 0 && float64(got.Nats) != nats.Float64() {
			t.Fatalf("%s: %v nats, its records have %v", d.Name, got.Nats, nats.Float64())
		}
	}
	if len(tokens) > 0 || float64(r.Total.Nats) != total.Float64() {
		t.Fatalf("%d records too many, total %v, want %v", len(tokens), r.Total.Nats, total.Float64())
	}
}

func TestTotalDoesNotDependOnOrder(t *testing.T) {
	tok, p := pairs{bos: 599, adds: true}, Protocol{Context: 9, Stride: 4, BOS: new(int32(599))}
	docs := documents()
	a := evaluate(t, FromPredictor(history{v: pairsVocab}, 9), tok, p, Options{}, docs...)
	slices.Reverse(docs)
	b := evaluate(t, FromPredictor(history{v: pairsVocab}, 9), tok, p, Options{}, docs...)
	if !reflect.DeepEqual(a.Total, b.Total) {
		t.Errorf("%+v\n%+v", a.Total, b.Total)
	}
}
