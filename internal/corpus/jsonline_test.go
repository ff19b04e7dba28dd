package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// quickLines are known to quickField, otherLines are not.
var quickLines = []string{
	`{"text":"a"}`, "{ \"id\" : 1 ,\t\"text\" : \"a\" }", `{"text":""}`, `{"text":"a","text":"b"}`, `{"text":"a\n\"\\\/\b\f\n\r\té€𝄞"}`,
	`{"text":"\u00e9\u20AC\ud834\udd1e\ud834\ud834\udd1e\udd1e\ud834x\ud834\u0041\u0000"}`, `{"a":{"b":[1,-0.5e+3,[],{},true,false,null,"\u12aF"]},"text":"x"}`,
	`{"a":0,"b":-0,"c":10.25E-7,"text":"naïve"}`, `{"Text":"b","text":"a","TEXT":"c"}`, `{"a":[ ],"b":{ },"text":"\ufffd\ud800"}`,
}

var otherLines = []string{
	"", "{", "{}", `{"a":1}`, `{"text":1}`, `{"text":null}`, `[{"text":"a"}]`, `{"text":"a"`, `{"text":"a"} x`, `{"text":"a",}`, `{,"text":"a"}`, `{"text" "a"}`,
	`{"text":"a` + "\n" + `"}`, `{"text":"\x"}`, `{"text":"\u12g4"}`, `{"text":"\u123"}`, `{"te\u0078t":"a"}`, `{"text":"a","b":01}`, `{"text":"a","b":1.}`, `{"text":"a","b":.5}`,
	`{"text":"a","b":+1}`, `{"text":"a","b":1e}`, `{"text":"a","b":tru}`, `{"text":"a","b":[1,]}`, `{"text":"a","b":[1 2]}`, `{"text":"a","b":{"c"}}`, `{"text":"a","b":{"c":}}`,
	`{"text":"a","b":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`, `{"text":"a","text":1}`, `{"text":"a","b":-}`, `{"text":"a","b":"}`, `{"text":"a","b":[1}`, "\x00", `{"text":"a"}` + "\x00",
}

// checkQuick holds quickField to encoding/json: what it knows is so.
func checkQuick(t *testing.T, line []byte) bool {
	t.Helper()
	if !utf8.Valid(line) {
		return false
	}
	before := bytes.Clone(line)
	got, ok := quickField(line, "text")
	if !bytes.Equal(line, before) {
		t.Errorf("%q was changed", before)
	}
	if want, err := anyField(line, "text"); ok && (err != nil || !bytes.Equal(got, want)) {
		t.Errorf("%q: %q, encoding/json has %q (%v)", line, got, want, err)
	}
	return ok
}

func TestQuickField(t *testing.T) {
	for _, line := range quickLines {
		if !checkQuick(t, []byte(line)) {
			t.Errorf("not known: %s", line)
		}
	}
	for _, line := range otherLines {
		if checkQuick(t, []byte(line)) {
			t.Errorf("known: %s", line)
		}
	}
	for _, line := range append(quickLines, otherLines...) { // cut, and with each byte another
		for i := range len(line) {
			checkQuick(t, []byte(line[:i]))
			for _, c := range []byte("\"\\{}[],:u0-e \x00\n") {
				b := []byte(line)
				b[i] = c
				checkQuick(t, b)
			}
		}
	}
	for r := rune(0); r <= utf8.MaxRune; r += 1 + r/40 {
		plain, err := json.Marshal(map[string]string{"text": "a" + string(r) + "b"})
		if err != nil {
			t.Fatal(err)
		}
		if !checkQuick(t, plain) || !checkQuick(t, fmt.Appendf(nil, `{"text":"\u%04x\u%04X"}`, r&0xffff, 0xdc00|r&0x3ff)) {
			t.Errorf("not known with %U", r)
		}
	}
}

// FuzzQuickField compares to encoding/json.
func FuzzQuickField(f *testing.F) {
	for _, line := range append(quickLines, otherLines...) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) { checkQuick(t, line) })
}

// BenchmarkTextField reads lines of a few kilobytes, as web corpora have.
func BenchmarkTextField(b *testing.B) {
	text := strings.Repeat("It was said that the crab\n\"came home\", and so it had – naïvely. ", 60)
	line, err := json.Marshal(map[string]any{"id": "a-1", "meta": map[string]any{"url": "https://example.org/", "score": 0.25, "tags": []int{1, 2, 3}}, "text": text})
	if err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]func([]byte, string) ([]byte, error){"quick": textField, "encoding-json": anyField} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				if got, err := f(line, "text"); err != nil || len(got) != len(text) {
					b.Fatal(err)
				}
			}
		})
	}
}
