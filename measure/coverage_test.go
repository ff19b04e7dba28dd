package measure

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unicode"
	"unicode/utf8"
)

// texts are what breaks byte accounting.
var texts = map[string]string{
	"empty":         "",
	"one byte":      "a",
	"one space":     " ",
	"NUL":           "a\x00b \x00 c",
	"CRLF":          "one\r\ntwo\r\n\r\nthree\r\n",
	"emoji":         "a 👩‍👩‍👧‍👦 family, a flag 🇪🇺\n",
	"scripts":       "Ελληνικά 中文字 ไทย العربية",
	"wide spaces":   "a\u00a0b\u2003c\u3000d\u0085e",
	"invalid":       "ok \xff\xfe bad\xc3 \xe4\xb8 cut",
	"all invalid":   "\x80\x81\xfe\xff",
	"cut at end":    "tail \xf0\x9f\x91",
	"long sequence": "\xc0\x80\xf8\x88\x80\x80\x80",
	"BOM":           "\ufeffstart",
	"broken space":  "00\u2000\x80",
}

// TestCursor cuts every text at random places and holds the counts to what the
// standard library says of the whole, and each character and word to its last
// byte.
func TestCursor(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for name, s := range texts {
		text := []byte(s)
		for range 50 {
			c := cursor{text: text}
			var total extent
			for c.byte < len(text) {
				from := c.byte
				to := from + 1 + r.IntN(min(len(text)-from, 5))
				got, want := c.to(to), owned(text, from, to)
				if got != want {
					t.Fatalf("%s: bytes %d to %d: %+v, want %+v", name, from, to, got, want)
				}
				total.add(got)
			}
			if want := (extent{len(text), utf8.RuneCount(text), len(bytes.Fields(text))}); total != want {
				t.Fatalf("%s: %+v, want %+v", name, total, want)
			}
		}
	}
}

// owned states the rule without a cursor: the characters and words of the text
// whose last byte lies in [from, to), found from a mark on every byte.
func owned(text []byte, from, to int) extent {
	x := extent{bytes: to - from}
	space := make([]bool, len(text)+1)
	space[len(text)] = true
	for i, r := range string(text) {
		_, size := utf8.DecodeRune(text[i:])
		for k := range size {
			space[i+k] = unicode.IsSpace(r)
		}
		if last := i + size - 1; from <= last && last < to {
			x.characters++
		}
	}
	for i := from; i < to; i++ {
		if !space[i] && space[i+1] {
			x.words++
		}
	}
	return x
}
