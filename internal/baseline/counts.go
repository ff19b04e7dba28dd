package baseline

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"

	"xent/internal/exact"
)

// Counts are what was seen in training documents. Memory grows with the number
// of different pairs, at most V² and at most the number of tokens.
type Counts struct {
	vocab  int
	bos    int32
	tokens []int64 // c(w); BOS is not counted
	total  int64   // N
	pairs  map[pair]int64
}

type pair struct{ before, token int32 }

// NewCounts returns counts of nothing for ids in [0, vocab), of which bos
// stands before every document. It panics if bos is not one of them.
func NewCounts(vocab int, bos int32) *Counts {
	if bos < 0 || int(bos) >= vocab {
		panic(fmt.Sprintf("baseline: BOS %d is not one of %d ids", bos, vocab))
	}
	return &Counts{vocab: vocab, bos: bos, tokens: make([]int64, vocab), pairs: map[pair]int64{}}
}

// Add counts the tokens of one document, without its BOS. A document with an
// id outside the vocabulary gives an error and is not counted.
func (c *Counts) Add(ids []int32) error {
	if err := checkIDs(ids, c.vocab); err != nil {
		return err
	}
	before := c.bos
	for _, id := range ids {
		c.tokens[id]++
		c.pairs[pair{before, id}]++
		before = id
	}
	c.total += int64(len(ids))
	return nil
}

func checkIDs(ids []int32, vocab int) error {
	for i, id := range ids {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("baseline: token %d has id %d, outside [0, %d)", i, id, vocab)
		}
	}
	return nil
}

// Unigram returns the model of what was counted so far (see the package
// comment). It is immutable.
func (c *Counts) Unigram() *Unigram {
	return &Unigram{p: smooth(c.tokens, c.total)}
}

// Bigram returns the model of what was counted so far (see the package
// comment). It is immutable.
func (c *Counts) Bigram() *Bigram {
	sorted := make([]follower, 0, len(c.pairs))
	for p, n := range c.pairs {
		sorted = append(sorted, follower{p, n})
	}
	slices.SortFunc(sorted, func(a, b follower) int {
		return cmp.Or(cmp.Compare(a.before, b.before), cmp.Compare(a.token, b.token))
	})
	m := &Bigram{followers: sorted, rows: make([]row, c.vocab)}
	homes := make([]int64, c.vocab) // n(w)
	for i, f := range sorted {
		r := &m.rows[f.before]
		if r.end == 0 {
			r.start = i
		}
		r.end = i + 1
		r.count += f.count
		homes[f.token]++
	}
	m.lower = smooth(homes, int64(len(sorted)))
	return m
}

// smooth returns (n(w) + ½) / (total + V/2) for every w.
func smooth(n []int64, total int64) []float64 {
	p := make([]float64, len(n))
	all := float64(total) + float64(len(n))/2
	for w, x := range n {
		p[w] = (float64(x) + 0.5) / all
	}
	return p
}

// A Model gives the probability of a token after another.
type Model interface {
	Vocab() int
	Probability(before, token int32) float64
}

// Bits returns −Σ log₂ p over all tokens of documents, each of which follows
// bos. The sum is exact before it is rounded: the order of documents changes
// nothing. An id outside the vocabulary gives an error.
func Bits(m Model, bos int32, documents iter.Seq[[]int32]) (float64, error) {
	var nats exact.Sum
	for ids := range documents {
		if err := checkIDs(ids, m.Vocab()); err != nil {
			return 0, err
		}
		before := bos
		for _, id := range ids {
			nats.Add(-math.Log(m.Probability(before, id)))
			before = id
		}
	}
	return nats.Float64() / math.Ln2, nil
}
