package tokenizer

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
)

// Options says what Train makes.
type Options struct {
	// Vocab is the vocabulary's size V asked for: 256 bytes, merges and <|bos|>;
	// at least 257.
	Vocab int
}

const (
	// minCount is how often a pair must occur to be merged: one seen once says
	// nothing about other text.
	minCount = 2
	// maxTokenLen bounds a token's bytes, so that text without spaces (base64, a
	// run of one character) cannot fill the vocabulary with huge tokens.
	maxTokenLen = 256
)

// Train makes a tokenizer from the documents by byte-pair encoding (Sennrich et
// al. 2016, over bytes as in GPT-2): each document is cut into pieces, and the
// most frequent pair of adjacent tokens inside pieces becomes a new token, until
// the vocabulary has opt.Vocab tokens. Overlapping pairs count each ("aaa" holds
// two), merging goes from left to right, and of equally frequent pairs the one
// with the smaller left token, then the smaller right token, comes first; tokens
// are ordered as in a vocabulary that Hugging Face's trainer makes, so that both
// give the same merges: bytes by the character that stands for them in the file
// (printable Latin-1 first, by value, then the others), then merges by age.
//
// A pair that occurs once, whose bytes already are a token or are more than 256
// is never merged. When no pair is left the vocabulary stays smaller than asked:
// Vocab() tells. The result depends on the multiset of documents alone, not on
// their order. Memory is proportional to the distinct pieces. A document may be
// reused by the caller once the next is asked for.
func Train(docs iter.Seq[[]byte], opt Options) (*Tokenizer, error) {
	if opt.Vocab < 257 {
		return nil, fmt.Errorf("tokenizer: vocabulary of %d: the 256 bytes and %s need at least 257", opt.Vocab, bosContent)
	}
	if opt.Vocab > math.MaxInt32 {
		return nil, fmt.Errorf("tokenizer: vocabulary of %d: ids are 32-bit", opt.Vocab)
	}
	pieces, counts := countPieces(docs)
	tr, err := newTrainer(pieces, counts)
	if err != nil {
		return nil, err
	}
	for 256+len(tr.merges)+1 < opt.Vocab && tr.step() {
	}
	return fromMerges(tr.merges), nil
}

// countPieces returns the distinct pieces of two bytes or more in the order of
// their first occurrence, and how often each occurs.
func countPieces(docs iter.Seq[[]byte]) (pieces []string, counts []int64) {
	index := make(map[string]int)
	for doc := range docs {
		for len(doc) > 0 {
			n := pieceLen(doc)
			piece := doc[:n]
			doc = doc[n:]
			if n < 2 {
				continue
			}
			i, ok := index[string(piece)]
			if !ok {
				i = len(pieces)
				pieces = append(pieces, string(piece))
				counts = append(counts, 0)
				index[pieces[i]] = i
			}
			counts[i]++
		}
	}
	return pieces, counts
}

// A trainer holds all distinct pieces, laid end to end, as linked lists of
// tokens, and for every adjacent pair its count and where it occurs.
type trainer struct {
	symbols []trainSymbol
	weight  []int64 // of the piece that a symbol belongs to, by piece
	pairs   []pairInfo
	index   map[[2]int32]int32 // pair → pairs
	heap    []candidate        // max-heap; entries may be out of date
	merges  []merge
	bytes   [][]byte            // token → its bytes
	known   map[string]struct{} // bytes of the tokens longer than one
	touched []int32             // pairs that the running merge made more frequent
}

// A trainSymbol is a token at the position of its first byte; −1 ends a list, and
// id −1 marks a position inside a token.
type trainSymbol struct{ id, prev, next, piece int32 }

type pairInfo struct {
	left, right int32
	count       int64   // occurrences × weight
	at          []int32 // positions of left, possibly out of date
}

func newTrainer(pieces []string, counts []int64) (*trainer, error) {
	total := 0
	for _, p := range pieces {
		total += len(p)
	}
	if total > math.MaxInt32 {
		return nil, fmt.Errorf("tokenizer: %d bytes of distinct pieces: train on less text (at most 2 GiB of them)", total)
	}
	tr := &trainer{
		symbols: make([]trainSymbol, 0, total),
		weight:  counts,
		index:   make(map[[2]int32]int32),
		known:   make(map[string]struct{}),
	}
	for b := range 256 {
		tr.bytes = append(tr.bytes, []byte{byte(b)})
	}
	for i, p := range pieces {
		tr.addPiece(int32(i), p)
	}
	for _, p := range tr.touched {
		tr.push(p)
	}
	return tr, nil
}

