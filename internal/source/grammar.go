package source

import "math"

// A grammar is compiled into a directed acyclic graph of steps. A derivation is a walk
// from the first step to the last: a step writes text that is fully determined by what was
// drawn before, then either chooses how to go on, goes on, or ends.

// maxVariables bounds the variables of one grammar, so that an assignment is a small
// comparable array.
const maxVariables = 24

// assignment holds the value index of every variable drawn so far; those not drawn yet are
// 0 and never read.
type assignment [maxVariables]uint8

// variable is a named choice that later text can refer to and later distributions can
// depend on.
type variable struct {
	name   string
	given  int                 // variable whose value picks the row of odds, or -1
	values []map[string]string // the written forms of each value, by the name of the form
	ids    []string            // the first form of each value
	first  string              // name of the first form
	odds   [][]float64         // one row of probabilities for each value of given (one row if given is -1)
}

// piece is literal text or, if text is nil, one form of a variable.
type piece struct {
	text     []byte
	variable int
	forms    [][]byte // by value index
}

// bytes returns what the piece writes under a.
func (p *piece) bytes(a *assignment) []byte {
	if p.forms == nil {
		return p.text
	}
	return p.forms[a[p.variable]]
}

// step is one node of the graph. At most one of choice and next is set; neither at the end
// of a story.
type step struct {
	write  []piece
	choice *choice
	next   *step
}

// choice picks branch i with probability odds[row][i], row being the value of the variable
// given. If bind ≥ 0 it also records i as the value of that variable. Branches of
// probability 0 do not exist.
type choice struct {
	given int // or -1
	bind  int // or -1
	odds  [][]float64
	cost  [][]float64 // −log odds, nats
	next  []*step
}

// newChoice takes normalised rows of odds.
func newChoice(given, bind int, odds [][]float64, next []*step) *choice {
	c := &choice{given: given, bind: bind, odds: odds, next: next, cost: make([][]float64, len(odds))}
	for r, row := range odds {
		c.cost[r] = make([]float64, len(row))
		for i, p := range row {
			c.cost[r][i] = -math.Log(p)
		}
	}
	return c
}

// row is the index of the distribution that a selects.
func (c *choice) row(a *assignment) int {
	if c.given < 0 {
		return 0
	}
	return int(a[c.given])
}

// normalised divides weights by their sum.
func normalised(weights []float64) []float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	p := make([]float64, len(weights))
	for i, w := range weights {
		p[i] = w / sum
	}
	return p
}
