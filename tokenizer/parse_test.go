package tokenizer

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func mustParse(t testing.TB, data []byte) *Tokenizer {
	t.Helper()
	tok, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestParseOwnFile(t *testing.T) {
	text := benchText(30000)
	for _, tok := range []*Tokenizer{Bytes(), goldenTokenizer(t), mustTrain(t, [][]byte{text}, 600)} {
		file := tok.AppendJSON(nil)
		again := mustParse(t, file)
		if !bytes.Equal(again.AppendJSON(nil), file) {
			t.Error("read and written again, the file is another")
		}
		if !slices.Equal(again.Encode(nil, text), tok.Encode(nil, text)) || !again.AddsBOS() || again.bos != tok.bos {
			t.Error("the tokenizer read is not the one written")
		}
		for id := range int32(tok.Vocab()) {
			if !bytes.Equal(again.Piece(id), tok.Piece(id)) || again.Special(id) != tok.Special(id) {
				t.Errorf("token %d: %q, was %q", id, again.Piece(id), tok.Piece(id))
			}
		}
	}
}

func TestMarshalJSON(t *testing.T) {
	data, err := json.Marshal(map[string]any{"tokenizer": Bytes()})
	if err != nil || !json.Valid(data) {
		t.Fatal(err)
	}
}

func TestConfigJSON(t *testing.T) {
	type config struct {
		Class  string  `json:"tokenizer_class"`
		BOS    *string `json:"bos_token"`
		Add    bool    `json:"add_bos_token"`
		Length int     `json:"model_max_length"`
	}
	var c config
	if err := json.Unmarshal(Bytes().ConfigJSON(128), &c); err != nil {
		t.Fatal(err)
	}
	if c.BOS == nil || *c.BOS != "<|bos|>" || !c.Add || c.Length != 128 || c.Class != "PreTrainedTokenizerFast" {
		t.Errorf("%+v", c)
	}
	none, err := Bytes().WithBOS(-1, false)
	if err != nil {
		t.Fatal(err)
	}
	c = config{}
	if err := json.Unmarshal(none.ConfigJSON(1), &c); err != nil || c.BOS != nil || c.Add {
		t.Errorf("%+v %v", c, err)
	}
}

// smallFile is a file with three merges that lets tests change one part. Keys are
// paths such as "model.vocab".
func smallFile(t testing.TB, changes map[string]any) []byte {
	t.Helper()
	var f map[string]any
	tok := mustTrain(t, [][]byte{[]byte("the the the")}, 260)
	if err := json.Unmarshal(tok.AppendJSON(nil), &f); err != nil {
		t.Fatal(err)
	}
	for path, v := range changes {
		at := f
		keys := strings.Split(path, ".")
		for _, k := range keys[:len(keys)-1] {
			at = at[k].(map[string]any)
		}
		if last := keys[len(keys)-1]; v == nil {
			delete(at, last)
		} else {
			at[last] = v
		}
	}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type object = map[string]any

// addedJSON is a special token of a file, textJSON one that stands for text.
func addedJSON(id int, content string) object {
	return object{"id": id, "content": content, "special": true}
}

func textJSON(id int, content string, flags ...string) object {
	a := object{"id": id, "content": content}
	for _, f := range flags {
		a[f] = true
	}
	return a
}

func TestParseRefuses(t *testing.T) {
	bos := addedJSON(259, "<|bos|>")
	for _, c := range []struct {
		want  string // in the error
		path  string
		value any
	}{
		{"normalizer \"NFC\"", "normalizer", object{"type": "NFC"}},
		{"pre_tokenizer null", "pre_tokenizer", nil},
		{"pre_tokenizer \"Sequence\"", "pre_tokenizer", object{"type": "Sequence", "pretokenizers": []any{}}},
		{"add_prefix_space", "pre_tokenizer.add_prefix_space", true},
		{"use_regex", "pre_tokenizer.use_regex", false},
		{"\"behavior\"", "pre_tokenizer.behavior", "Isolated"},
		{"decoder \"Fuse\"", "decoder", object{"type": "Fuse"}},
		{"post_processor \"RobertaProcessing\"", "post_processor", object{"type": "RobertaProcessing"}},
		{"post_processor.single", "post_processor.single", []any{object{"Sequence": object{"id": "A"}}, object{"SpecialToken": object{"id": "<|bos|>"}}}},
		{"post_processor.special_tokens", "post_processor.special_tokens", object{"<|bos|>": object{"id": "<|bos|>", "ids": []int{260}}}},
		{"post_processor.special_tokens", "post_processor.special_tokens", object{}},
		{"post_processor.special_tokens", "post_processor.special_tokens", object{"<|bos|>": object{"id": "<|bos|>", "ids": []any{nil}}}},
		{"post_processor.single", "post_processor.single", []any{object{"SpecialToken": object{"id": "<|bos|>"}, "Sequence": object{"id": "A"}}}},
		{"post_processor \"Sequence\"", "post_processor", object{"type": "Sequence", "processors": []any{object{"type": "Sequence", "processors": []any{}}}}},
		{"17 of them", "post_processor", object{"type": "Sequence", "processors": slices.Repeat([]any{object{"type": "ByteLevel"}}, 17)}},
		{"version \"2.0\"", "version", "2.0"},
		{"\"novelty\"", "novelty", 1},
		{"no model", "model", nil},
		{"model.type \"Unigram\"", "model.type", "Unigram"},
		{"model.dropout", "model.dropout", 0.1},
		{"continuing_subword_prefix", "model.continuing_subword_prefix", "##"},
		{"end_of_word_suffix", "model.end_of_word_suffix", "</w>"},
		{"byte_fallback", "model.byte_fallback", true},
		{"ignore_merges", "model.ignore_merges", true},
		{"model.vocab", "model.vocab", []any{}},
		{"model.vocab", "model.vocab.a", "1"},
		{"model.vocab", "model.vocab.a", 0.5},
		{"model.vocab", "model.vocab.a", int64(1) << 40},
		{"2147483647", "model.vocab.a", 1<<31 - 1},
		{"-1", "model.vocab.a", -1},
		{"\"b\" has the id 98", "model.vocab.a", 98},
		{"0 to 258", "model.vocab.a", nil},
		{"0 to 260", "model.vocab.zz", 261},
		{"byte alphabet", "model.vocab.灯", 260},
		{"byte alphabet", "model.vocab. ", 260},
		{"model.merges", "model.merges", object{}},
		{"merge 0", "model.merges", []any{"a"}},
		{"merge 1", "model.merges", []any{"t h", "a b c"}},
		{"merge 0", "model.merges", []any{[]string{"a"}}},
		{"merge 0", "model.merges", []any{1}},
		{"merge 0", "model.merges", []any{nil}},
		{"\"xy\" must be in the vocabulary", "model.merges", []any{"x y"}},
		{"\"none\"", "model.merges", []any{"none t"}},
		{"two ids", "added_tokens", []any{addedJSON(258, "<|bos|>")}},
		{"same id", "added_tokens", []any{bos, bos}},
		{"no content", "added_tokens", []any{bos, addedJSON(260, "")}},
		{"single_word", "added_tokens", []any{bos, textJSON(260, "x y", "single_word")}},
		{"0x61", "added_tokens", []any{bos, addedJSON(97, "a")}},
		{"added token \"he\"", "added_tokens", []any{bos, addedJSON(256, "he")}},
		{"2000000000", "added_tokens", []any{bos, addedJSON(2000000000, "x y")}},
	} {
		want := strings.ReplaceAll(c.want, "two ids", "has the ids 258 and 259")
		_, err := Parse(smallFile(t, map[string]any{c.path: c.value}))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s = %v: error %v, want one about %s", c.path, c.value, err, want)
		}
	}
}

func TestParseRefusesText(t *testing.T) {
	good := string(smallFile(t, nil))
	for name, text := range map[string]string{
		"empty": "", "null": "null", "list": "[]", "cut": good[:len(good)/2], "more": good + "{}",
		"twice": strings.Replace(good, `"a":97`, `"a":97,"a":97`, 1),
		"deep":  `{"model":` + strings.Repeat(`{"a":`, 100000),
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestParseVariants(t *testing.T) {
	text := []byte("the thematic that, the end")
	want := mustParse(t, smallFile(t, nil))
	for name, changes := range map[string]map[string]any{
		"array merges":   {"model.merges": [][]string{{"h", "e"}, {"t", "he"}, {"Ġ", "the"}}},
		"no version":     {"version": nil, "truncation": nil, "padding": nil, "normalizer": nil},
		"no decoder":     {"decoder": nil},
		"pre-tokenizer":  {"pre_tokenizer": object{"type": "ByteLevel"}},
		"no bool fields": {"model.fuse_unk": nil, "model.byte_fallback": nil, "model.ignore_merges": nil, "model.dropout": 0},
		// As in Hugging Face's library the last of two equal merges counts.
		"repeated merge": {"model.merges": []string{"t he", "h e", "t he", "Ġ the"}},
		"post-processors": {"post_processor": object{"type": "Sequence", "processors": []any{
			object{"type": "ByteLevel"}, object{"type": "TemplateProcessing",
				"single":         []any{object{"SpecialToken": object{"id": "<|bos|>", "type_id": 0}}, object{"Sequence": object{"id": "A", "type_id": 0}}},
				"special_tokens": object{"<|bos|>": object{"id": "<|bos|>", "ids": []int{259}, "tokens": []string{"<|bos|>"}}}}}}},
	} {
		got, err := Parse(smallFile(t, changes))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.Encode(nil, text), want.Encode(nil, text)) || got.bos != 259 || !got.AddsBOS() {
			t.Errorf("%s: %v, want %v", name, got.Encode(nil, text), want.Encode(nil, text))
		}
	}
}

func TestParseBOS(t *testing.T) {
	tok := mustParse(t, smallFile(t, map[string]any{"post_processor": nil}))
	if id, ok := tok.BOS(); id != 259 || !ok || tok.AddsBOS() {
		t.Errorf("without post-processor: BOS %d %t, added %t", id, ok, tok.AddsBOS())
	}
	tok = mustParse(t, smallFile(t, map[string]any{
		"post_processor": nil, "model.vocab.<|bos|>": nil, "added_tokens": []any{addedJSON(259, "<|endoftext|>")}}))
	if _, ok := tok.BOS(); ok {
		t.Error("<|endoftext|> was taken for BOS")
	}
}

// Tokens added to a vocabulary that stand for text are found before the text is
// cut: the leftmost, then the longest, those with normalized false in a first pass.
func TestAddedText(t *testing.T) {
	bos := addedJSON(259, "<|bos|>")
	tok := mustParse(t, smallFile(t, map[string]any{"added_tokens": []any{bos,
		textJSON(260, "  ", "normalized"), textJSON(261, "   ", "normalized"), textJSON(262, " x"), addedJSON(263, "<|end|>")}}))
	for text, want := range map[string][]int32{
		"a  b":     {'a', 260, 'b'},
		"     ":    {261, 260},
		"  x":      {' ', 262},
		" the  xx": {258, ' ', 262, 'x'},
		"<|end|>":  {'<', '|', 'e', 'n', 'd', '|', '>'},
	} {
		if got := tok.Encode(nil, []byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
		checkText(t, tok, []byte(text))
	}
	if again := mustParse(t, tok.AppendJSON(nil)); !bytes.Equal(again.AppendJSON(nil), tok.AppendJSON(nil)) {
		t.Error("added tokens are written differently")
	}
}

// The same vocabulary under other ids, written in any order.
func TestParseShuffledIDs(t *testing.T) {
	tok := goldenTokenizer(t)
	rng := rand.New(rand.NewPCG(8, 8))
	to := rng.Perm(tok.Vocab())
	var f map[string]any
	if err := json.Unmarshal(tok.AppendJSON(nil), &f); err != nil {
		t.Fatal(err)
	}
	vocab := f["model"].(object)["vocab"].(object)
	for name, id := range vocab {
		vocab[name] = to[int(id.(float64))]
	}
	bos := to[tok.bos]
	f["added_tokens"] = []any{addedJSON(bos, "<|bos|>")}
	f["post_processor"].(object)["special_tokens"].(object)["<|bos|>"].(object)["ids"] = []int{bos}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	shuffled := mustParse(t, data)
	for _, line := range corpusLines(t) {
		want := tok.Encode(nil, line)
		for i := range want {
			want[i] = int32(to[want[i]])
		}
		if got := shuffled.Encode(nil, line); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", line, got, want)
		}
		checkText(t, shuffled, line)
	}
}
