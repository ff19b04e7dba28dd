package source

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Source is a random source of texts whose probabilities are known exactly. It is immutable and safe for concurrent use.
type Source struct {
	first     *step
	variables []variable
	nats      moment
	bytes     float64
}

// newSource compiles a grammar whose stories all end with end, and computes its expectations.
func newSource(tables []table, rules map[string]string, start, end string) (*Source, error) {
	first, variables, err := compile(tables, rules, start, end)
	if err != nil {
		return nil, err
	}
	s := &Source{first: first, variables: variables, nats: moments(first, measure{true, nobody})}
	// Expected bytes are a sum over writers, so that no pass has to tell more than one variable's values apart.
	for writer := literals; writer < len(variables); writer++ {
		s.bytes += moments(first, measure{false, writer}).mean
	}
	return s, nil
}

// Entropy returns the entropy of the source in nats a story, E[−ln p(story)], in closed form.
func (s *Source) Entropy() float64 { return s.nats.mean }

// Deviation returns the standard deviation of −ln p(story) over stories in nats, in closed form.
func (s *Source) Deviation() float64 {
	return math.Sqrt(max(0, s.nats.square-s.nats.mean*s.nats.mean))
}

// Bytes returns the expected length of a story in bytes, in closed form. Entropy()/Bytes() is the entropy rate in nats
// a byte of an endless sequence of independent stories.
func (s *Source) Bytes() float64 { return s.bytes }

// Story returns story number index of the endless sequence that seed selects, and −ln of its exact probability. Stories are independent;
// any of them can be had without those before it, and the text is the same on every platform.
func (s *Source) Story(seed, index uint64) (text []byte, nats float64) {
	random := rand.New(rand.NewPCG(mix(seed), mix(^index)))
	var a assignment
	for at := s.first; at != nil; {
		for i := range at.write {
			text = append(text, at.write[i].bytes(&a)...)
		}
		c := at.choice
		if c == nil {
			at = at.next
			continue
		}
		row := c.row(&a)
		i := pick(c.odds[row], random)
		nats += c.cost[row][i]
		if c.bind >= 0 {
			a[c.bind] = uint8(i)
		}
		at = c.next[i]
	}
	return text, nats
}

// pick draws an index with probabilities p.
func pick(p []float64, random *rand.Rand) int {
	u, sum, last := random.Float64(), 0.0, 0
	for i, q := range p {
		if q == 0 {
			continue
		}
		if sum += q; u < sum {
			return i
		}
		last = i // rounding may leave the sum just below 1
	}
	return last
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), a bijection that sends neighbours far apart.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Nats returns −ln of the exact probability of text, which must be one whole story. The error names the first byte at
// which text stops being a story. The time is linear in len(text) (see check).
func (s *Source) Nats(text []byte) (float64, error) {
	p := parser{text: text}
	return p.parse(s.first)
}

// Decision is a choice of the derivation of a story: it is announced by the text from byte Offset on and has surprisal Nats.
type Decision struct {
	Offset int
	Nats   float64
}

// Decisions returns the choices of the derivation of text in order: where its nats fall, as a perfect model would pay them. They
// add up to Nats(text); the errors are the same.
func (s *Source) Decisions(text []byte) ([]Decision, error) {
	p := parser{text: text, trace: true}
	if _, err := p.parse(s.first); err != nil {
		return nil, err
	}
	return p.decisions, nil
}

// parser looks for the derivation of text. There is at most one, and a wrong branch fails before its next choice.
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

// walk matches the text from byte at on with what can follow from s, and returns nats plus the surprisal of the choices made.
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
