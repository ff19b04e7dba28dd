package measure

import (
	"unicode"
	"unicode/utf8"
)

// A cursor walks once through a text and counts what lies behind it. Characters
// and words count where their last byte is passed.
type cursor struct {
	text []byte
	byte int // all bytes before this one are passed
	char int // start of the first character whose last byte is not passed
}

// extent is an amount of text.
type extent struct{ bytes, characters, words int }

func (e *extent) add(x extent) {
	e.bytes += x.bytes
	e.characters += x.characters
	e.words += x.words
}

// to moves to the byte offset end and returns what was passed on the way.
func (c *cursor) to(end int) extent {
	passed := extent{bytes: end - c.byte}
	c.byte = end
	for c.char < end {
		r, size := utf8.DecodeRune(c.text[c.char:])
		next := c.char + size
		if next > end {
			break
		}
		passed.characters++
		if !unicode.IsSpace(r) && c.breaks(next) {
			passed.words++
		}
		c.char = next
	}
	return passed
}

// breaks reports whether no word reaches across the offset at.
func (c *cursor) breaks(at int) bool {
	if at == len(c.text) {
		return true
	}
	r, _ := utf8.DecodeRune(c.text[at:])
	return unicode.IsSpace(r)
}
