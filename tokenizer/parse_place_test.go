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
	for _, c := range []struct{ name, text, want string }{
		{"cut", good[:1000], "tokenizer.json: broken JSON in line 1, at byte 1000 of 1000: unexpected end of JSON input"},
		{"empty", "", "broken JSON in line 1, at byte 0 of 0"},
		{"cut in line 101", above + lines[100][:5], fmt.Sprintf("broken JSON in line 101, at byte %d of %[1]d", len(above)+5)},
		{"a stray character", above + "!" + lines[100], fmt.Sprintf("broken JSON in line 101, at byte %d of %d: invalid character '!'", len(above)+1, len(above)+1+len(lines[100]))},
		{"list", "[]", "unexpected array"},
		{"type of a field", strings.Replace(good, `"type":"BPE"`, `"type":7`, 1), "model.type: unexpected number"},
		{"type of a detail", strings.Replace(good, `"id":259`, `"id":"x"`, 1), "added_tokens.id: unexpected string"},
		{"type of an id", strings.Replace(good, `"a":97`, `"a":"x"`, 1), `model.vocab: id of "a": unexpected string`},
		{"type of a merge", strings.Replace(good, `"h e"`, `{}`, 1), `: unexpected object`},
	} {
		_, err := Parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}
