package source

import "fmt"

// Nats returns −ln of the exact probability of text, which must be one whole story. The
// error names the first byte at which text stops being a story. The time is linear in
// len(text) (see check).
func (s *Source) Nats(text []byte) (float64, error) {
	p := parser{text: text}
	return p.parse(s.first)
}

// Decision is a choice of the derivation of a story: it is announced by the text from byte
// Offset on and has surprisal Nats.
type Decision struct {
	Offset int
	Nats   float64
}

// Decisions returns the choices of the derivation of text in order: where its nats fall,
// as a perfect model would pay them. They add up to Nats(text); the errors are the same.
func (s *Source) Decisions(text []byte) ([]Decision, error) {
	p := parser{text: text, trace: true}
	if _, err := p.parse(s.first); err != nil {
		return nil, err
	}
	return p.decisions, nil
}

// parser looks for the derivation of text. There is at most one, and a wrong branch fails
// before its next choice.
type parser struct {
	text      []byte
	a         assignment
	far       int // the number of bytes of text that begin some story, as far as is known
	trace     bool
	decisions []Decision
}

func (p *parser) parse(first *step) (float64, error) {
	if nats, ok := p.walk(first, 0, 0); ok {
		return nats, nil
	}
	if p.far == len(p.text) {
		return 0, fmt.Errorf("source: not a whole story: the text stops at byte %d", p.far)
	}
	return 0, fmt.Errorf("source: not a story from byte %d on (%.20q)", p.far, p.text[p.far:])
}

// walk matches the text from byte at on with what can follow from s, and returns nats plus
// the surprisal of the choices made.
func (p *parser) walk(s *step, at int, nats float64) (float64, bool) {
	for ; s != nil; s = s.next {
		for i := range s.write {
			want := s.write[i].bytes(&p.a)
			n := common(want, p.text[at:])
			at += n
			p.far = max(p.far, at)
			if n < len(want) {
				return 0, false
			}
		}
		if s.choice != nil {
			return p.branch(s.choice, at, nats)
		}
	}
	return nats, at == len(p.text)
}

// branch tries the branches of c.
func (p *parser) branch(c *choice, at int, nats float64) (float64, bool) {
	row := c.row(&p.a)
	made := len(p.decisions)
	for i, q := range c.odds[row] {
		if q == 0 {
			continue
		}
		if c.bind >= 0 {
			p.a[c.bind] = uint8(i)
		}
		if p.trace {
			p.decisions = append(p.decisions[:made], Decision{at, c.cost[row][i]})
		}
		if total, ok := p.walk(c.next[i], at, nats+c.cost[row][i]); ok {
			return total, true
		}
	}
	return 0, false
}

// common returns the length of the longest common prefix.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
