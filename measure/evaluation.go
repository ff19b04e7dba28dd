package measure

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"xent"
	"xent/entropy"
)

// An evaluation is the state of Evaluate: windows waiting to be scored, and
// the documents they belong to, all in order.
type evaluation struct {
	ctx      context.Context
	scorer   Scorer
	tok      Tokenizer
	protocol Protocol
	options  Options
	begin    time.Time

	waiting []*text   // documents with unreported tokens, the oldest first
	owners  []*text   // of each window of the batch
	plan    []Window  // the batch, in terms of its documents
	windows [][]int32 // the batch, as the scorer sees it
	from    []int     // scored positions of each window start here
	ids     []int32   // memory of windows
	rows    xent.Rows // what the scorer answers
	total   tally     // of finished documents
	result  Result
	event   Event
	nats    float64 // running sums for events alone
	scored  int     // bytes, likewise
	doubled int     // documents that start with BOS of their own
}

// document tokenizes a document and queues its windows.
func (e *evaluation) document(d Document) error {
	t, err := newText(d, e.tok, e.scorer.Vocab())
	if err != nil {
		return fmt.Errorf("%s: %w", d.Name, err)
	}
	if bos := e.protocol.BOS; bos != nil && len(t.ids) > 0 && t.ids[0] == *bos {
		e.doubled++
	}
	e.waiting = append(e.waiting, t)
	for w := range e.protocol.Windows(len(t.ids)) {
		size := w.End - w.Start + 1
		if len(e.windows) > 0 && len(e.ids)+size > e.options.BatchTokens {
			if err := e.flush(); err != nil {
				return err
			}
		}
		e.queue(t, w)
	}
	t.queued = true
	return e.retire(nil)
}

func (e *evaluation) queue(t *text, w Window) {
	at := len(e.ids)
	ids, from := e.protocol.appendWindow(e.ids, t.ids, w)
	e.ids = ids
	window := ids[at:len(ids):len(ids)]
	if e.result.FirstWindow == nil {
		e.result.FirstWindow = append([]int32{}, window...)
	}
	e.owners = append(e.owners, t)
	e.plan = append(e.plan, w)
	e.windows = append(e.windows, window)
	e.from = append(e.from, from)
	t.pending++
}

// flush scores the batch and hands its rows to the documents.
func (e *evaluation) flush() error {
	if len(e.windows) == 0 {
		return nil
	}
	if err := e.ctx.Err(); err != nil {
		return err
	}
	n := 0
	for _, w := range e.plan {
		n += w.End - w.First
	}
	e.resize(n)
	if err := e.scorer.Score(e.ctx, e.windows, e.from, &e.rows); err != nil {
		return fmt.Errorf("scoring %s: %w", e.batchName(), err)
	}
	row := 0
	for i, w := range e.plan {
		t := e.owners[i]
		if err := e.retire(t); err != nil {
			return err
		}
		if err := e.record(t, w, row); err != nil {
			return err
		}
		row += w.End - w.First
		t.pending--
	}
	e.event.TokensProcessed += len(e.ids)
	clear(e.owners) // documents are kept no longer than needed
	e.owners, e.plan, e.windows = e.owners[:0], e.plan[:0], e.windows[:0]
	e.from, e.ids = e.from[:0], e.ids[:0]
	if err := e.retire(nil); err != nil {
		return err
	}
	if e.options.Progress != nil {
		e.event.BitsPerByte = entropy.BitsPerByte(entropy.Nats(e.nats), e.scored)
		e.options.Progress(e.event)
	}
	return nil
}

// batchName names the documents of the batch: which of them a Scorer's error
// is about, it does not say.
func (e *evaluation) batchName() string {
	first, last := e.owners[0], e.owners[len(e.owners)-1]
	if first == last {
		return first.doc.Name
	}
	return first.doc.Name + " to " + last.doc.Name
}

// resize makes room for n rows. They start as NaN, so that a scorer that
// leaves one out cannot pass for one that is certain.
func (e *evaluation) resize(n int) {
	if cap(e.rows.NLL) < n {
		e.rows = xent.Rows{NLL: make([]float64, n), Entropy: make([]float64, n), Rank: make([]int32, n)}
	}
	e.rows.NLL, e.rows.Entropy, e.rows.Rank = e.rows.NLL[:n], e.rows.Entropy[:n], e.rows.Rank[:n]
	for i := range n {
		e.rows.NLL[i], e.rows.Entropy[i], e.rows.Rank[i] = math.NaN(), math.NaN(), 0
	}
}

