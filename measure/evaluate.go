package measure

import (
	"context"
	"iter"
	"time"
)

// A Document is a text that is scored by itself.
type Document struct {
	Name string
	Text []byte
}

// All yields documents that are in memory.
func All(docs ...Document) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		for _, d := range docs {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// A Tokenizer turns text into token ids and says which text each stands for.
// Package tokenizer has one.
type Tokenizer interface {
	// EncodeOffsets returns the ids of text, without BOS, and the byte range
	// [start, end) of each. Ends never decrease. A byte belongs to the first
	// token that ends behind it; bytes behind the last end belong to none.
	EncodeOffsets(text []byte) (ids []int32, spans [][2]int)
	// BOS returns the id that stands for the beginning of a text, if any.
	BOS() (id int32, ok bool)
	// AddsBOS reports whether models of this tokenizer expect BOS before texts.
	AddsBOS() bool
}

// A Token is the record of one token of a document. A missing token (see the
// package comment) has NaN for Nats and Entropy and 0 for Rank.
type Token struct {
	Document           string
	Position           int // among the document's tokens, from 0
	ByteStart, ByteEnd int // of its span in the document's text
	ID                 int32
	Text               string  // the bytes of the span, perhaps a part of a character
	Missing            bool    // not scored
	Nats               float64 // surprisal
	Rank               int32   // 1 for the token the model held most probable
	Entropy            float64 // of the predicted distribution, nats
}

// An Event tells how far an evaluation has come.
type Event struct {
	Documents       int     // finished
	Tokens          int     // scored
	TokensProcessed int     // shown to the model, contexts and BOS included
	Bytes           int     // of text passed, scored or not
	BitsPerByte     float64 // so far, not exactly rounded; NaN before the first scored byte
}

// Options are what an evaluation can do beside its result. None of them
// changes a digit of it.
type Options struct {
	// Progress, unless nil, is called after every call of the Scorer.
	Progress func(Event)
	// Token, unless nil, is called with every token of every document, in
	// order. Its error ends the evaluation.
	Token func(Token) error
	// BatchTokens bounds the tokens of the windows given to the Scorer at a
	// time, except that one window is always given; 0 means 4096.
	BatchTokens int
}

// defaultBatch is a compromise: large enough for a matrix product to run at
// its full rate, small enough for steady progress.
const defaultBatch = 4096

// Evaluate scores documents, which are read as they are needed and kept no
// longer, and adds up what it finds.
//
// Errors: a *ProtocolError for a protocol that does not fit s; any error that
// documents, s, o.Token or ctx gives, wrapped with the name of the document
// where there is one, or for s with the first and the last that it was given at
// a time; a tokenizer whose ids or spans make no sense. An
// infinite or undefined surprisal is a value, with a warning, not an error.
func Evaluate(ctx context.Context, s Scorer, tok Tokenizer, documents iter.Seq2[Document, error], p Protocol, o Options) (Result, error) {
	if err := p.Check(s); err != nil {
		return Result{}, err
	}
	if o.BatchTokens <= 0 {
		o.BatchTokens = defaultBatch
	}
	e := &evaluation{ctx: ctx, scorer: s, tok: tok, protocol: p, options: o, begin: time.Now()}
	for d, err := range documents {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return Result{}, err
		}
		if err := e.document(d); err != nil {
			return Result{}, err
		}
	}
	if err := e.flush(); err != nil {
		return Result{}, err
	}
	return e.finish(), nil
}
