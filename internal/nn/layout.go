package nn

// Attention goes over tiles of tileKeys keys, which begin at their multiples in a
// sequence, and as many queries a task; within a tile it takes blockRows rows at a
// time, of queries forward and of keys backward. The keys' tiles are a part of the
// numbers' definition; the rest changes no bit.
const (
	tileKeys  = 256
	blockRows = 56
)

// A Layout says where the sequences of a batch lie. The zero Layout is empty;
// Reset keeps the memory.
type Layout struct {
	sequences []tile // whole
	tiles     []tile // of at most tileKeys rows
}

// A tile is rows query rows from row on; the first stands behind past others of its
// sequence, whose keys start at key.
type tile struct{ row, rows, past, key int }

// Reset forgets all sequences.
func (l *Layout) Reset() { l.sequences, l.tiles = l.sequences[:0], l.tiles[:0] }

// Add appends a sequence: rows query rows from row on, at positions past,
// past+1, …; its past+rows keys and values start at row key of theirs.
func (l *Layout) Add(row, rows, past, key int) {
	l.sequences = append(l.sequences, tile{row, rows, past, key})
	for lo := 0; lo < rows; lo += tileKeys {
		l.tiles = append(l.tiles, tile{row + lo, min(tileKeys, rows-lo), past + lo, key})
	}
}

// longest is the most rows of a sequence.
func (l *Layout) longest() (n int) {
	for _, s := range l.sequences {
		n = max(n, s.rows)
	}
	return n
}
