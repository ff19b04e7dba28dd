package measure

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"xent"
)

// failing is a Scorer that fails, and a tokenizer that lies.
type failing struct {
	Scorer
	err error
}

func (f failing) Score(context.Context, [][]int32, []int, *xent.Rows) error { return f.err }

type lying struct {
	pairs
	ids   []int32
	spans [][2]int
}

func (l lying) EncodeOffsets([]byte) ([]int32, [][2]int) { return l.ids, l.spans }

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	s := FromPredictor(history{v: pairsVocab}, 8)
	p := Protocol{Context: 8, Stride: 4, BOS: new(int32(599))}
	doc := Document{"the document", []byte("some text that needs windows")}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	unreadable := func(yield func(Document, error) bool) {
		_ = yield(doc, nil) && yield(Document{}, broken)
	}
	one := [][2]int{{0, 2}}
	for _, c := range []struct {
		name string
		ctx  context.Context
		s    Scorer
		tok  Tokenizer
		docs iter.Seq2[Document, error]
		p    Protocol
		o    Options
		is   error
		says string
	}{
		{name: "scorer", s: failing{s, broken}, is: broken, says: "scoring the document: broken"},
		{name: "scorer of several", s: failing{s, broken}, docs: All(Document{"a", []byte("text")}, Document{"b", nil}, Document{"c", []byte("text")}), is: broken, says: "scoring a to c: broken"},
		{name: "reader", docs: unreadable, is: broken},
		{name: "record", o: Options{Token: func(Token) error { return broken }}, is: broken, says: "the document"},
		{name: "cancelled", ctx: cancelled, is: context.Canceled},
		{name: "protocol", p: Protocol{Context: 9, Stride: 4}, says: "context 9"},
		{name: "distribution", s: FromPredictor(unnormalised{}, 8), says: "sum to"},
		{name: "other vocabulary", s: FromPredictor(history{v: 100}, 8), p: Protocol{Context: 8, Stride: 4}, says: "the document: byte 0: the model has no token"},
		{name: "ids without spans", tok: lying{ids: []int32{1, 2}, spans: one}, says: "2 ids and 1 spans"},
		{name: "span behind the text", tok: lying{ids: []int32{1}, spans: [][2]int{{0, 99}}}, says: "bytes 0 to 99"},
		{name: "spans out of order", tok: lying{ids: []int32{1, 2}, spans: [][2]int{{0, 4}, {0, 2}}}, says: "token 1"},
	} {
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		if c.s == nil {
			c.s = s
		}
		if c.tok == nil {
			c.tok = pairs{}
		}
		if c.docs == nil {
			c.docs = All(doc)
		}
		if c.p == (Protocol{}) {
			c.p = p
		}
		r, err := Evaluate(c.ctx, c.s, c.tok, c.docs, c.p, c.o)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if r.Total.Tokens != 0 || r.Documents != nil {
			t.Errorf("%s: an error and a result", c.name)
		}
	}
}

// TestCancelWhileScoring ends an evaluation between two batches.
func TestCancelWhileScoring(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	calls := 0
	_, err := Evaluate(ctx, FromPredictor(history{v: pairsVocab}, 8), pairs{}, All(documents()...), Protocol{Context: 8, Stride: 4},
		Options{BatchTokens: 10, Progress: func(Event) { calls++; cancel() }})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("error %v after %d batches", err, calls)
	}
}

type unnormalised struct{}

func (unnormalised) Vocab() int                                { return pairsVocab }
func (unnormalised) LogProbabilities(dst []float64, _ []int32) { clear(dst) }
