package corpus

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// splitByDocument is the number of documents from which a corpus is split by
// whole documents.
const splitByDocument = 20

// Split parts the documents into those to learn from and those to be measured
// on, and forgets them. Empty documents are in neither. Which bytes are held out does not depend on
// the order or the names of the documents.
//
// With 20 documents or more, at most a tenth of them is held out. Documents of
// the same text stay together, so that no text is on both sides; by ascending
// SHA-256 of their texts (of which 64 bits are compared) they are held out as
// long as ⌊n/10⌋ documents are not exceeded, and texts that occur too often for
// that are passed over. That gives exactly ⌊n/10⌋ where no text occurs twice. If
// every text occurs too often, the one that occurs least is held out, of several
// the one of least SHA-256.
//
// With fewer, the last tenth of each document's bytes is held out, and the first
// part is Cut: from the line start nearest to the last tenth's beginning, if that
// leaves it between a twentieth and a fifth of the bytes, else from the first
// rune start there. A document under 10 bytes stays whole, on the training side;
// if all are that short, whole documents are held out as above.
//
// Where all documents hold the same text and cannot be cut, all are to learn
// from and none is held out; otherwise neither part is empty, unless there is no
// text at all. The error is one of reading.
func (s *Store) Split() (learn, held []Text, err error) {
	texts := s.texts
	s.texts = nil
	if len(texts) >= splitByDocument {
		learn, held = splitWhole(texts)
		return learn, held, nil
	}
	for _, t := range texts {
		at, err := s.cut(t)
		if err != nil {
			return nil, nil, err
		}
		if at == t.Len() {
			learn = append(learn, t)
			continue
		}
		learn = append(learn, Text{at: t.at, signed: -at, hash: t.hash})
		held = append(held, Text{at: t.at + at, signed: t.Len() - at, hash: t.hash})
	}
	if len(held) == 0 {
		learn, held = splitWhole(texts)
	}
	return learn, held, nil
}

// splitWhole splits texts in the order of their hashes. Those to learn from take
// the place of all.
func splitWhole(texts []Text) (learn, held []Text) {
	most := len(texts) / 10
	var rarest uint64 // hash of the text that occurs least
	occurs, distinct := len(texts)+1, 0
	for at := 0; at < len(texts); distinct++ {
		n, first := 1, texts[at]
		for at+n < len(texts) && texts[at+n].hash == first.hash {
			n++
		}
		if len(held)+n <= most {
			held = append(held, texts[at:at+n]...)
		} else {
			learn = append(texts[:len(learn)], texts[at:at+n]...)
		}
		if n < occurs {
			rarest, occurs = first.hash, n
		}
		at += n
	}
	if len(held) == 0 && distinct > 1 {
		isRarest := func(t Text) bool { return t.hash == rarest }
		first := slices.IndexFunc(learn, isRarest)
		held = slices.Clone(learn[first : first+occurs])
		learn = slices.DeleteFunc(learn, isRarest)
	}
	return learn, held
}

// cut returns where the part of t that is held out starts.
func (s *Store) cut(t Text) (int64, error) {
	n := t.Len()
	tenth := n - n/10
	if tenth == n {
		return n, nil
	}
	earliest, latest := n-n/5, n-(n+19)/20 // line starts between these will do
	before, err := s.lineStartBefore(t, tenth, earliest)
	if err != nil {
		return 0, err
	}
	after, err := s.lineStartFrom(t, tenth+1, latest)
	switch {
	case err != nil:
		return 0, err
	case before >= 0 && (after < 0 || tenth-before <= after-tenth):
		return before, nil
	case after >= 0:
		return after, nil
	}
	return s.runeStart(t, tenth)
}

// searched is how much text is looked at at a time.
const searched = 1 << 16

// lineStartBefore returns the last line start of t from least to at, or −1.
// least is positive.
func (s *Store) lineStartBefore(t Text, at, least int64) (int64, error) {
	for hi := at; hi >= least; hi -= searched {
		lo := max(hi-searched, least-1)
		b, err := s.read(t, lo, hi-lo)
		if err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			return lo + int64(i) + 1, nil
		}
	}
	return -1, nil
}

// lineStartFrom returns the first line start of t from at to most, or −1. at is
// positive.
func (s *Store) lineStartFrom(t Text, at, most int64) (int64, error) {
	for lo := at - 1; lo < most; lo += searched {
		b, err := s.read(t, lo, min(searched, most-lo))
		if err != nil {
			return 0, err
		}
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			return lo + int64(i) + 1, nil
		}
	}
	return -1, nil
}

// runeStart returns the first position from at on where a rune of t starts, or
// at where none starts before four bytes are over: that is not UTF-8.
func (s *Store) runeStart(t Text, at int64) (int64, error) {
	b, err := s.read(t, at, min(utf8.UTFMax, t.Len()-at))
	if err != nil {
		return 0, err
	}
	for i := range b {
		if utf8.RuneStart(b[i]) {
			return at + int64(i), nil
		}
	}
	return at, nil
}
