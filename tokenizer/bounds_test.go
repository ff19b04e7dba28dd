package tokenizer

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// due is what parsing n bytes may allocate. The worst is a list of values of a
// wrong type, for each of which encoding/json makes an error.
func due(n int) uint64 { return 1<<20 + 150*uint64(n) }

// parts is a file of these parts, each without its brackets.
func parts(added, post, vocab, merges string) string {
	return fmt.Sprintf(`{"added_tokens":[%s],"pre_tokenizer":{"type":"ByteLevel"},"post_processor":%s,"model":{"type":"BPE","vocab":{%s},"merges":[%s]}}`, added, post, vocab, merges)
}

// repeated is a list of n times x.
func repeated(x string, n int) string { return strings.TrimSuffix(strings.Repeat(x+",", n), ",") }

// numbered is a list of n members whose names differ.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+",", i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// hostile are files that ask for much in few bytes; "many" and "deep" have
// some 10,000 or more.
func hostile() map[string]string {
	const sequence = `{"type":"Sequence","processors":[`
	return map[string]string{
		"the largest id":       parts("", "null", `"a":2147483647`, ""),
		"a larger id":          parts("", "null", `"a":2147483648`, ""),
		"an id of 1e9":         parts("", "null", `"a":1e9`, ""),
		"the largest added id": parts(`{"id":2147483647,"content":"a"}`, "null", "", ""),
		"the least added id":   parts(`{"id":-2147483648,"content":"a"}`, "null", "", ""),
		"the largest BOS":      parts("", `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}},{"Sequence":{}}],"special_tokens":{"a":{"ids":[2147483647]}}}`, "", ""),
		"open lists":           strings.Repeat("[", 100),
		"open objects":         strings.Repeat(`{"model":`, 12),
		"lines":                parts("", "null", `"`+strings.Repeat(`\n`, 40)+`":1`, ""),
		"halves":               parts("", "null", `"\ud800":1,"\udc00":2`, ""),
		"NUL":                  "\x00",

		"deep lists":           parts("", strings.Repeat("[", 100_000), "", ""),
		"deep settings":        strings.TrimSuffix(parts("", "null", "", ""), "}") + `,"truncation":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + "}",
		"deep models":          strings.Repeat(`{"model":`, 10_000) + strings.Repeat("}", 10_000),
		"deep processors":      parts("", strings.Repeat(sequence, 4_900)+strings.Repeat("]}", 4_900), "", ""),
		"many processors":      parts("", sequence+repeated("{}", 20_000)+"]}", "", ""),
		"many wrong ones":      parts("", sequence+repeated("[]", 20_000)+"]}", "", ""),
		"many parts":           parts("", `{"type":"TemplateProcessing","single":[`+repeated("{}", 20_000)+"]}", "", ""),
		"many special tokens":  parts("", `{"type":"TemplateProcessing","special_tokens":{`+numbered(`"%d":{}`, 10_000)+"}}", "", ""),
		"many added tokens":    parts(repeated("{}", 20_000), "null", "", ""),
		"many added numbers":   parts(repeated("1", 30_000), "null", "", ""),
		"many names":           parts("", "null", repeated(`"":1`, 20_000), ""),
		"many tokens":          parts("", "null", numbered(`"%x":0`, 20_000), ""),
		"many merges":          parts("", "null", `"a":0`, repeated(`"a a"`, 20_000)),
		"many merges as lists": parts("", "null", `"a":0`, repeated(`["a","a"]`, 20_000)),
		"many spaces":          parts("", "null", `"a":0`, `"`+strings.Repeat(" ", 100_000)+`"`),
		"many unknown fields":  `{` + repeated(`"a":1`, 20_000) + `,"model":{"type":"BPE"},"pre_tokenizer":{"type":"ByteLevel"}}`,
		"a long name":          parts("", "null", `"`+strings.Repeat("a", 100_000)+`":1e5`, ""),
		"a long number":        parts("", "null", `"a":`+strings.Repeat("1", 100_000), ""),
		"a long type":          `{"model":{"type":"` + strings.Repeat("a", 100_000) + `"}}`,
		"a long field":         `{"` + strings.Repeat("a", 100_000) + `":1,"model":{"type":"BPE"},"pre_tokenizer":{"type":"ByteLevel"}}`,
		"a long added token":   parts(`{"id":0,"content":"`+strings.Repeat(`\u0001`, 20_000)+`"}`, "null", "", ""),
		"a long version":       `{"version":"` + strings.Repeat("a", 100_000) + `","model":{"type":"BPE"},"pre_tokenizer":{"type":"ByteLevel"}}`,
	}
}

// TestParseMemory: Parse takes memory for the file's bytes, whatever they ask
// for, and refuses in one short line.
func TestParseMemory(t *testing.T) {
	for name, text := range hostile() {
		var err error
		if n := allocated(func() { _, err = Parse([]byte(text)) }); n > due(len(text)) {
			t.Errorf("%s: %d bytes (%v): %d allocated", name, len(text), err, n)
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		checkError(t, err)
	}
}

// TestParseAcceptsMuch: what is long and right is read within the same memory.
func TestParseAcceptsMuch(t *testing.T) {
	alphabet := alphabetJSON()
	run := strings.Repeat("a", 120)
	var vocab, merges strings.Builder
	for n := 2; n <= len(run); n++ { // every way to join two runs of a
		fmt.Fprintf(&vocab, `,"%s":%d`, run[:n], 254+n)
		for k := 1; k < n; k++ {
			fmt.Fprintf(&merges, `,"%s %s"`, run[:k], run[k:n])
		}
	}
	long := fmt.Sprintf(`{"id":256,"content":"%s"}`, strings.Repeat("text ", 4_000))
	for name, text := range map[string]string{
		"all merges of a run": parts("", "null", alphabet+vocab.String(), merges.String()[1:]),
		"a long added token":  parts(long, "null", alphabet, ""),
		"added tokens":        parts(numbered(`{"id":%[1]d,"content":"%[1]d"}`, 1256)[len(numbered(`{"id":%[1]d,"content":"%[1]d"}`, 256))+1:], "null", alphabet, ""),
	} {
		var tok *Tokenizer
		var err error
		if n := allocated(func() { tok, err = Parse([]byte(text)) }); n > due(len(text)) {
			t.Errorf("%s: %d bytes: %d allocated", name, len(text), n)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkText(t, tok, []byte(strings.Repeat("a", 5000)+strings.Repeat("text ", 4_100)+"1255"))
	}
}

// alphabetJSON is the 256 bytes as members of a vocabulary.
func alphabetJSON() string {
	var b []byte
	for c := range 256 {
		b = appendString(b, string(byteRune[c]))
		b = fmt.Appendf(b, ":%d,", c)
	}
	return string(b[:len(b)-1])
}

// TestLongText: NULs, invalid UTF-8 and one word, one run of white space or one
// line of 60,000 bytes are text, in memory of its order.
func TestLongText(t *testing.T) {
	trained := mustTrain(t, [][]byte{benchText(20000)}, 600)
	for name, unit := range map[string]string{"word": "the", "white space": " ", "NUL": "\x00", "no UTF-8": "\xff\xe2\x82", "words": "a line of words ", "signs": "=-"} {
		text := []byte(strings.Repeat(unit, 60_000/len(unit)))
		for _, tok := range []*Tokenizer{Bytes(), trained} {
			if n := allocated(func() { tok.Encode(nil, text) }); n > 1<<20+150*uint64(len(text)) {
				t.Errorf("%s: %d bytes: %d allocated", name, len(text), n)
			}
			checkText(t, tok, text)
		}
	}
}
