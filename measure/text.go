package measure

import "fmt"

// A text is a document on its way through an evaluation.
type text struct {
	doc     Document
	ids     []int32
	spans   [][2]int
	next    int    // tokens before this one are scored or missing
	pending int    // windows in the batch
	queued  bool   // all its windows have been in a batch
	cursor  cursor // behind the last token that is scored or missing
	tally   tally
}

// newText tokenizes d and checks what the tokenizer says.
func newText(d Document, tok Tokenizer, vocab int) (*text, error) {
	ids, spans := tok.EncodeOffsets(d.Text)
	if len(ids) != len(spans) {
		return nil, fmt.Errorf("the tokenizer gave %d ids and %d spans", len(ids), len(spans))
	}
	last := 0
	for i, s := range spans {
		if ids[i] < 0 || int(ids[i]) >= vocab {
			return nil, fmt.Errorf("byte %d: the model has no token %d, its ids are from 0 to %d: is this its tokenizer?", s[0], ids[i], vocab-1)
		}
		if s[0] < 0 || s[0] > s[1] || s[1] < last || s[1] > len(d.Text) {
			return nil, fmt.Errorf("the tokenizer gave token %d the bytes %d to %d after one that ends at %d, in a text of %d bytes", i, s[0], s[1], last, len(d.Text))
		}
		last = s[1]
	}
	t := &text{doc: d, ids: ids, spans: spans, cursor: cursor{text: d.Text}}
	t.tally.total = len(d.Text)
	return t, nil
}

// to moves past the tokens before end and returns the text they cover.
func (t *text) to(end int) extent {
	t.next = end
	if end == 0 {
		return extent{}
	}
	return t.cursor.to(t.spans[end-1][1])
}
