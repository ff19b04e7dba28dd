package source

import (
	"fmt"
	"strconv"
	"strings"
)

// table declares a variable. Values are rows of forms separated by " / ", in the order
// that forms names them. Odds are rows of weights, one a value: one row, or one for each
// value v of the variable given, headed "v:". A weight of 0 means never.
type table struct {
	name, given string
	forms       string
	values      []string
	odds        []string
}

// compiler turns tables and rules into steps.
type compiler struct {
	variables []variable
	index     map[string]int
	rules     map[string]string
}

// compile returns the first step of the rule named start, followed by end, and the
// variables. It fails if the notation is wrong or the grammar is not decidable (see
// check).
func compile(tables []table, rules map[string]string, start, end string) (*step, []variable, error) {
	c := &compiler{index: map[string]int{}, rules: rules}
	if len(tables) > maxVariables {
		return nil, nil, fmt.Errorf("source: %d variables, at most %d", len(tables), maxVariables)
	}
	for _, t := range tables {
		v, err := c.variable(t)
		if err != nil {
			return nil, nil, fmt.Errorf("source: variable %s: %w", t.name, err)
		}
		c.index[t.name] = len(c.variables)
		c.variables = append(c.variables, v)
	}
	last := &step{write: []piece{{text: []byte(end), variable: -1}}}
	first, err := c.sequence([]node{use(start)}, last, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("source: %w", err)
	}
	if err := check(first, c.variables); err != nil {
		return nil, nil, fmt.Errorf("source: %w", err)
	}
	return first, c.variables, nil
}

// variable compiles a declaration.
func (c *compiler) variable(t table) (variable, error) {
	v := variable{name: t.name, given: -1}
	names := strings.Split(t.forms, " / ")
	v.first = names[0]
	for _, row := range t.values {
		forms := strings.Split(row, " / ")
		if len(forms) != len(names) {
			return v, fmt.Errorf("%q has %d forms, want %d", row, len(forms), len(names))
		}
		value := map[string]string{}
		for i, f := range forms {
			value[names[i]] = f
		}
		v.values = append(v.values, value)
		v.ids = append(v.ids, forms[0])
	}
	rows := []string{""}
	if t.given != "" {
		g, ok := c.index[t.given]
		if !ok {
			return v, fmt.Errorf("given %s, which is not declared before", t.given)
		}
		v.given, rows = g, c.variables[g].ids
	}
	if len(t.odds) != len(rows) {
		return v, fmt.Errorf("%d rows of odds, want %d", len(t.odds), len(rows))
	}
	for i, id := range rows {
		p, err := parseOdds(t.odds[i], id, len(v.values))
		if err != nil {
			return v, err
		}
		v.odds = append(v.odds, p)
	}
	return v, nil
}

// parseOdds reads "id: 3 1 1", or "3 1 1" if id is empty.
func parseOdds(s, id string, n int) ([]float64, error) {
	if id != "" {
		head, tail, _ := strings.Cut(s, ":")
		if head != id {
			return nil, fmt.Errorf("odds %q: want the row of %q", s, id)
		}
		s = tail
	}
	var w []float64
	for _, f := range strings.Fields(s) {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil || !(x >= 0) {
			return nil, fmt.Errorf("odds %q: bad weight %q", s, f)
		}
		w = append(w, x)
	}
	if len(w) != n {
		return nil, fmt.Errorf("odds %q: %d weights, want %d", s, len(w), n)
	}
	return normalised(w), nil
}

// sequence compiles nodes from the last to the first, since each needs the step that
// follows it.
func (c *compiler) sequence(nodes []node, next *step, depth int) (*step, error) {
	for i := len(nodes) - 1; i >= 0; i-- {
		var err error
		if next, err = c.node(nodes[i], next, depth); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// node compiles one node.
func (c *compiler) node(n node, next *step, depth int) (*step, error) {
	switch n := n.(type) {
	case literal:
		text := strings.ReplaceAll(string(n), "_", " ")
		return &step{write: []piece{{text: []byte(text), variable: -1}}, next: next}, nil
	case mention:
		return c.mention(n, next)
	case selection:
		branches := make([]*step, len(n.options))
		for i, option := range n.options {
			var err error
			if branches[i], err = c.sequence(option, next, depth); err != nil {
				return nil, err
			}
		}
		return &step{choice: newChoice(-1, -1, [][]float64{normalised(n.weights)}, branches)}, nil
	case use:
		rule, ok := c.rules[string(n)]
		if !ok || depth > 100 {
			return nil, fmt.Errorf("rule %s: not defined, or it contains itself", n)
		}
		nodes, err := parseRule(rule)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", n, err)
		}
		return c.sequence(nodes, next, depth+1)
	}
	panic("source: unknown node")
}

// mention compiles a form of a variable, drawn here or before.
func (c *compiler) mention(m mention, next *step) (*step, error) {
	at, ok := c.index[m.name]
	if !ok {
		return nil, fmt.Errorf("variable %s: not defined", m.name)
	}
	v := &c.variables[at]
	form := m.form
	if form == "" {
		form = v.first
	}
	p := piece{variable: at}
	for _, value := range v.values {
		text, ok := value[form]
		if !ok {
			return nil, fmt.Errorf("variable %s has no form %s", m.name, form)
		}
		if m.capital {
			text = capitalised(text)
		}
		p.forms = append(p.forms, []byte(text))
	}
	written := &step{write: []piece{p}, next: next}
	if !m.draw {
		return written, nil
	}
	branches := make([]*step, len(v.values))
	for i := range branches {
		branches[i] = written
	}
	return &step{choice: newChoice(v.given, at, v.odds, branches)}, nil
}
