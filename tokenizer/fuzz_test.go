package tokenizer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func FuzzRoundTrip(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 7))
	toks := []*Tokenizer{Bytes(), mustTrain(f, [][]byte{benchText(20000)}, 700)}
	for _, alphabet := range alphabets {
		toks = append(toks, mustTrain(f, randomDocs(rng, alphabet, 30, 300), 400))
		f.Add(randomText(rng, alphabet, 60))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, tok := range toks {
			checkText(t, tok, text)
			if len(text) < 2000 && !slices.Equal(tok.Encode(nil, text), slowEncode(tok, text)) {
				t.Fatalf("%q: not the definition's ids", text)
			}
		}
	})
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzParse(f *testing.F) {
	small := string(smallFile(f, nil))
	f.Add(small)
	f.Add(small[:200])
	f.Add(strings.Replace(small, `"h e"`, `["h","e"],["h","e"]`, 1))
	f.Add(strings.Replace(small, `"id":259`, `"id":2147483647`, 1))
	f.Add(strings.Replace(small, `"special":true`, `"special":false`, 1))
	f.Add(`{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"ByteLevel"}}`)
	f.Fuzz(checkParse)
}

// FuzzParseParts changes only what comes after the 256 bytes of a vocabulary, so
// that changes reach what lies behind the syntax.
func FuzzParseParts(f *testing.F) {
	var alphabet []byte
	for b := range 256 {
		alphabet = appendString(alphabet, string(byteRune[b]))
		alphabet = fmt.Appendf(alphabet, ":%d,", b)
	}
	f.Add(`"th":256,"the":257,"he":258`, `"t h",["th","e"],"h e","t he"`, `{"id":259,"content":"<s>","special":true}`, `null`)
	f.Add(`"th":256,"<s>":257`, `"t h","t h"`, `{"id":257,"content":"<s>","special":true},{"id":258,"content":"  ","normalized":true}`,
		`{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[257]}}}`)
	f.Add(`"aa":256,"aaaa":257`, `"aa aa","a a"`, `{"id":258,"content":"\ufffd"},{"id":259,"content":"a\u0000"}`, `{"type":"Sequence","processors":[]}`)
	f.Fuzz(func(t *testing.T, vocab, merges, added, post string) {
		checkParse(t, fmt.Sprintf(`{"added_tokens":[%s],"pre_tokenizer":{"type":"ByteLevel"},"post_processor":%s,"model":{"type":"BPE","vocab":{%s%s},"merges":[%s]}}`,
			added, post, alphabet, vocab, merges))
	})
}

// checkParse holds any text to what Parse promises.
func checkParse(t *testing.T, text string) {
	var tok *Tokenizer
	n := allocated(func() { tok, _ = Parse([]byte(text)) })
	if limit := uint64(1<<20 + 500*len(text)); n > limit {
		t.Errorf("%d bytes of JSON: %d allocated", len(text), n)
	}
	if tok == nil {
		return
	}
	checkText(t, tok, []byte("the text's bytes\x00\xff  \n"+text))
	file := tok.AppendJSON(nil)
	again, err := Parse(file)
	if err != nil || !bytes.Equal(again.AppendJSON(nil), file) {
		t.Fatalf("written and read again: %v", err)
	}
}
