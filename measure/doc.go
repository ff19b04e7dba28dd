// Package measure says how surprised a model is by texts: in nats and bits,
// per token, byte, character and word.
//
// [Evaluate] takes a [Scorer] (anything that gives the probability of the next
// token), a [Tokenizer], documents and a [Protocol], and returns a [Result].
//
// # What is scored
//
// Documents never see each other. Every token is scored exactly once, given
// what stands before it in its document, as much of it as the protocol's
// windows show. The first token of a document is scored given BOS, the token
// that says a text begins; a protocol without BOS has nothing to score it
// with, so the token is missing: left out of every sum and every denominator,
// never counted as 0. The end of a document is not scored.
//
// # Windows
//
// A model sees at most C tokens at once. Window k starts at text token k·S and
// holds BOS and C−1 text tokens (C text tokens without BOS); the last window
// is shorter, not shifted back, and is the one that scores the last token.
// Each window scores those of its tokens that no window before it scored. With
// 1 ≤ S ≤ C−1 every scored token has at least C−S−1 text tokens of left
// context (C−S without BOS) wherever the document has that many before it.
// [Protocol.Windows] is the only place that knows this.
//
// # Denominators
//
// Bytes, characters and words count only the text that scored tokens cover,
// and are taken from the text itself. A byte that is no part of valid UTF-8 is
// one character, as for utf8.RuneCount; a word is a maximal run of characters
// that are not white space (unicode.IsSpace). A character or word belongs to
// the token that holds its last byte, so what several tokens share is counted
// once.
//
// # Exactness
//
// Totals are exact sums, rounded once. Given a Scorer whose rows do not depend
// on the other rows of a call, no digit depends on the size of batches, on the
// order of documents or on concurrency.
package measure
