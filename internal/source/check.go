package source

import (
	"bytes"
	"fmt"
)

// Decidability. check demands that at every choice, under every assignment that can reach
// it, whatever one branch goes on to write and whatever another goes on to write differ at
// a byte. Two different derivations take different branches at some first choice; up to
// there they have written the same text under the same assignment, and after it they
// differ. So every text has one derivation, no story is a prefix of another, and a reader
// who follows a branch not taken by the writer must notice. In practice branches differ
// within a word or two, so that parsing is linear and the check is fast.

// check verifies that every variable is drawn once, before it is mentioned, and that the
// grammar is decidable.
func check(first *step, variables []variable) error {
	if err := checkDrawn(first, variables); err != nil {
		return err
	}
	for _, s := range ordered(first) {
		if s.choice == nil {
			continue
		}
		if err := (decider{variables}).choice(s.choice); err != nil {
			return err
		}
	}
	return nil
}

// ordered returns the steps that can be reached, every step before those that follow it.
func ordered(first *step) []*step {
	var reversed []*step
	seen := map[*step]bool{}
	var visit func(s *step)
	visit = func(s *step) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		visit(s.next)
		if s.choice != nil {
			for _, n := range s.choice.next {
				visit(n)
			}
		}
		reversed = append(reversed, s)
	}
	visit(first)
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return reversed
}

// checkDrawn carries the sets of variables drawn on every and on some way to a step.
func checkDrawn(first *step, variables []variable) error {
	type drawn struct{ every, some uint32 }
	at := map[*step]drawn{first: {}}
	reach := func(s *step, d drawn) {
		if before, ok := at[s]; ok {
			d = drawn{before.every & d.every, before.some | d.some}
		}
		at[s] = d
	}
	for _, s := range ordered(first) {
		d := at[s]
		for _, p := range s.write {
			if p.forms != nil && d.every>>p.variable&1 == 0 {
				return fmt.Errorf("variable %s is mentioned before it is drawn (%q)", variables[p.variable].name, p.forms[0])
			}
		}
		if s.next != nil {
			reach(s.next, d)
		}
		if c := s.choice; c != nil {
			if c.given >= 0 && d.every>>c.given&1 == 0 {
				return fmt.Errorf("a choice depends on %s before it is drawn", variables[c.given].name)
			}
			if c.bind >= 0 {
				if d.some>>c.bind&1 == 1 {
					return fmt.Errorf("variable %s is drawn twice", variables[c.bind].name)
				}
				d.every |= 1 << c.bind
				d.some |= 1 << c.bind
			}
			for _, n := range c.next {
				reach(n, d)
			}
		}
	}
	return nil
}

// side is a place in the text of one of two derivations that are compared.
type side struct {
	step   *step
	piece  int // index into step.write
	offset int // bytes of that piece already compared
	a      assignment
	known  uint32 // the variables to which a gives a value; those drawn before the choice get one when they matter
}

// settled moves over pieces and steps that are finished.
func (x side) settled() side {
	for x.piece == len(x.step.write) && x.step.next != nil {
		x.step, x.piece, x.offset = x.step.next, 0, 0
	}
	return x
}

// after returns the side that goes on with branch i of a choice.
func (x side) after(c *choice, i int) side {
	if c.bind >= 0 {
		x.a[c.bind] = uint8(i)
		x.known |= 1 << c.bind
	}
	x.step, x.piece, x.offset = c.next[i], 0, 0
	return x
}

// decider compares what two branches write.
type decider struct {
	variables []variable
}

// choice compares all pairs of branches of c.
func (d decider) choice(c *choice) error {
	return d.assign(c.given, side{}, side{}, func(x, y side) error {
		row := c.odds[c.row(&x.a)]
		for i := range row {
			for j := range i {
				if row[i] == 0 || row[j] == 0 {
					continue
				}
				if err := d.differ(x.after(c, i), y.after(c, j)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// differ fails if something that x can go on to write is a prefix of something that y can,
// or the other way round.
func (d decider) differ(x, y side) error {
	for {
		x, y = x.settled(), y.settled()
		if x.piece == len(x.step.write) {
			return d.branches(x, y)
		}
		if y.piece == len(y.step.write) {
			return d.branches(y, x)
		}
		p, q := &x.step.write[x.piece], &y.step.write[y.piece]
		if p.forms != nil && x.known>>p.variable&1 == 0 {
			return d.assign(p.variable, x, y, d.differ)
		}
		if q.forms != nil && y.known>>q.variable&1 == 0 {
			return d.assign(q.variable, x, y, d.differ)
		}
		s, t := p.bytes(&x.a)[x.offset:], q.bytes(&y.a)[y.offset:]
		n := min(len(s), len(t))
		if !bytes.Equal(s[:n], t[:n]) {
			return nil
		}
		x.offset += n
		y.offset += n
		if n == len(s) {
			x.piece, x.offset = x.piece+1, 0
		}
		if n == len(t) {
			y.piece, y.offset = y.piece+1, 0
		}
	}
}

// branches goes on with every branch of the choice at x, or fails if x is at the end of a
// story.
func (d decider) branches(x, y side) error {
	c := x.step.choice
	if c == nil {
		return fmt.Errorf("a branch of a choice can be written like another, or like its beginning, up to the end of the story")
	}
	if c.given >= 0 && x.known>>c.given&1 == 0 {
		return d.assign(c.given, x, y, d.branches)
	}
	for i, p := range c.odds[c.row(&x.a)] {
		if p == 0 {
			continue
		}
		if err := d.differ(x.after(c, i), y); err != nil {
			return err
		}
	}
	return nil
}

// assign calls try with every possible value of v, drawn before the two sides parted,
// given what is known; v may be −1.
func (d decider) assign(v int, x, y side, try func(x, y side) error) error {
	if v < 0 || x.known>>v&1 == 1 {
		return try(x, y)
	}
	g, row := d.variables[v].given, 0
	if g >= 0 {
		if x.known>>g&1 == 0 {
			return d.assign(g, x, y, func(x, y side) error { return d.assign(v, x, y, try) })
		}
		row = int(x.a[g])
	}
	for i, p := range d.variables[v].odds[row] {
		if p == 0 {
			continue
		}
		x.a[v], y.a[v] = uint8(i), uint8(i)
		x.known |= 1 << v
		y.known |= 1 << v
		if err := try(x, y); err != nil {
			return err
		}
	}
	return nil
}
