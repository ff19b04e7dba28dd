package corpus

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// The first tokens of a piece are predicted from less context than they have in
// the whole text, so pieces are long: a thousand tokens or so, or, of large
// samples, a sixteenth of all.
const (
	leastPiece = 4096 // bytes
	pieces     = 16
)

// Sample returns about size bytes of the texts, spread evenly over all of them;
// or all of them if that is no more. It never has more than size bytes, and lacks
// few: the last chunk ends, not inside a rune, where size is reached.
//
// What is taken are Chunks of max(4096, ⌊size/16⌋) bytes; those that follow each
// other in a text become one document. A size under 1 gives nil. The error is one
// of reading.
func (s *Store) Sample(texts []Text, size int) (sample []Document, err error) {
	if size < 1 {
		return nil, nil
	}
	spread := newSpreader(texts, int64(size))
	last := Chunk{first: -1}
	for _, c := range Chunks(texts, max(leastPiece, int64(size)/pieces)) {
		if spread.due() {
			goesOn := c.first == last.first && c.part == last.part+1
			err := s.Read(texts, c, func(text []byte, _ bool) error {
				room := spread.size - spread.taken
				if int64(len(text)) > room {
					text = text[:runeEnd(text, int(room))]
					spread.taken = spread.size // no more fits
				} else {
					spread.taken += int64(len(text))
				}
				sample = join(sample, text, goesOn)
				return nil
			})
			if err != nil {
				return nil, err
			}
			last = c
		}
		spread.passed += c.bytes(texts)
	}
	return sample, nil
}

// join adds a copy of text to the sample, to its last document if that goes on.
func join(sample []Document, text []byte, goesOn bool) []Document {
	switch {
	case len(text) == 0:
		return sample
	case goesOn:
		d := &sample[len(sample)-1]
		d.Text = append(d.Text, text...)
		return sample
	}
	return append(sample, Document{Name: fmt.Sprintf("held-out text %d", len(sample)+1), Text: bytes.Clone(text)})
}

// runeEnd returns the last position up to end that is not inside a rune, or end
// where none of the last four is: that is not UTF-8.
func runeEnd(text []byte, end int) int {
	for i := end; i > max(0, end-utf8.UTFMax); i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return end
}
