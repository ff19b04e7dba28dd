package source

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// The notation in which rules are written:
//
//	<x>  <x.form>      draw the variable x from its distribution and write that form of it (the first one by default)
//	{x}  {x.form}      write a form of x, drawn before; a capital, {X.form}, writes it with a capital
//	[a | 3: b | c]     choose an alternative, with weights (1 by default); an alternative may be empty
//	$rule              the text of another rule
//	_                  a space at the edge of an alternative, where spaces are otherwise dropped
//
// Every run of white space is one space.

// node is an element of a parsed rule: literal, mention, selection or use.
type node any

// literal is text as it stands, but for the character that means a space.
type literal string

// mention writes a form of a variable (the first one if form is empty), after drawing it
// if draw is set.
type mention struct {
	name, form    string
	capital, draw bool
}

// selection is a choice between texts, with weights.
type selection struct {
	weights []float64
	options [][]node
}

// use is the text of the rule of that name.
type use string

// notation is a reader over one rule.
type notation struct {
	rest string
}

// parseRule reads a whole rule.
func parseRule(s string) ([]node, error) {
	n := &notation{rest: strings.Join(strings.Fields(s), " ")}
	nodes, err := n.sequence()
	if err == nil && n.rest != "" {
		err = fmt.Errorf("unexpected %q", n.rest)
	}
	return nodes, err
}

// sequence reads up to the end, a bar or a closing bracket.
func (n *notation) sequence() ([]node, error) {
	var nodes []node
	for n.rest != "" && n.rest[0] != '|' && n.rest[0] != ']' {
		var item node
		var err error
		switch c := n.rest[0]; c {
		case '<', '{':
			item, err = n.mention()
		case '[':
			item, err = n.selection()
		case '$':
			end := 1
			for end < len(n.rest) && n.rest[end] >= 'a' && n.rest[end] <= 'z' {
				end++
			}
			item = use(n.rest[1:end])
			n.rest = n.rest[end:]
		default:
			end := strings.IndexAny(n.rest, "<{[$|]")
			if end < 0 {
				end = len(n.rest)
			}
			item = literal(n.rest[:end])
			n.rest = n.rest[end:]
		}
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, item)
	}
	return nodes, nil
}

// mention reads <x.form> or {x.form}.
func (n *notation) mention() (node, error) {
	m, closing := mention{}, "}"
	if n.rest[0] == '<' {
		m.draw, closing = true, ">"
	}
	end := strings.Index(n.rest, closing)
	if end < 0 {
		return nil, fmt.Errorf("unclosed %q", n.rest)
	}
	m.name, m.form, _ = strings.Cut(n.rest[1:end], ".")
	n.rest = n.rest[end+1:]
	if lower := strings.ToLower(m.name); lower != m.name {
		m.name, m.capital = lower, true
	}
	return m, nil
}

// selection reads [a | 3: b].
func (n *notation) selection() (node, error) {
	var s selection
	for n.rest[0] != ']' {
		n.rest = strings.TrimLeft(n.rest[1:], " ")
		weight := 1.0
		if head, tail, ok := strings.Cut(n.rest, ":"); ok {
			if w, err := strconv.ParseFloat(head, 64); err == nil && w > 0 {
				weight, n.rest = w, strings.TrimLeft(tail, " ")
			}
		}
		option, err := n.sequence()
		if err != nil {
			return nil, err
		}
		if n.rest == "" {
			return nil, fmt.Errorf("unclosed bracket")
		}
		s.weights = append(s.weights, weight)
		s.options = append(s.options, trimmed(option))
	}
	n.rest = n.rest[1:]
	return s, nil
}

// trimmed drops the spaces at the end of an alternative.
func trimmed(option []node) []node {
	if len(option) == 0 {
		return nil
	}
	if last, ok := option[len(option)-1].(literal); ok {
		option[len(option)-1] = literal(strings.TrimRight(string(last), " "))
	}
	return option
}

// capitalised returns s with its first letter in upper case.
func capitalised(s string) string {
	for i, r := range s {
		return s[:i] + string(unicode.ToUpper(r)) + s[i+len(string(r)):]
	}
	return s
}
