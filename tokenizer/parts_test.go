package tokenizer

import (
	"slices"
	"testing"
)

// TestParts: the parts of a token are the token, and none where nothing was merged.
func TestParts(t *testing.T) {
	text := func(yield func([]byte) bool) { yield([]byte("the theme of the thesis is theirs, not the thief's")) }
	trained, err := Train(text, Options{Vocab: 270})
	if err != nil {
		t.Fatal(err)
	}
	for name, tok := range map[string]*Tokenizer{"trained": trained, "bytes": Bytes()} {
		merged := 0
		for id, p := range tok.Parts() {
			if p[0] < 0 {
				if p[1] >= 0 {
					t.Errorf("%s: token %d has one part", name, id)
				}
				continue
			}
			merged++
			if whole := slices.Concat(tok.Piece(p[0]), tok.Piece(p[1])); !slices.Equal(whole, tok.Piece(int32(id))) {
				t.Errorf("%s: token %d is %q, its parts %q", name, id, tok.Piece(int32(id)), whole)
			}
		}
		if want := tok.Vocab() - 257; merged != want {
			t.Errorf("%s: %d tokens have parts, want %d", name, merged, want)
		}
	}
}
