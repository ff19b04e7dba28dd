package corpus

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"unicode/utf8"
)

// The first tokens of a piece are predicted from less context than they have in
// the whole text, so pieces are long: a thousand tokens or so, or, of large
// samples, a sixteenth of all.
const (
	leastPiece = 4096 // bytes
	pieces     = 16
)

// Sample returns about size bytes of the documents' text, spread evenly over
// all of it whatever the documents' order; or all of it if that is no more.
//
// The documents are laid end to end by ascending SHA-256 of their texts; empty
// ones are left out. Unless all of it fits, a document longer than
// P = max(4096, ⌊size/16⌋) bytes is cut into ⌈length/P⌉ equal pieces, each
// boundary moved to the first line start in the quarter of a piece behind it,
// or else to the first rune start; other documents are one piece each. In this
// order a piece is taken if taken/passed ≤ size/total, counting the bytes before
// it; the last ends, not inside a rune, where the sample has size bytes. Pieces
// that follow each other in a document become one. So the sample never has more
// than size bytes, and lacks less than 1¼·P.
//
// The result has the order described. A part of a document that does not begin
// it is named "name+offset", in bytes; one that does not end it is Cut. The
// texts are copies and keep no document in memory. A size under 1 gives nil.
func Sample(docs []Document, size int) []Document {
	if size < 1 {
		return nil
	}
	docs = inHashOrder(docs)
	total := 0
	for _, d := range docs {
		total += len(d.Text)
	}
	s := sampler{size: size, total: total, piece: max(leastPiece, size/pieces)}
	for _, d := range docs {
		s.document(d)
	}
	return s.sample
}

// inHashOrder returns the documents that have a text, by ascending SHA-256.
func inHashOrder(docs []Document) []Document {
	type hashed struct {
		Document
		hash
	}
	var list []hashed
	for _, d := range docs {
		if len(d.Text) > 0 {
			list = append(list, hashed{d, sha256.Sum256(d.Text)})
		}
	}
	slices.SortStableFunc(list, func(a, b hashed) int { return compare(a.hash, b.hash) })
	sorted := make([]Document, len(list))
	for i, d := range list {
		sorted[i] = d.Document
	}
	return sorted
}

type sampler struct {
	size, total, piece int
	passed, taken      int // bytes
	full               bool
	sample             []Document
}

// document passes a document's pieces and adds what is taken of them.
func (s *sampler) document(d Document) {
	n := 1
	if s.total > s.size {
		n = (len(d.Text) + s.piece - 1) / s.piece
	}
	from, to := 0, 0 // taken, and not added yet
	for i := range n {
		lo, hi := boundary(d.Text, i, n), boundary(d.Text, i+1, n)
		if s.due() {
			if to < lo {
				s.add(d, from, to)
				from = lo
			}
			to = s.take(d.Text, lo, hi)
		}
		s.passed += hi - lo
	}
	s.add(d, from, to)
}

// due reports whether the next piece is to be taken: taken/passed ≤ size/total.
// In floating point, since the product of two sizes may overflow an int of 32
// bits.
func (s *sampler) due() bool {
	return !s.full && float64(s.taken)*float64(s.total) <= float64(s.passed)*float64(s.size)
}

// take takes the piece [lo, hi) of text, as far as there is room, and returns
// its end.
func (s *sampler) take(text []byte, lo, hi int) int {
	if room := s.size - s.taken; hi-lo >= room {
		hi, s.full = runeEnd(text, lo, lo+room), true
	}
	s.taken += hi - lo
	return hi
}

func (s *sampler) add(d Document, from, to int) {
	if from == to {
		return
	}
	name := d.Name
	if from > 0 {
		name = fmt.Sprintf("%s+%d", d.Name, from)
	}
	s.sample = append(s.sample, Document{Name: name, Text: bytes.Clone(d.Text[from:to]), Cut: d.Cut || to < len(d.Text)})
}

// boundary returns where piece i of n of a text begins, and for i = n its end.
func boundary(text []byte, i, n int) int {
	switch i {
	case 0:
		return 0
	case n:
		return len(text)
	}
	at := int(int64(len(text)) * int64(i) / int64(n))
	if line := bytes.IndexByte(text[at-1:at+len(text)/n/4], '\n'); line >= 0 {
		return at + line
	}
	return runeStart(text, at)
}

// runeEnd returns the last position behind lo and up to end that is not inside
// a rune, or end where none of the last four is: that is not UTF-8.
func runeEnd(text []byte, lo, end int) int {
	for i := end; i > max(lo, end-utf8.UTFMax); i-- {
		if i == len(text) || utf8.RuneStart(text[i]) {
			return i
		}
	}
	return end
}
