package source

import (
	"math"
	"math/rand/v2"
)

// Source is a random source of texts whose probabilities are known exactly. It is
// immutable and safe for concurrent use.
type Source struct {
	first     *step
	variables []variable
	nats      moment
	bytes     float64
}

// newSource compiles a grammar whose stories all end with end, and computes its
// expectations.
func newSource(tables []table, rules map[string]string, start, end string) (*Source, error) {
	first, variables, err := compile(tables, rules, start, end)
	if err != nil {
		return nil, err
	}
	s := &Source{first: first, variables: variables, nats: moments(first, measure{true, nobody})}
	// Expected bytes are a sum over writers, so that no pass has to tell more than one
	// variable's values apart.
	for writer := literals; writer < len(variables); writer++ {
		s.bytes += moments(first, measure{false, writer}).mean
	}
	return s, nil
}

// Entropy returns the entropy of the source in nats a story, E[−ln p(story)], in closed
// form.
func (s *Source) Entropy() float64 { return s.nats.mean }

// Deviation returns the standard deviation of −ln p(story) over stories in nats, in closed
// form.
func (s *Source) Deviation() float64 {
	return math.Sqrt(max(0, s.nats.square-float64(s.nats.mean*s.nats.mean)))
}

// Bytes returns the expected length of a story in bytes, in closed form. Entropy()/Bytes()
// is the entropy rate in nats a byte of an endless sequence of independent stories.
func (s *Source) Bytes() float64 { return s.bytes }

// Story returns story number index of the endless sequence that seed selects, and −ln of
// its exact probability. Stories are independent; any of them can be had without those
// before it, and the text is the same on every platform.
func (s *Source) Story(seed, index uint64) (text []byte, nats float64) {
	text = make([]byte, 0, 512)
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

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014), a bijection that sends
// neighbours far apart.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