func (tr *trainer) addPiece(i int32, p string) {
	first := int32(len(tr.symbols))
	for k := range len(p) {
		at := first + int32(k)
		tr.symbols = append(tr.symbols, trainSymbol{int32(p[k]), at - 1, at + 1, i})
	}
	last := int32(len(tr.symbols)) - 1
	tr.symbols[first].prev, tr.symbols[last].next = -1, -1
	for at := first; at < last; at++ {
		tr.occur(at)
	}
}

// occur notes the pair that starts at a position.
func (tr *trainer) occur(at int32) {
	s := tr.symbols[at]
	key := [2]int32{s.id, tr.symbols[s.next].id}
	p, ok := tr.index[key]
	if !ok {
		p = int32(len(tr.pairs))
		tr.index[key] = p
		tr.pairs = append(tr.pairs, pairInfo{left: key[0], right: key[1]})
		tr.touched = append(tr.touched, p)
	}
	tr.pairs[p].count += tr.weight[s.piece]
	tr.pairs[p].at = append(tr.pairs[p].at, at)
}

// vanish takes back one occurrence of a pair; its position stays listed.
func (tr *trainer) vanish(left, right, piece int32) {
	if p, ok := tr.index[[2]int32{left, right}]; ok {
		tr.pairs[p].count -= tr.weight[piece]
	}
}

// step performs the next merge; false if no pair is left.
func (tr *trainer) step() bool {
	for len(tr.heap) > 0 {
		c := tr.pop()
		p := &tr.pairs[c.pair]
		if c.count != p.count {
			tr.push(c.pair) // counts of listed pairs only fall
			continue
		}
		token := slices.Concat(tr.bytes[p.left], tr.bytes[p.right])
		if _, ok := tr.known[string(token)]; !ok && len(token) <= maxTokenLen {
			tr.known[string(token)] = struct{}{}
			tr.bytes = append(tr.bytes, token)
			tr.apply(c.pair, int32(len(tr.bytes)-1))
			return true
		}
	}
	return false
}

// apply replaces every occurrence of a pair by the new token id.
func (tr *trainer) apply(pair, id int32) {
	left, right, at := tr.pairs[pair].left, tr.pairs[pair].right, tr.pairs[pair].at
	tr.merges = append(tr.merges, merge{left, right, id})
	delete(tr.index, [2]int32{left, right})
	tr.pairs[pair] = pairInfo{}
	tr.touched = tr.touched[:0]
	for _, i := range at {
		s := &tr.symbols[i]
		if s.id != left || s.next < 0 || tr.symbols[s.next].id != right {
			continue
		}
		gone := &tr.symbols[s.next]
		if s.prev >= 0 {
			tr.vanish(tr.symbols[s.prev].id, left, s.piece)
		}
		if gone.next >= 0 {
			tr.vanish(right, tr.symbols[gone.next].id, s.piece)
			tr.symbols[gone.next].prev = i
		}
		s.id, s.next = id, gone.next
		gone.id = -1
		if s.prev >= 0 {
			tr.occur(s.prev)
		}
		if s.next >= 0 {
			tr.occur(i)
		}
	}
	for _, p := range tr.touched {
		tr.push(p)
	}
}

// A candidate is a pair with its count when it was pushed.
type candidate struct {
	count int64
	order [2]int32 // of the two tokens, for ties
	pair  int32
}

// before orders candidates: highest count, then smallest tokens.
func (a *candidate) before(b *candidate) bool {
	if a.count != b.count {
		return a.count > b.count
	}
	return cmp.Or(cmp.Compare(a.order[0], b.order[0]), cmp.Compare(a.order[1], b.order[1])) < 0
}

// tieOrder returns a token's place among all for ties: bytes by their character
// in GPT-2's alphabet, merges by age.
func tieOrder(id int32) int32 {
	if id < 256 {
		return alphabetOrder[id]
	}
	return id
}

// push adds a pair to the heap if it is frequent enough.
func (tr *trainer) push(pair int32) {
	p := &tr.pairs[pair]
	if p.count < minCount {
		return
	}
	x := candidate{p.count, [2]int32{tieOrder(p.left), tieOrder(p.right)}, pair}
	tr.heap = append(tr.heap, x)
	h, i := tr.heap, len(tr.heap)-1
	for i > 0 && x.before(&h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = x
}

// pop takes the first candidate off the heap.
func (tr *trainer) pop() candidate {
	h := tr.heap
	top, x := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	tr.heap = h
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].before(&h[child]) {
			child++
		}
		if !h[child].before(&x) {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = x
	}
	return top
}
