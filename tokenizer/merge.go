package tokenizer

import "math"

// noRank is the rank of a pair that is not merged; it is above every other.
const noRank = math.MaxInt32

// A rankTable maps a pair of ids to the rank of its merge: open addressing with
// linear probing, at most half full.
type rankTable struct {
	slots []rankSlot
	shift uint
}

type rankSlot struct{ left, right, rank int32 } // left < 0: free

func newRankTable(merges []merge) rankTable {
	bits := uint(1)
	for 1<<bits < 2*len(merges) {
		bits++
	}
	r := rankTable{slots: make([]rankSlot, 1<<bits), shift: 64 - bits}
	for i := range r.slots {
		r.slots[i].left = -1
	}
	for rank, m := range merges {
		*r.find(m.left, m.right) = rankSlot{m.left, m.right, int32(rank)}
	}
	return r
}

// find returns the pair's slot, or the free one where it belongs.
func (r *rankTable) find(left, right int32) *rankSlot {
	// Multiplicative hashing: the golden ratio in 64 bits, high bits kept.
	h := (uint64(uint32(left))<<32 | uint64(uint32(right))) * 0x9e3779b97f4a7c15
	mask := len(r.slots) - 1
	for i := int(h >> r.shift); ; i++ {
		s := &r.slots[i&mask]
		if s.left < 0 || s.left == left && s.right == right {
			return s
		}
	}
}

// rank returns the rank of the pair's merge, or noRank.
func (r *rankTable) rank(left, right int32) int32 {
	if s := r.find(left, right); s.left >= 0 {
		return s.rank
	}
	return noRank
}

// shortPiece is the length in bytes up to which scanning for the lowest rank
// beats a heap.
const shortPiece = 48

// An encoder is the scratch of one Encode call.
type encoder struct {
	short [shortPiece]symbol
	long  []link
	heap  rankHeap
}

// A symbol is a token of a short piece and the rank of its pair with the next.
type symbol struct{ id, rank int32 }

// merge appends the tokens of piece to dst, joining the pair of lowest rank,
// leftmost first, until none has a rank.
func (e *encoder) merge(t *Tokenizer, dst []int32, piece []byte) []int32 {
	if len(piece) > shortPiece {
		return e.mergeLong(t, dst, piece)
	}
	s := e.short[:len(piece)]
	for i, b := range piece {
		s[i] = symbol{t.byteID[b], noRank}
	}
	for i := range len(s) - 1 {
		s[i].rank = t.ranks.rank(s[i].id, s[i+1].id)
	}
	for {
		best, at := int32(noRank), 0
		for i := range s {
			if s[i].rank < best {
				best, at = s[i].rank, i
			}
		}
		if best == noRank {
			break
		}
		s[at] = symbol{t.merges[best].id, noRank}
		copy(s[at+1:], s[at+2:])
		s = s[:len(s)-1]
		if at+1 < len(s) {
			s[at].rank = t.ranks.rank(s[at].id, s[at+1].id)
		}
		if at > 0 {
			s[at-1].rank = t.ranks.rank(s[at-1].id, s[at].id)
		}
	}
	for i := range s {
		dst = append(dst, s[i].id)
	}
	return dst
}

// A link is a token of a long piece in a doubly linked list over the positions
// of its bytes; id < 0 marks a position inside a token.
type link struct{ id, prev, next int32 }

// mergeLong does what merge does in O(n log n): a heap holds rank and position
// of every pair. A pair that changed since it was pushed is seen by its rank.
func (e *encoder) mergeLong(t *Tokenizer, dst []int32, piece []byte) []int32 {
	n := int32(len(piece))
	e.long, e.heap = e.long[:0], e.heap[:0]
	for i, b := range piece {
		e.long = append(e.long, link{t.byteID[b], int32(i) - 1, int32(i) + 1})
	}
	l := e.long
	rankAt := func(i int32) int32 {
		if i < 0 || l[i].id < 0 || l[i].next >= n {
			return noRank
		}
		return t.ranks.rank(l[i].id, l[l[i].next].id)
	}
	for i := range n {
		e.heap.push(rankAt(i), i)
	}
	for len(e.heap) > 0 {
		rank, at := e.heap.pop()
		if rankAt(at) != rank {
			continue
		}
		gone := l[at].next
		l[at].id, l[at].next = t.merges[rank].id, l[gone].next
		l[gone].id = -1
		if l[at].next < n {
			l[l[at].next].prev = at
		}
		e.heap.push(rankAt(l[at].prev), l[at].prev)
		e.heap.push(rankAt(at), at)
	}
	for i := int32(0); i < n; i = l[i].next {
		dst = append(dst, l[i].id)
	}
	return dst
}

// A rankHeap is a binary min-heap of rank<<32 | position.
type rankHeap []uint64

// push adds a pair unless it has no rank.
func (h *rankHeap) push(rank, at int32) {
	if rank == noRank {
		return
	}
	x := uint64(rank)<<32 | uint64(uint32(at))
	s := append(*h, x)
	i := len(s) - 1
	for i > 0 && x < s[(i-1)/2] {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = x
	*h = s
}

func (h *rankHeap) pop() (rank, at int32) {
	s := *h
	top, x := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	i := 0
	for {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1] < s[child] {
			child++
		}
		if x <= s[child] {
			break
		}
		s[i] = s[child]
		i = child
	}
	if len(s) > 0 {
		s[i] = x
	}
	return int32(top >> 32), int32(uint32(top))
}
