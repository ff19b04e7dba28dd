package tokenizer

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// MarshalJSON returns what AppendJSON writes.
func (t *Tokenizer) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil), nil }

// AppendJSON appends the tokenizer as a tokenizer.json of Hugging Face's form:
// a byte-level BPE model, vocabulary in id order, merges in rank order, one entry
// a line, and a post-processor that adds BOS if AddsBOS. Equal tokenizers give
// equal bytes, and Parse reads them back. A BOS that is known but not added has no
// place in this file; see ConfigJSON.
func (t *Tokenizer) AppendJSON(dst []byte) []byte {
	dst = append(dst, "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  \"added_tokens\": ["...)
	for i, a := range t.added {
		dst = append(comma(dst, i), "\n    {\"id\": "...)
		dst = append(strconv.AppendInt(dst, int64(a.id), 10), ", \"content\": "...)
		dst = append(appendString(dst, a.content), ", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": "...)
		dst = append(strconv.AppendBool(dst, a.normalized), ", \"special\": "...)
		dst = append(strconv.AppendBool(dst, a.special), '}')
	}
	dst = append(closeList(dst, len(t.added), "  "), ",\n  \"normalizer\": null,\n  \"pre_tokenizer\": "...)
	dst = append(append(dst, byteLevel...), ",\n  \"post_processor\": "...)
	dst = append(append(dst, t.postProcessor()...), ",\n  \"decoder\": "...)
	dst = append(append(dst, byteLevel...), ",\n  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n"...)
	dst = append(dst, "    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n    \"fuse_unk\": false,\n"...)
	dst = append(dst, "    \"byte_fallback\": false,\n    \"ignore_merges\": false,\n    \"vocab\": {"...)
	names := t.names()
	for id, name := range names {
		dst = append(appendString(append(comma(dst, id), "\n      "...), name), ": "...)
		dst = strconv.AppendInt(dst, int64(id), 10)
	}
	dst = append(dst, "\n    },\n    \"merges\": ["...)
	for i, m := range t.merges {
		dst = append(comma(dst, i), "\n      "...)
		dst = appendString(dst, names[m.left]+" "+names[m.right])
	}
	return append(closeList(dst, len(t.merges), "    "), "\n  }\n}\n"...)
}

const byteLevel = `{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}`

// names returns every token as it is written in a vocabulary: bytes in GPT-2's
// alphabet, added tokens as they are.
func (t *Tokenizer) names() []string {
	names := make([]string, len(t.pieces))
	for id, p := range t.pieces {
		names[id] = string(appendAlphabet(nil, p))
	}
	for _, a := range t.added {
		names[a.id] = a.content
	}
	return names
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

// closeList ends a list of n lines; an empty one stays on its line.
func closeList(dst []byte, n int, indent string) []byte {
	if n > 0 {
		dst = append(append(dst, '\n'), indent...)
	}
	return append(dst, ']')
}

// postProcessor returns the declaration that texts start with BOS, or null.
func (t *Tokenizer) postProcessor() string {
	if !t.adds {
		return "null"
	}
	name := string(appendString(nil, t.names()[t.bos]))
	const sequence = `{"Sequence": {"id": "%s", "type_id": %d}}`
	bos := fmt.Sprintf(`{"SpecialToken": {"id": %s, "type_id": 0}}`, name)
	a, b := fmt.Sprintf(sequence, "A", 0), fmt.Sprintf(sequence, "B", 1)
	return fmt.Sprintf(`{
    "type": "TemplateProcessing",
    "single": [%s, %s],
    "pair": [%s, %s, %s],
    "special_tokens": {%s: {"id": %s, "ids": [%d], "tokens": [%s]}}
  }`, bos, a, bos, a, b, name, name, t.bos, name)
}

// ConfigJSON returns the tokenizer_config.json that goes with AppendJSON's file:
// the BOS by name, whether it is added, and the model's context in tokens.
func (t *Tokenizer) ConfigJSON(context int) []byte {
	name := "null"
	if t.bos >= 0 {
		name = string(appendString(nil, t.names()[t.bos]))
	}
	return fmt.Appendf(nil, `{
  "tokenizer_class": "PreTrainedTokenizerFast",
  "bos_token": %s,
  "add_bos_token": %t,
  "add_prefix_space": false,
  "clean_up_tokenization_spaces": false,
  "model_max_length": %d
}
`, name, t.adds, context)
}

// appendString appends s, valid UTF-8, as a JSON string that escapes only what
// must be, so that names like <|bos|> stay readable.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
