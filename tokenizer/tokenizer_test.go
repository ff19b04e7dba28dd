package tokenizer

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestBytes(t *testing.T) {
	tok := Bytes()
	if tok.Vocab() != 257 || !tok.AddsBOS() {
		t.Fatalf("V = %d, adds BOS %t", tok.Vocab(), tok.AddsBOS())
	}
	if id, ok := tok.BOS(); id != 256 || !ok || !tok.Special(256) || string(tok.Piece(256)) != "<|bos|>" {
		t.Fatalf("BOS %d %t %q", id, ok, tok.Piece(256))
	}
	for b := range 256 {
		if ids := tok.Encode(nil, []byte{byte(b)}); !slices.Equal(ids, []int32{int32(b)}) || tok.Special(int32(b)) {
			t.Fatalf("byte %d: %v", b, ids)
		}
	}
}

func TestTrainedNumbering(t *testing.T) {
	tok := mustTrain(t, [][]byte{[]byte("low low low lower lower newest newest")}, 262)
	if tok.Vocab() != 262 {
		t.Fatalf("V = %d", tok.Vocab())
	}
	// lo and ow occur 5 times each, then er, es, … twice: the smaller token first.
	for i, want := range []string{"lo", "low", " low", "er", "es"} {
		if got := string(tok.Piece(int32(256 + i))); got != want {
			t.Errorf("merge %d: %q, want %q", i, got, want)
		}
	}
	if id, ok := tok.BOS(); id != 261 || !ok {
		t.Errorf("BOS %d %t", id, ok)
	}
}

func TestTrainOptions(t *testing.T) {
	if _, err := Train(slices.Values([][]byte{[]byte("text")}), Options{Vocab: 256}); err == nil || !strings.Contains(err.Error(), "257") {
		t.Errorf("vocabulary of 256: %v", err)
	}
	for _, docs := range [][][]byte{nil, {{}}, {[]byte("abcdef")}} {
		if v := mustTrain(t, docs, 1000).Vocab(); v != 257 {
			t.Errorf("%q: V = %d: a pair seen once was merged", docs, v)
		}
	}
	if got, want := mustTrain(t, [][]byte{[]byte("aaaa aaaa")}, 257).AppendJSON(nil), Bytes().AppendJSON(nil); !bytes.Equal(got, want) {
		t.Error("V = 257 is not the byte tokenizer")
	}
}

// A document's buffer may be used again for the next.
func TestTrainCopiesDocuments(t *testing.T) {
	texts := [][]byte{[]byte("banana bandana "), []byte("ananas banana. "), []byte("cabana havana; ")}
	reused := func(yield func([]byte) bool) {
		var buffer []byte
		for _, text := range texts {
			if buffer = append(buffer[:0], text...); !yield(buffer) {
				return
			}
		}
	}
	tok, err := Train(reused, Options{Vocab: 300})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(tok.AppendJSON(nil), mustTrain(t, texts, 300).AppendJSON(nil)) {
		t.Error("a reused buffer changed the tokenizer")
	}
}

// checkText holds a text to what the package promises for every byte string.
func checkText(t *testing.T, tok *Tokenizer, text []byte) {
	t.Helper()
	ids, spans := tok.EncodeOffsets(text)
	if !slices.Equal(ids, tok.Encode(nil, text)) {
		t.Fatalf("%q: Encode and EncodeOffsets differ", text)
	}
	if got := tok.Decode(nil, ids); !bytes.Equal(got, text) {
		t.Fatalf("%q: decoded %q", text, got)
	}
	end := 0
	for i, s := range spans {
		if s[0] != end || s[1] <= s[0] || tok.Special(ids[i]) || !bytes.Equal(text[s[0]:s[1]], tok.Piece(ids[i])) {
			t.Fatalf("%q: token %d is %q, its span %v", text, i, tok.Piece(ids[i]), s)
		}
		end = s[1]
	}
	if end != len(text) {
		t.Fatalf("%q: spans end at %d", text, end)
	}
}

func TestEveryText(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, alphabet := range alphabets {
		tok := mustTrain(t, randomDocs(rng, alphabet, 30, 300), 400)
		for _, alphabet := range alphabets {
			checkText(t, tok, randomText(rng, alphabet, 500))
		}
		checkText(t, tok, nil)
		checkText(t, tok, bytes.Repeat([]byte("a"), 20000))
		checkText(t, tok, bytes.Repeat([]byte(" "), 20000))
		checkText(t, tok, []byte("<|bos|> is text"))
	}
}

func TestDecodeSkipsSpecials(t *testing.T) {
	tok := Bytes()
	if got := tok.Decode([]byte("x"), []int32{256, 'a', 256, 0xff}); string(got) != "xa\xff" {
		t.Errorf("%q", got)
	}
}

func TestWithBOS(t *testing.T) {
	tok := Bytes()
	none, err := tok.WithBOS(-7, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := none.BOS(); ok || none.AddsBOS() {
		t.Error("a BOS is left")
	}
	other, err := none.WithBOS(10, true)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := other.BOS(); id != 10 || !ok || !other.AddsBOS() {
		t.Errorf("BOS %d %t", id, ok)
	}
	if id, _ := tok.BOS(); id != 256 {
		t.Error("the original changed")
	}
	if _, err := tok.WithBOS(257, true); err == nil {
		t.Error("id 257 of 257 accepted")
	}
	if _, err := tok.WithBOS(-1, true); err == nil {
		t.Error("adding no token accepted")
	}
}

func TestID(t *testing.T) {
	tok := mustTrain(t, [][]byte{[]byte("the the the the")}, 300)
	for content, want := range map[string]string{"<|bos|>": "<|bos|>", "the": "the", "t": "t"} {
		if id, ok := tok.ID(content); !ok || string(tok.Piece(id)) != want {
			t.Errorf("%q: %d %t", content, id, ok)
		}
	}
	if _, ok := tok.ID("absent"); ok {
		t.Error("a token that is not there was found")
	}
}

func TestConcurrentUse(t *testing.T) {
	text := benchText(50000)
	tok := mustTrain(t, [][]byte{text}, 500)
	want := tok.Encode(nil, text)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if !slices.Equal(tok.Encode(nil, text), want) {
				t.Error("another goroutine got other ids")
			}
		})
	}
	wg.Wait()
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	text := benchText(20000)
	tok := mustTrain(t, [][]byte{text}, 500)
	ids := tok.Encode(nil, text)
	if n := testing.AllocsPerRun(10, func() { ids = tok.Encode(ids[:0], text) }); n > 0 {
		t.Errorf("%g allocations", n)
	}
}
