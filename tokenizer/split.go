package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// Character classes of GPT-2's pattern, by the Unicode tables of Go's library: a
// library with older tables sees a character that is newer than them as other.
const (
	other  = iota // [^\s\p{L}\p{N}], and a byte that is not valid UTF-8
	letter        // \p{L}
	number        // \p{N}
	space         // \s: Unicode's White_Space
)

var asciiClass = func() (class [utf8.RuneSelf]uint8) {
	for c := range class {
		class[c] = runeClass(rune(c))
	}
	return class
}()

func runeClass(r rune) uint8 {
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return other
}

// classAt returns the class and length of the character at s[i], i < len(s).
// An invalid byte is one character; utf8 gives it as U+FFFD, a symbol.
func classAt(s []byte, i int) (class uint8, size int) {
	if c := s[i]; c < utf8.RuneSelf {
		return asciiClass[c], 1
	}
	r, size := utf8.DecodeRune(s[i:])
	return runeClass(r), size
}

// pieceLen returns the length of the first piece of s, which is not empty: the
// first match of GPT-2's pattern at its start (every position has one).
func pieceLen(s []byte) int {
	if n := contraction(s); n > 0 {
		return n
	}
	class, size := classAt(s, 0)
	start := size
	if s[0] == ' ' && len(s) > 1 {
		class, size = classAt(s, 1)
		start = 1 + size
	}
	if class == space {
		return spaceLen(s)
	}
	return start + runLen(s[start:], class)
}

// contraction returns the length of 's, 't, 're, 've, 'm, 'll or 'd at the start
// of s, else 0. Case matters, and what follows does not.
func contraction(s []byte) int {
	if s[0] != '\'' || len(s) < 2 {
		return 0
	}
	switch s[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(s) > 2 {
		switch string(s[1:3]) {
		case "re", "ve", "ll":
			return 3
		}
	}
	return 0
}

// runLen returns the length of the run of class at the start of s.
func runLen(s []byte, class uint8) int {
	i := 0
	for i < len(s) {
		c, size := classAt(s, i)
		if c != class {
			break
		}
		i += size
	}
	return i
}

// spaceLen returns the length of the match of \s+(?!\S)|\s+ at the start of s: a
// run of white space without its last character when something follows it and
// the run has more than one.
func spaceLen(s []byte) int {
	n, last := 0, 0
	for n < len(s) {
		class, size := classAt(s, n)
		if class != space {
			if last > 0 {
				return last
			}
			return n
		}
		last = n
		n += size
	}
	return n
}