// record takes the rows of window w, the first of which is given. Row r is
// about token w.First + r, as Scorer has it.
func (e *evaluation) record(t *text, w Window, row int) error {
	if err := e.skip(t, w.First); err != nil {
		return err
	}
	for i := w.First; i < w.End; i++ {
		nats, h, rank := e.rows.NLL[row], e.rows.Entropy[row], e.rows.Rank[row]
		row++
		t.tally.add(nats, h, rank)
		e.nats += nats
		if err := e.report(t, i, nats, h, rank); err != nil {
			return err
		}
	}
	covered := t.to(w.End)
	t.tally.covered.add(covered)
	e.event.Tokens += w.End - w.First
	e.event.Bytes += covered.bytes
	e.scored += covered.bytes
	return nil
}

// skip passes the tokens of t before position end, which nothing scores.
func (e *evaluation) skip(t *text, end int) error {
	for i := t.next; i < end; i++ {
		t.tally.missing++
		if err := e.report(t, i, math.NaN(), math.NaN(), missing); err != nil {
			return err
		}
	}
	uncovered := t.to(end)
	t.tally.uncovered.add(uncovered)
	e.event.Bytes += uncovered.bytes
	return nil
}

// missing is the rank of a token that was not scored. Ranks start at 1, and a
// row without a ranking has 0.
const missing = -1

// report hands token i of t to whoever asked for tokens.
func (e *evaluation) report(t *text, i int, nats, h float64, rank int32) error {
	if e.options.Token == nil {
		return nil
	}
	span := t.spans[i]
	err := e.options.Token(Token{
		Document: t.doc.Name, Position: i,
		ByteStart: span[0], ByteEnd: span[1],
		ID: t.ids[i], Text: string(t.doc.Text[span[0]:span[1]]),
		Missing: rank == missing, Nats: nats, Rank: max(rank, 0), Entropy: h,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", t.doc.Name, err)
	}
	return nil
}

// retire finishes the oldest waiting documents: all those before until, or,
// when it is nil, all that wait for nothing.
func (e *evaluation) retire(until *text) error {
	done := 0
	for _, t := range e.waiting {
		if t == until || until == nil && (!t.queued || t.pending > 0) {
			break
		}
		if err := e.close(t); err != nil {
			return err
		}
		done++
	}
	e.waiting = slices.Delete(e.waiting, 0, done)
	return nil
}

// close passes what is left of a document and takes its result.
func (e *evaluation) close(t *text) error {
	if err := e.skip(t, len(t.ids)); err != nil {
		return err
	}
	rest := t.cursor.to(len(t.doc.Text)) // bytes that belong to no token
	t.tally.uncovered.add(rest)
	e.event.Bytes += rest.bytes
	e.event.Documents++
	if covered, uncovered := t.tally.covered.bytes, t.tally.uncovered.bytes; covered+uncovered != len(t.doc.Text) {
		return fmt.Errorf("%s: %d bytes scored and %d missing, but it has %d", t.doc.Name, covered, uncovered, len(t.doc.Text))
	}
	e.total.merge(&t.tally)
	e.result.Documents = append(e.result.Documents, DocumentResult{Document: t.doc.Name, Summary: t.tally.summary()})
	return nil
}

// finish makes the result of all documents.
func (e *evaluation) finish() Result {
	r := e.result
	if r.Documents == nil { // in JSON a list, not null
		r.Documents, r.FirstWindow = []DocumentResult{}, []int32{}
	}
	if r.FirstWindow == nil {
		r.FirstWindow = []int32{}
	}
	r.Total = Total{
		Summary:         e.total.summary(),
		Documents:       e.event.Documents,
		TokensProcessed: e.event.TokensProcessed,
		Seconds:         time.Since(e.begin).Seconds(),
	}
	r.Warnings = e.warnings()
	return r
}

func (e *evaluation) warnings() []Warning {
	list := []Warning{}
	warn := func(code string, count int, format string, args ...any) {
		if count > 0 {
			list = append(list, Warning{Code: code, Message: fmt.Sprintf(format, args...), Count: count})
		}
	}
	bos, expected := e.protocol.BOS, e.tok.AddsBOS()
	id, ok := e.tok.BOS()
	switch {
	case bos != nil:
		warn(WarnDoubledBOS, e.doubled, "text starts with token %d, the BOS that is put before it", *bos)
		if ok && expected && id != *bos {
			warn(WarnOtherBOS, e.event.Documents, "texts start with token %d, but the tokenizer's BOS is %d", *bos, id)
		}
	case expected:
		warn(WarnMissingBOS, e.event.Documents, "the tokenizer says that texts start with BOS, but they are scored without, and their first tokens are not scored")
	}
	warn(WarnNotFinite, e.total.notFinite, "the model gave scored tokens probability 0 or no probability at all")
	return list
}
