// Package tokenizer turns text into token ids and back: byte-level byte-pair
// encoding (BPE) that is trained, read and written here.
//
// Text is any byte string, valid UTF-8 or not. [Tokenizer.Encode] cuts it into
// pieces by GPT-2's pattern
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// in which a byte that is not part of valid UTF-8 is one character of the third
// kind (neither letter, number nor white space, as U+FFFD is). Each piece starts
// as its bytes, and the adjacent pair with the lowest merge rank, leftmost first,
// is joined until no pair has a rank. Every tokenizer knows all 256 bytes, so
// encoding never fails, the tokens' bytes tile the text, and decoding gives the
// text back exactly.
//
// Special tokens stand for no text: Encode never produces them, neither by adding
// one nor by finding its name in the text, and Decode writes nothing for them. A
// tokenizer says which id begins a document ([Tokenizer.BOS]) and whether it
// declares that documents start with it ([Tokenizer.AddsBOS]); adding it is the
// caller's step.
//
// A Tokenizer is immutable and safe for use by many goroutines at once.
package tokenizer

import (
	"fmt"
	"slices"
)

// bosContent names the special token of the tokenizers made here.
const bosContent = "<|bos|>"

// A Tokenizer maps byte strings to token ids 0 … V−1 and back. Those made by
// [Train] and [Bytes] number the bytes 0–255 by value, then the merges in order,
// and last the special token "<|bos|>"; [Parse] keeps the ids of its file.
type Tokenizer struct {
	pieces   [][]byte // id → its bytes; for an added token its content
	special  []bool   // id → stands for no text
	byteID   [256]int32
	merges   []merge // in rank order
	ranks    rankTable
	whole    map[string]int32 // piece → id, where BPE makes the whole piece one token
	added    []addedToken     // by id: the tokens that are not bytes or merges
	literals []trie           // added tokens found in the text, one pass each
	bos      int32            // −1: none known
	adds     bool
}

// A merge joins the adjacent tokens left and right into id.
type merge struct{ left, right, id int32 }

// An addedToken is a token outside the merges. A special one stands for no text;
// another is found in the text before it is cut into pieces, as Hugging Face's
// tokenizers do: those with normalized false in a first pass.
type addedToken struct {
	id         int32
	content    string
	special    bool
	normalized bool
}

// Bytes returns the tokenizer of single bytes: id = byte value, and the special
// token "<|bos|>" = 256; V = 257.
func Bytes() *Tokenizer { return fromMerges(nil) }

// fromMerges builds one of our own tokenizers: bytes, then merges in order
// (merge i makes id 256+i), then <|bos|>.
func fromMerges(merges []merge) *Tokenizer {
	v := 256 + len(merges) + 1
	pieces := make([][]byte, 0, v)
	for b := range 256 {
		pieces = append(pieces, []byte{byte(b)})
	}
	for _, m := range merges {
		pieces = append(pieces, slices.Concat(pieces[m.left], pieces[m.right]))
	}
	bos := addedToken{id: int32(v - 1), content: bosContent, special: true}
	t, err := build(append(pieces, []byte(bosContent)), merges, []addedToken{bos})
	if err != nil {
		panic("tokenizer: own merges are inconsistent: " + err.Error())
	}
	t.bos, t.adds = bos.id, true
	return t
}

// build makes a Tokenizer of the tokens' bytes by id, the merges in rank order
// and the added tokens in id order, and checks what the package comment promises.
func build(pieces [][]byte, merges []merge, added []addedToken) (*Tokenizer, error) {
	t := &Tokenizer{pieces: pieces, special: make([]bool, len(pieces)), merges: merges, added: added, bos: -1}
	isAdded := make([]bool, len(pieces))
	for _, a := range added {
		isAdded[a.id] = true
		t.special[a.id] = a.special
	}
	for i := range t.byteID {
		t.byteID[i] = -1
	}
	for id, p := range pieces {
		if len(p) == 1 && !isAdded[id] {
			t.byteID[p[0]] = int32(id)
		}
	}
	for b, id := range t.byteID {
		if id < 0 {
			return nil, fmt.Errorf("model.vocab: no token for the byte 0x%02x", b)
		}
	}
	for i, m := range merges {
		for _, id := range [...]int32{m.left, m.right, m.id} {
			if isAdded[id] {
				return nil, fmt.Errorf("model.merges: merge %d uses the added token %.60q", i, pieces[id])
			}
		}
	}
	t.ranks = newRankTable(merges)
	t.literals = newLiterals(added)
	t.whole = make(map[string]int32, len(merges))
	var e encoder
	for _, m := range merges {
		if ids := e.merge(t, nil, pieces[m.id]); len(ids) == 1 {
			t.whole[string(pieces[m.id])] = ids[0]
		}
	}
	return t, nil
}

// Vocab returns V: ids are 0 … V−1.
func (t *Tokenizer) Vocab() int { return len(t.pieces) }

// BOS returns the id of the token that begins a document; ok is false if none is
// known.
func (t *Tokenizer) BOS() (id int32, ok bool) { return max(t.bos, 0), t.bos >= 0 }

// AddsBOS reports whether the tokenizer declares that documents start with BOS.
// Encode does not add it.
func (t *Tokenizer) AddsBOS() bool { return t.adds }

// WithBOS returns a tokenizer that differs from t only in its declaration: BOS is
// id (negative: none), and AddsBOS reports adds. It is for a declaration that
// stands outside tokenizer.json. An id ≥ V, or adds without an id, is an error.
func (t *Tokenizer) WithBOS(id int32, adds bool) (*Tokenizer, error) {
	if int(id) >= t.Vocab() {
		return nil, fmt.Errorf("tokenizer: BOS id %d is outside the vocabulary of %d", id, t.Vocab())
	}
	if id < 0 && adds {
		return nil, fmt.Errorf("tokenizer: a BOS is to be added, but there is none")
	}
	c := *t
	c.bos, c.adds = max(id, -1), adds
	return &c, nil
}

// Piece returns the bytes that token id stands for or, for a special token, its
// name, such as "<|bos|>". The caller must not change them. It panics unless
// 0 ≤ id < V.
func (t *Tokenizer) Piece(id int32) []byte {
	p := t.pieces[id]
	return p[:len(p):len(p)]
}

// Special reports whether token id stands for no text. It panics unless
// 0 ≤ id < V.
func (t *Tokenizer) Special(id int32) bool { return t.special[id] }

// ID returns the token whose name or bytes are content, an added token before an
// ordinary one. It looks at every token in turn.
func (t *Tokenizer) ID(content string) (id int32, ok bool) {
	for _, a := range t.added {
		if a.content == content {
			return a.id, true
		}
	}
	for i, p := range t.pieces {
		if string(p) == content {
			return int32(i), true
		}
	}
	return 0, false
}

// Decode appends the bytes of ids to dst and returns it: nothing for special
// tokens. It panics on an id outside 0 … V−1.
func (t *Tokenizer) Decode(dst []byte, ids []int32) []byte {
	for _, id := range ids {
		if !t.special[id] {
			dst = append(dst, t.pieces[id]...)
		}
	}
	return dst
}
