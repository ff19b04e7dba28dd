package tokenizer

// A trie finds the longest of a set of byte strings at the start of a text.
type trie struct {
	first [256]bool
	edges map[edge]int32 // node, byte → node; the root is 0
	ids   []int32        // node → id of the string that ends there, or −1
}

type edge struct {
	node int32
	b    byte
}

// newLiterals returns the passes in which added tokens that stand for text are
// found: those with normalized false, then the others; passes without any are
// left out.
func newLiterals(added []addedToken) []trie {
	var passes []trie
	for _, normalized := range [...]bool{false, true} {
		x := trie{edges: make(map[edge]int32), ids: []int32{-1}}
		for _, a := range added {
			if !a.special && a.normalized == normalized {
				x.add(a.content, a.id)
			}
		}
		if len(x.ids) > 1 {
			passes = append(passes, x)
		}
	}
	return passes
}

func (x *trie) add(s string, id int32) {
	x.first[s[0]] = true
	node := int32(0)
	for i := range len(s) {
		next, ok := x.edges[edge{node, s[i]}]
		if !ok {
			next = int32(len(x.ids))
			x.edges[edge{node, s[i]}] = next
			x.ids = append(x.ids, -1)
		}
		node = next
	}
	x.ids[node] = id
}

// longest returns the longest string of the set at the start of text, which is
// not empty, and its length; 0 if there is none.
func (x *trie) longest(text []byte) (id int32, n int) {
	if !x.first[text[0]] {
		return 0, 0
	}
	node := int32(0)
	for i, b := range text {
		next, ok := x.edges[edge{node, b}]
		if !ok {
			break
		}
		if node = next; x.ids[node] >= 0 {
			id, n = x.ids[node], i+1
		}
	}
	return id, n
}
