package source

// Exact expectations over all derivations. With R(s, a) the cost of the rest of a
// derivation from step s under the assignment a, w the cost of what is written up to the
// next choice, whose branch i costs c_i and has probability p_i,
//
//	E R(s, a)  = w + Σ p_i (c_i + E R_i)
//	E R²(s, a) = w² + 2w Σ p_i (c_i + E R_i) + Σ p_i (c_i² + 2 c_i E R_i + E R_i²)
//
// Only the variables that the rest still depends on tell assignments apart, which keeps
// the number of states small.

// measure says which cost is added up: the surprisal of choices, and the bytes written by
// one variable, by literal text or by nothing.
type measure struct {
	surprisal bool
	writer    int // a variable, literals or nobody
}

const (
	literals = -1
	nobody   = -2
)

// moment holds E R and E R².
type moment struct{ mean, square float64 }

type state struct {
	step *step
	a    assignment
}

type expectation struct {
	measure
	live map[*step]uint32 // the variables on which the rest of a derivation depends
	memo map[state]moment
}

// moments returns the moments of the cost of a derivation.
func moments(first *step, m measure) moment {
	e := expectation{measure: m, live: map[*step]uint32{}, memo: map[state]moment{}}
	steps := ordered(first)
	for i := len(steps) - 1; i >= 0; i-- {
		e.live[steps[i]] = e.reads(steps[i])
	}
	return e.rest(first, assignment{})
}

// reads computes live for a step from those that follow it.
func (e *expectation) reads(s *step) uint32 {
	var set uint32
	if s.next != nil {
		set = e.live[s.next]
	}
	if c := s.choice; c != nil {
		for _, n := range c.next {
			set |= e.live[n]
		}
		if c.bind >= 0 {
			set &^= 1 << c.bind
		}
		if c.given >= 0 {
			set |= 1 << c.given
		}
	}
	for _, p := range s.write {
		if p.forms != nil && p.variable == e.writer {
			set |= 1 << p.variable
		}
	}
	return set
}

// written is the cost of what is written from s to the next choice or the end, and the
// step that has the choice, or nil.
func (e *expectation) written(s *step, a *assignment) (float64, *step) {
	n := 0
	for ; s != nil; s = s.next {
		for i := range s.write {
			if p := &s.write[i]; p.variable == e.writer {
				n += len(p.bytes(a))
			}
		}
		if s.choice != nil {
			break
		}
	}
	return float64(n), s
}

// rest returns E R and E R² from s under a.
func (e *expectation) rest(s *step, a assignment) moment {
	w, s := e.written(s, &a)
	var m moment
	if s != nil {
		m = e.chosen(s, a)
	}
	m.square += float64(w*w) + float64(2*w*m.mean)
	m.mean += w
	return m
}

// chosen returns E R and E R² from the choice of s on.
func (e *expectation) chosen(s *step, a assignment) moment {
	live := e.live[s]
	for v := range a {
		if live>>v&1 == 0 {
			a[v] = 0
		}
	}
	if m, ok := e.memo[state{s, a}]; ok {
		return m
	}
	var m moment
	c, row := s.choice, s.choice.row(&a)
	for i, p := range c.odds[row] {
		if p == 0 {
			continue
		}
		b, cost := a, 0.0
		if c.bind >= 0 {
			b[c.bind] = uint8(i)
		}
		if e.surprisal {
			cost = c.cost[row][i]
		}
		r := e.rest(c.next[i], b)
		m.mean += float64(p * (cost + r.mean))
		m.square += float64(p * (float64(cost*cost) + float64(2*cost*r.mean) + r.square))
	}
	e.memo[state{s, a}] = m
	return m
}
