package npy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A dict is the Python dictionary that a header consists of.
type dict struct {
	descr      string
	structured string // the text of a descr that is not a string, else ""
	fortran    bool
	shape      []int
}

// A parser reads the part of Python's literals that headers are made of.
type parser struct {
	text string
	pos  int
	long bool // integers may end in L
}

// parseDict reads {'descr': …, 'fortran_order': …, 'shape': …} with its keys in
// any order, each exactly once.
func parseDict(text string, long bool) (d dict, err error) {
	p := parser{text: text, long: long}
	if !p.skip('{') {
		return d, p.want("a dictionary")
	}
	seen := make(map[string]bool)
	for !p.skip('}') {
		if len(seen) > 0 && !p.skip(',') {
			return d, p.want("a comma or }")
		}
		if len(seen) > 0 && p.skip('}') {
			break
		}
		key, err := p.str()
		if err != nil {
			return d, err
		}
		if seen[key] {
			return d, fmt.Errorf("the key %s occurs twice", quote(key))
		}
		seen[key] = true
		if !p.skip(':') {
			return d, p.want("a colon")
		}
		if err := p.entry(&d, key); err != nil {
			return d, err
		}
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return d, fmt.Errorf("no key %q", key)
		}
	}
	if p.space(); p.pos < len(p.text) {
		return d, p.want("the end")
	}
	return d, nil
}

// entry reads the value of a key.
func (p *parser) entry(d *dict, key string) (err error) {
	switch key {
	case "descr":
		if c := p.peek(); c == '[' || c == '(' {
			d.structured, err = p.nested()
			return err
		}
		d.descr, err = p.str()
	case "fortran_order":
		d.fortran, err = p.boolean()
	case "shape":
		d.shape, err = p.tuple()
	default:
		err = fmt.Errorf("unknown key %s", quote(key))
	}
	return err
}

// space passes over white space.
func (p *parser) space() {
	rest := p.text[p.pos:]
	p.pos += len(rest) - len(strings.TrimLeft(rest, " \t\r\n\f"))
}

// peek returns the next character that is not white space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// skip passes over c and reports whether it came next.
func (p *parser) skip(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

// want is the error for anything but what.
func (p *parser) want(what string) error {
	if p.peek() == 0 && p.pos == len(p.text) {
		return fmt.Errorf("want %s, it ends at byte %d", what, p.pos)
	}
	return fmt.Errorf("want %s at byte %d, not %s", what, p.pos, quote(p.text[p.pos:]))
}

// str reads a string without escapes: no dtype that is read needs one.
func (p *parser) str() (string, error) {
	q := p.peek()
	if q != '\'' && q != '"' {
		return "", p.want("a string")
	}
	s, _, found := strings.Cut(p.text[p.pos+1:], string(q))
	if !found || strings.ContainsAny(s, "\\\n") {
		return "", p.want("a string")
	}
	p.pos += len(s) + 2
	return s, nil
}

func (p *parser) boolean() (bool, error) {
	word := p.word()
	switch word {
	case "True", "False":
		return word == "True", nil
	}
	p.pos -= len(word)
	return false, p.want("True or False")
}

// word passes over letters, digits and the signs of numbers.
func (p *parser) word() string {
	p.space()
	rest := p.text[p.pos:]
	end := strings.IndexFunc(rest, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("_.+-", r))
	})
	if end < 0 {
		end = len(rest)
	}
	p.pos += end
	return rest[:end]
}

// tuple reads (), (3,) or (3, 4), with a comma after the last element too.
func (p *parser) tuple() ([]int, error) {
	if !p.skip('(') {
		return nil, p.want("a tuple")
	}
	shape := []int{}
	for !p.skip(')') {
		if len(shape) == maxAxes {
			return nil, fmt.Errorf("a shape of more than %d axes", maxAxes)
		}
		d, err := p.size()
		if err != nil {
			return nil, err
		}
		shape = append(shape, d)
		if p.skip(',') {
			continue
		}
		if len(shape) == 1 || p.peek() != ')' { // (3) is an integer
			return nil, p.want("a comma")
		}
	}
	return shape, nil
}

// size reads one size of a shape.
func (p *parser) size() (int, error) {
	word := p.word()
	digits := word
	if p.long {
		digits = strings.TrimSuffix(word, "L")
	}
	n, err := strconv.Atoi(digits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("shape: a size of %s is larger than this machine can address", quote(word))
	case err == nil && n < 0:
		return 0, fmt.Errorf("shape: negative size %d", n)
	case err != nil || strconv.Itoa(n) != digits: // +3, 007
		p.pos -= len(word)
		return 0, p.want("a size")
	}
	return n, nil
}

// nested passes over a list or tuple of anything and returns its text.
func (p *parser) nested() (string, error) {
	start, depth := p.pos, 0
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; c {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case '\'', '"':
			if p.pos++; !p.quoted(c) {
				return "", p.want("the end of a string")
			}
			continue
		}
		if p.pos++; depth == 0 {
			return p.text[start:p.pos], nil
		}
	}
	return "", p.want("the end of a list")
}

// quoted passes over the rest of a string that q ends, and reports whether it
// ended.
func (p *parser) quoted(q byte) bool {
	for ; p.pos < len(p.text); p.pos++ {
		switch p.text[p.pos] {
		case q:
			p.pos++
			return true
		case '\\':
			p.pos++
		}
	}
	p.pos = len(p.text)
	return false
}
