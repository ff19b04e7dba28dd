package tokenizer

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// FuzzRoundTrip holds every text, under tokenizers of several alphabets, to the
// definition's ids and to the package's promises, in memory of its order.
func FuzzRoundTrip(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 7))
	toks := []*Tokenizer{Bytes(), mustTrain(f, [][]byte{benchText(20000)}, 700)}
	for _, alphabet := range alphabets {
		toks = append(toks, mustTrain(f, randomDocs(rng, alphabet, 30, 300), 400))
		f.Add(randomText(rng, alphabet, 60))
	}
	f.Add([]byte("it's 1\x00\xff\xe2\x82 \u2003\u00a0\r\n  end<|bos|>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, tok := range toks {
			if n := allocated(func() { tok.Encode(nil, text) }); n > 1<<20+150*uint64(len(text)) {
				t.Errorf("%d bytes: %d allocated", len(text), n)
			}
			checkText(t, tok, text)
			if len(text) < 2000 && !slices.Equal(tok.Encode(nil, text), slowEncode(tok, text)) {
				t.Fatalf("%q: not the definition's ids", text)
			}
		}
	})
}

// FuzzParse holds any file to what Parse promises.
func FuzzParse(f *testing.F) {
	small := string(smallFile(f, nil))
	f.Add(small)
	f.Add(small[:200])
	f.Add(strings.Replace(small, `"h e"`, `["h","e"],["h","e"]`, 1))
	f.Add(strings.Replace(small, `"id":259`, `"id":2147483647`, 1))
	f.Add(strings.Replace(small, `"special":true`, `"special":false`, 1))
	f.Add(`{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"}}`)
	for _, text := range hostile() {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	f.Fuzz(checkParse)
}

// FuzzParseParts changes only what comes after the 256 bytes of a vocabulary, so
// that changes reach what lies behind the syntax.
func FuzzParseParts(f *testing.F) {
	alphabet := alphabetJSON() + ","
	f.Add(`"th":256,"the":257,"he":258`, `"t h",["th","e"],"h e","t he"`, `{"id":259,"content":"<s>","special":true}`, `null`)
	f.Add(`"th":256,"<s>":257`, `"t h","t h"`, `{"id":257,"content":"<s>","special":true},{"id":258,"content":"  ","normalized":true}`,
		`{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[257]}}}`)
	f.Add(`"aa":256,"aaaa":257`, `"aa aa","a a"`, `{"id":258,"content":"\ufffd"},{"id":259,"content":"a\u0000"}`, `{"type":"Sequence","processors":[]}`)
	f.Add(`"tt":256,"\u0120t":257`, `"t t","\u0120 t"`, `{"id":258,"content":"a","special":false},{"id":259,"content":"aa"}`,
		`{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}}]}]}`)
	f.Fuzz(func(t *testing.T, vocab, merges, added, post string) {
		checkParse(t, parts(added, post, alphabet+vocab, merges))
	})
}

// checkParse holds any text to what Parse promises.
func checkParse(t *testing.T, text string) {
	var tok *Tokenizer
	var err error
	if n := allocated(func() { tok, err = Parse([]byte(text)) }); n > due(len(text)) {
		t.Errorf("%d bytes of JSON: %d allocated", len(text), n)
	}
	if err != nil {
		checkError(t, err)
		return
	}
	checkTokenizer(t, tok)
	checkText(t, tok, []byte("the text's bytes\x00\xff  \n"+text))
	file := tok.AppendJSON(nil)
	again, err := Parse(file)
	if err != nil || !bytes.Equal(again.AppendJSON(nil), file) || again.AddsBOS() != tok.AddsBOS() || tok.AddsBOS() && again.bos != tok.bos {
		t.Fatalf("written and read again: %v", err)
	}
	if !json.Valid(tok.ConfigJSON(1)) {
		t.Fatalf("tokenizer_config.json: %s", tok.ConfigJSON(1))
	}
}

// checkTokenizer checks that the parts of a tokenizer agree with each other.
func checkTokenizer(t *testing.T, tok *Tokenizer) {
	added := map[int32]bool{}
	for _, a := range tok.added {
		if id, ok := tok.ID(a.content); !ok || id != a.id || string(tok.Piece(id)) != a.content || tok.Special(id) != a.special {
			t.Fatalf("added token %q is %d, found as %d", a.content, a.id, id)
		}
		added[a.id] = true
	}
	seen := map[string]bool{}
	for id := range int32(tok.Vocab()) {
		p := string(tok.Piece(id))
		if p == "" || tok.Special(id) && !added[id] || !added[id] && seen[p] {
			t.Fatalf("token %d: %q", id, p)
		}
		seen[p] = seen[p] || !added[id]
	}
	for i, m := range tok.merges {
		if string(tok.pieces[m.left])+string(tok.pieces[m.right]) != string(tok.pieces[m.id]) || tok.ranks.rank(m.left, m.right) != int32(i) {
			t.Fatalf("merge %d: %q + %q is %q, of rank %d", i, tok.pieces[m.left], tok.pieces[m.right], tok.pieces[m.id], tok.ranks.rank(m.left, m.right))
		}
	}
	if id, ok := tok.BOS(); ok && int(id) >= tok.Vocab() || tok.AddsBOS() && !ok {
		t.Fatalf("BOS %d of %d", id, tok.Vocab())
	}
}
