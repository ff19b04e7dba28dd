package source

import (
	"strconv"
	"strings"
)

// derivations is a second implementation of the notation, straight from its definition: it
// walks over parsed rules with a continuation, reads the tables as they are written, and
// knows nothing of steps, of the parser or of decidability.
type derivations struct {
	tables map[string]table
	rules  map[string]string
}

func newDerivations(tables []table, rules map[string]string) derivations {
	d := derivations{tables: map[string]table{}, rules: rules}
	for _, t := range tables {
		d.tables[t.name] = t
	}
	return d
}

// drawn says which row of its table each variable has; it is never changed.
type drawn struct {
	name string
	row  int
	rest *drawn
}

func (v *drawn) of(name string) int {
	for v.name != name {
		v = v.rest
	}
	return v.row
}

// visit calls found with the probability of every derivation of nodes whose text so far
// keeps the promise of accept.
func (d derivations) visit(nodes []node, text string, p float64, v *drawn, accept func(string) bool, found func(string, float64, *drawn)) {
	if p == 0 || !accept(text) {
		return
	}
	if len(nodes) == 0 {
		found(text, p, v)
		return
	}
	rest := func(more string, q float64, v *drawn) { d.visit(nodes[1:], text+more, p*q, v, accept, found) }
	switch n := nodes[0].(type) {
	case literal:
		rest(strings.ReplaceAll(string(n), "_", " "), 1, v)
	case use:
		inner, _ := parseRule(d.rules[string(n)])
		d.visit(append(inner, nodes[1:]...), text, p, v, accept, found)
	case selection:
		total := 0.0
		for _, w := range n.weights {
			total += w
		}
		for i, option := range n.options {
			d.visit(append(append([]node{}, option...), nodes[1:]...), text, p*n.weights[i]/total, v, accept, found)
		}
	case mention:
		t := d.tables[n.name]
		if !n.draw {
			rest(d.form(t, v.of(n.name), n), 1, v)
			return
		}
		weights := strings.Fields(t.odds[0])
		if t.given != "" {
			weights = strings.Fields(t.odds[v.of(t.given)])
			for !strings.HasSuffix(weights[0], ":") {
				weights = weights[1:]
			}
			weights = weights[1:]
		}
		total, w := 0.0, make([]float64, len(weights))
		for i, s := range weights {
			w[i], _ = strconv.ParseFloat(s, 64)
			total += w[i]
		}
		for i := range w {
			rest(d.form(t, i, n), w[i]/total, &drawn{n.name, i, v})
		}
	}
}

// form returns what m writes if its variable has the given row.
func (d derivations) form(t table, row int, m mention) string {
	column := 0
	for i, name := range strings.Split(t.forms, " / ") {
		if name == m.form {
			column = i
		}
	}
	s := strings.Split(t.values[row], " / ")[column]
	if m.capital {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

// probability sums over all derivations of text.
func (d derivations) probability(text string) float64 {
	sum := 0.0
	d.visit([]node{use("story"), literal("\n")}, "", 1, &drawn{},
		func(s string) bool { return strings.HasPrefix(text, s) },
		func(s string, p float64, _ *drawn) {
			if s == text {
				sum += p
			}
		})
	return sum
}

// all returns every story with its probability.
func (d derivations) all() map[string]float64 {
	stories := map[string]float64{}
	d.visit([]node{use("story"), literal("\n")}, "", 1, &drawn{},
		func(string) bool { return true },
		func(s string, p float64, _ *drawn) { stories[s] += p })
	return stories
}
