package measure

import (
	"fmt"
	"iter"
)

// A Protocol says what context each token is scored in.
type Protocol struct {
	// Context is C, the most tokens in a window, BOS included: at least 2 and
	// at most what the model can take.
	Context int `json:"context"`
	// Stride is S, the text tokens from the start of one window to the start of
	// the next: from 1 to C−1.
	Stride int `json:"stride"`
	// BOS is the id put before every window, or nil for none, which leaves the
	// first token of every document unscored.
	BOS *int32 `json:"bos"`
}

// maxContext bounds the default context: beyond it the cost of attention grows
// and what a longer context gains is small on most texts.
const maxContext = 2048

// Default returns the protocol used unless told otherwise, for a model trained
// on contexts of trained tokens: C = min(trained, 2048), S = ⌊C/2⌋.
func Default(trained int, bos *int32) Protocol {
	c := min(trained, maxContext)
	return Protocol{Context: c, Stride: c / 2, BOS: bos}
}

// A ProtocolError says why a Protocol cannot be used: a mistake of whoever
// chose it.
type ProtocolError struct {
	Field  string // "context", "stride" or "bos", as in JSON
	Value  int
	Reason string
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("%s %d: %s", e.Field, e.Value, e.Reason)
}

// Check returns a *ProtocolError unless the protocol is consistent and s can
// score its windows.
func (p Protocol) Check(s Scorer) error {
	switch {
	case p.Context < 2:
		return &ProtocolError{"context", p.Context, "must be at least 2 tokens"}
	case p.Context > s.Context():
		return &ProtocolError{"context", p.Context, fmt.Sprintf("the model takes at most %d tokens", s.Context())}
	case p.Stride < 1 || p.Stride > p.Context-1:
		return &ProtocolError{"stride", p.Stride, fmt.Sprintf("must be from 1 to %d, one less than the context", p.Context-1)}
	case p.BOS != nil && (*p.BOS < 0 || int(*p.BOS) >= s.Vocab()):
		return &ProtocolError{"bos", int(*p.BOS), fmt.Sprintf("the model's token ids are from 0 to %d", s.Vocab()-1)}
	}
	return nil
}

// A Window shows the text tokens [Start, End) of a document, after BOS where
// the protocol has one, and scores [First, End) of them.
type Window struct {
	Start, First, End int
}

// Windows yields the windows of a document of n tokens, in order. Together
// they score every token once; without BOS, every token but the first.
func (p Protocol) Windows(n int) iter.Seq[Window] {
	return func(yield func(Window) bool) {
		held, first := p.Context, 1
		if p.BOS != nil {
			held, first = p.Context-1, 0
		}
		for start := 0; first < n; start += p.Stride {
			end := min(start+held, n)
			if !yield(Window{Start: start, First: first, End: end}) {
				return
			}
			first = end
		}
	}
}

// appendWindow appends to dst what a Scorer sees of window w of a document's
// ids, and returns from which position on it is scored.
func (p Protocol) appendWindow(dst, ids []int32, w Window) (window []int32, from int) {
	from = w.First - w.Start
	if p.BOS != nil {
		dst = append(dst, *p.BOS)
		from++
	}
	return append(dst, ids[w.Start:w.End]...), from
}
