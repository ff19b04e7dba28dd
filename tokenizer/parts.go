package tokenizer

// Parts returns, for each id, the two tokens that its merge joins, or −1 twice where it
// has none: bytes, added and special tokens. Of several merges into one token it is the
// one of the lowest rank.
func (t *Tokenizer) Parts() [][2]int32 {
	parts := make([][2]int32, t.Vocab())
	for i := range parts {
		parts[i] = [2]int32{-1, -1}
	}
	for _, m := range t.merges {
		if parts[m.id][0] < 0 {
			parts[m.id] = [2]int32{m.left, m.right}
		}
	}
	return parts
}
