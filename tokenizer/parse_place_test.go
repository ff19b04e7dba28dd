package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestParseNamesThePlace: the JSON's mistakes have a line and a byte, or a field.
func TestParseNamesThePlace(t *testing.T) {
	good := string(smallFile(t, nil))
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(good), "", " "); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(indented.String(), "\n")
	above := strings.Join(lines[:100], "")
	sequence := func(steps ...any) string {
		return string(smallFile(t, map[string]any{"post_processor": object{"type": "Sequence", "processors": steps}}))
	}
	for _, c := range []struct{ name, text, want string }{
		{"cut", good[:1000], "tokenizer.json: broken JSON in line 1, at byte 1000 of 1000: unexpected end of JSON input"},
		{"empty", "", "broken JSON in line 1, at byte 0 of 0"},
		{"cut in line 101", above + lines[100][:5], fmt.Sprintf("broken JSON in line 101, at byte %d of %[1]d", len(above)+5)},
		{"a stray character", above + "!" + lines[100], fmt.Sprintf("broken JSON in line 101, at byte %d of %d: invalid character '!'", len(above)+1, len(above)+1+len(lines[100]))},
		{"list", "[]", "tokenizer.json: not a JSON object"},
		{"text behind", good + "\n{}", fmt.Sprintf("broken JSON in line 2, at byte %d of %d: invalid character '{' after top-level value", len(good)+2, len(good)+3)},
		{"too deep", `{"truncation":` + strings.Repeat("[", 10000), "broken JSON in line 1, at byte 10014 of 10014: invalid character '[' exceeded max depth"},
		{"no UTF-8", above + "\xff", fmt.Sprintf("not valid UTF-8, as JSON has to be, at byte %d of %[1]d", len(above)+1)},
		{"half a character", good[:len(good)-1] + "\xe2\x82}", fmt.Sprintf("at byte %d of %d", len(good), len(good)+2)},
		{"an unknown field", strings.Replace(good, `"type":"BPE"`, `"type":"BPE","no\nfield":1`, 1), `the field "no\nfield" is not supported: it may change the ids`},
		{"type of a field", strings.Replace(good, `"type":"BPE"`, `"type":7`, 1), "model.type: unexpected number"},
		{"type of a detail", strings.Replace(good, `"id":259`, `"id":"x"`, 1), "added_tokens.id: unexpected string"},
		{"type of an id", strings.Replace(good, `"a":97`, `"a":"x"`, 1), `model.vocab: id of "a": unexpected string`},
		{"no id", strings.Replace(good, `"a":97`, `"a":null`, 1), `model.vocab: id of "a": unexpected null`},
		{"a long id", strings.Replace(good, `"a":97`, `"a":`+strings.Repeat("9", 500), 1), `model.vocab: id of "a": unexpected number 999`},
		{"no id of an added token", strings.Replace(good, `"id":259,`, ``, 1), `added_tokens: entry 0, "<|bos|>", has no id`},
		{"type of a merge", strings.Replace(good, `"h e"`, `{}`, 1), `model.merges: merge 0: unexpected object`},
		{"merge of three", strings.Replace(good, `"h e"`, "[\n\"h\",\n\"e\",\"\"]", 1), `model.merges: merge 0: neither "a b" nor ["a", "b"] with two tokens`},
		{"type in a processor", sequence(object{"type": "ByteLevel"}, object{"single": 7}), `post_processor.processors[1]: single: unexpected number`},
		{"field of a processor", sequence(object{"pear": 1}), `post_processor.processors[0]: the field "pear" is not supported`},
	} {
		_, err := Parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		checkError(t, err)
	}
}

// checkError holds an error to what a person can read.
func checkError(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 2500 || strings.Contains(err.Error(), " json: ") || strings.Contains(err.Error(), "Go ")) {
		t.Errorf("not a short line in the file's terms: %q", err)
	}
}
