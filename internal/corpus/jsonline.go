package corpus

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// quickField is textField for the lines that there are: in UTF-8, well formed, of
// little depth, with the field as a string. Where ok is false it does not know, and
// encoding/json decides, which goes over a line four times and allocates on the way.
func quickField(line []byte, field string) (text []byte, ok bool) {
	s := jsonScanner{b: line}
	if !s.next('{') || s.next('}') {
		return nil, false
	}
	for more := true; more; more = s.next(',') {
		s.space()
		key, escaped, valid := s.string()
		if !valid || escaped || !s.next(':') {
			return nil, false
		}
		s.space()
		if string(key) != field {
			if !s.value(maxQuickDepth) {
				return nil, false
			}
			continue
		}
		raw, escaped, valid := s.string()
		if !valid {
			return nil, false
		}
		if text = bytes.Clone(raw); escaped { // of two fields with one name the last counts
			text = unescape(text)
		}
		ok = true
	}
	if !s.next('}') || s.at < len(line) {
		return nil, false
	}
	return text, ok
}

const maxQuickDepth = 50

// A jsonScanner goes over valid JSON (RFC 8259). Its methods move behind what they
// name, and return false where it is not there.
type jsonScanner struct {
	b  []byte
	at int
}

// peek returns the next byte, 0 at the end.
func (s *jsonScanner) peek() byte {
	if s.at < len(s.b) {
		return s.b[s.at]
	}
	return 0
}

func (s *jsonScanner) space() {
	for c := s.peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = s.peek() {
		s.at++
	}
}

// next is c, behind any space.
func (s *jsonScanner) next(c byte) bool {
	s.space()
	return s.byte(c)
}

func (s *jsonScanner) byte(c byte) bool {
	if s.peek() != c || s.at == len(s.b) {
		return false
	}
	s.at++
	return true
}

// string is a string. It returns what stands between the quotes.
func (s *jsonScanner) string() (raw []byte, escaped, ok bool) {
	if !s.byte('"') {
		return nil, false, false
	}
	from := s.at
	for i := from; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			s.at = i + 1
			return s.b[from:i], escaped, true
		case c == '\\':
			escaped = true
			i++
			if i < len(s.b) && s.b[i] == 'u' {
				if _, ok := hex4(s.b[i+1:]); !ok {
					return nil, false, false
				}
				i += 4
			} else if i == len(s.b) || unescaped(s.b[i]) == 0 {
				return nil, false, false
			}
		case c < ' ':
			return nil, false, false
		}
	}
	return nil, false, false
}

// value is any value of at most this depth.
func (s *jsonScanner) value(depth int) bool {
	s.space()
	switch c := s.peek(); c {
	case '"':
		_, _, ok := s.string()
		return ok
	case '{', '[':
		return depth > 0 && s.members(c, depth-1)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

// members is an object or a list.
func (s *jsonScanner) members(open byte, depth int) bool {
	s.at++
	end := open + 2 // in ASCII, for both
	if s.next(end) {
		return true
	}
	for more := true; more; more = s.next(',') {
		if open == '{' {
			s.space()
			if _, _, ok := s.string(); !ok || !s.next(':') {
				return false
			}
		}
		if !s.value(depth) {
			return false
		}
	}
	return s.next(end)
}

func (s *jsonScanner) word(w string) bool {
	ok := bytes.HasPrefix(s.b[s.at:], []byte(w))
	s.at += len(w)
	return ok
}

func (s *jsonScanner) number() bool {
	s.byte('-')
	if !s.byte('0') && !s.digits() {
		return false
	}
	if s.byte('.') && !s.digits() {
		return false
	}
	if s.byte('e') || s.byte('E') {
		_ = s.byte('+') || s.byte('-')
		return s.digits()
	}
	return true
}

// digits is one digit or more.
func (s *jsonScanner) digits() bool {
	from := s.at
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.at++
	}
	return s.at > from
}

// unescaped is what a backslash and c stand for; 0 for nothing.
func unescaped(c byte) byte {
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	for i := range len(from) {
		if from[i] == c {
			return to[i]
		}
	}
	return 0
}

func hex4(b []byte) (rune, bool) {
	r, err := strconv.ParseUint(string(b[:min(4, len(b))]), 16, 16)
	return rune(r), err == nil && len(b) >= 4
}

// unescape replaces the escapes in what string has accepted, in place: none is
// shorter than what it stands for.
func unescape(b []byte) []byte {
	out := b[:0]
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			return append(out, b...)
		}
		out = append(out, b[:i]...)
		if c := b[i+1]; c != 'u' {
			out, b = append(out, unescaped(c)), b[i+2:]
			continue
		}
		r, _ := hex4(b[i+2:])
		b = b[i+6:]
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if bytes.HasPrefix(b, []byte(`\u`)) {
				low, _ = hex4(b[2:])
			}
			if r = utf16.DecodeRune(r, low); r != unicode.ReplacementChar {
				b = b[6:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
}
