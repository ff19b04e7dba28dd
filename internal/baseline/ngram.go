package baseline

import (
	"math"
	"sort"
)

// A Unigram predicts every token from how often it occurs: order 0.
type Unigram struct {
	p []float64
}

// Vocab returns V.
func (m *Unigram) Vocab() int { return len(m.p) }

// Probability returns p(token), whatever stands before it.
func (m *Unigram) Probability(before, token int32) float64 { return m.p[token] }

// LogProbabilities writes log p(w) of all V tokens to dst, whatever the
// context.
func (m *Unigram) LogProbabilities(dst []float64, context []int32) {
	for w, p := range m.p {
		dst[w] = math.Log(p)
	}
}

// A Bigram predicts every token from the one before it: order 1, interpolated
// with a lower order.
type Bigram struct {
	rows      []row      // of each token that stands before
	followers []follower // all rows, one behind the other, tokens ascending
	lower     []float64  // q(w)
}

// A row is what was seen after one token: followers[start:end].
type row struct {
	start, end int
	count      int64 // c(v)
}

type follower struct {
	pair
	count int64 // c(v,w)
}

// Vocab returns V.
func (m *Bigram) Vocab() int { return len(m.rows) }

// Probability returns p(token|before).
func (m *Bigram) Probability(before, token int32) float64 {
	r := m.rows[before]
	seen := m.followers[r.start:r.end]
	i := sort.Search(len(seen), func(i int) bool { return seen[i].token >= token })
	count := int64(0)
	if i < len(seen) && seen[i].token == token {
		count = seen[i].count
	}
	return r.interpolate(count, m.lower[token])
}

// interpolate is (c(v,w) + t(v)·q(w)) / (c(v) + t(v)), and q(w) where nothing
// was seen after v.
func (r row) interpolate(count int64, lower float64) float64 {
	t := float64(r.end - r.start)
	if t == 0 {
		return lower
	}
	return (float64(count) + float64(t*lower)) / (float64(r.count) + t)
}

// LogProbabilities writes log p(w|v) of all V tokens to dst, v being the last
// token of context, which must have one.
func (m *Bigram) LogProbabilities(dst []float64, context []int32) {
	r := m.rows[context[len(context)-1]]
	for w, q := range m.lower {
		dst[w] = math.Log(r.interpolate(0, q))
	}
	for _, f := range m.followers[r.start:r.end] {
		dst[f.token] = math.Log(r.interpolate(f.count, m.lower[f.token]))
	}
}
