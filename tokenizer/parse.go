package tokenizer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse reads a tokenizer.json of Hugging Face's form, if it is byte-level BPE
// with GPT-2's pattern: GPT-2 and its relatives, and what AppendJSON writes.
// Anything that would change the ids and is not supported here (a normalizer,
// another pattern, byte fallback, …) is an error that names the field; so is a
// vocabulary whose ids are not 0 … V−1, once each, or that lacks a byte.
// Truncation and padding are not applied. Memory is proportional to len(data).
//
// Added tokens that are not special are found in a text before anything else, as
// the file asks. BOS is the token that the post-processor puts before the text;
// otherwise, AddsBOS false, the special token with one of the usual names.
func Parse(data []byte) (*Tokenizer, error) {
	t, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	return t, nil
}

// A file is tokenizer.json. Unknown fields are refused.
type file struct {
	Version       string          `json:"version"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []fileAdded     `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  *component      `json:"pre_tokenizer"`
	PostProcessor *component      `json:"post_processor"`
	Decoder       *component      `json:"decoder"`
	Model         model           `json:"model"`
}

type fileAdded struct {
	ID         *int32 `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// A component is a pre-tokenizer, post-processor or decoder: the fields of the
// types supported here.
type component struct {
	Type           string                     `json:"type"`
	AddPrefixSpace bool                       `json:"add_prefix_space"`
	TrimOffsets    bool                       `json:"trim_offsets"`
	UseRegex       *bool                      `json:"use_regex"`
	Single         []templatePart             `json:"single"`
	Pair           json.RawMessage            `json:"pair"`
	SpecialTokens  map[string]templateSpecial `json:"special_tokens"`
	Processors     []json.RawMessage          `json:"processors"` // read where they count: see post
}

type model struct {
	Type         string   `json:"type"`
	Dropout      *float64 `json:"dropout"`
	UnkToken     *string  `json:"unk_token"`
	Prefix       string   `json:"continuing_subword_prefix"`
	Suffix       string   `json:"end_of_word_suffix"`
	FuseUnk      bool     `json:"fuse_unk"`
	ByteFallback bool     `json:"byte_fallback"`
	IgnoreMerges bool     `json:"ignore_merges"`
	Vocab        vocab    `json:"vocab"`
	Merges       pairs    `json:"merges"`
}

func parse(data []byte) (*Tokenizer, error) {
	if at := invalidUTF8(data); at >= 0 {
		return nil, fmt.Errorf("not valid UTF-8, as JSON has to be, at byte %d of %d", at+1, len(data))
	}
	// What kind of file it is comes first: the strict reading below would stop at
	// whatever field of another kind it met.
	if err := checkKind(data); err != nil {
		return nil, err
	}
	var f file
	if err := decodeStrict(data, &f); err != nil {
		return nil, located(data, err)
	}
	if err := cmp.Or(f.checkParts(), f.Model.check()); err != nil {
		return nil, err
	}
	t, err := f.tokenizer()
	if err != nil {
		return nil, err
	}
	return t, t.declare(f.PostProcessor)
}

// invalidUTF8 returns where data stops being valid UTF-8, or −1. encoding/json
// would read U+FFFD in its place, and tokens would have other bytes.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
}

// decodeStrict decodes data, one JSON value, and refuses unknown fields.
func decodeStrict(data []byte, to any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(to)
}

// located is encoding/json's err with its place in data, in the file's terms.
// These files are often one long line, so the byte is named too.
func located(data []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at := min(max(int(syntax.Offset), 0), len(data))
		line := bytes.Count(data[:at], []byte("\n")) + 1
		return fmt.Errorf("broken JSON in line %d, at byte %d of %d: %w", line, at, len(data), err)
	}
	return unexpected(err)
}

// unexpected is err without Go's names where it is about a value's type or a
// field.
func unexpected(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fmt.Errorf("%s: unexpected %.40s", wrong.Field, wrong.Value)
	case errors.As(err, &wrong):
		return fmt.Errorf("unexpected %.40s", wrong.Value)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok { // an error without a type
		return fmt.Errorf("the field %.60s is not supported: it may change the ids", name)
	}
	return err
}

// checkKind refuses models, normalizers and pre-tokenizers of other types.
func checkKind(data []byte) error {
	type typed struct {
		Type string `json:"type"`
	}
	var f struct {
		Normalizer   *typed `json:"normalizer"`
		PreTokenizer *typed `json:"pre_tokenizer"`
		Decoder      *typed `json:"decoder"`
		Model        *typed `json:"model"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field == "" {
			return errors.New("not a JSON object")
		}
		return located(data, err)
	}
	switch {
	case f.Model == nil:
		return errors.New("no model: this is not a tokenizer.json of Hugging Face's form")
	case f.Model.Type != "BPE":
		return fmt.Errorf("model.type %.60q is not supported: only BPE is", f.Model.Type)
	case f.Normalizer != nil:
		return fmt.Errorf("normalizer %.60q is not supported: only null is, since it would change the text's bytes", f.Normalizer.Type)
	case f.PreTokenizer == nil:
		return errors.New("pre_tokenizer null is not supported: only ByteLevel is")
	case f.PreTokenizer.Type != "ByteLevel":
		return fmt.Errorf("pre_tokenizer %.60q is not supported: only ByteLevel with GPT-2's pattern is", f.PreTokenizer.Type)
	case f.Decoder != nil && f.Decoder.Type != "ByteLevel":
		return fmt.Errorf("decoder %.60q is not supported: only ByteLevel is", f.Decoder.Type)
	}
	return nil
}

func (f *file) checkParts() error {
	if f.Version != "1.0" && f.Version != "" {
		return fmt.Errorf("version %.60q is not supported: only 1.0 is", f.Version)
	}
	if f.PreTokenizer.AddPrefixSpace {
		return errors.New("pre_tokenizer.add_prefix_space true is not supported: it would add a byte to the text")
	}
	if r := f.PreTokenizer.UseRegex; r != nil && !*r {
		return errors.New("pre_tokenizer.use_regex false is not supported")
	}
	for i, a := range f.AddedTokens {
		switch {
		case a.ID == nil:
			return fmt.Errorf("added_tokens: entry %d, %.60q, has no id", i, a.Content)
		case a.Content == "":
			return fmt.Errorf("added_tokens: token %d has no content", *a.ID)
		case !a.Special && (a.SingleWord || a.LStrip || a.RStrip):
			return fmt.Errorf("added_tokens: token %.60q: single_word, lstrip and rstrip are not supported", a.Content)
		}
	}
	return nil
}

func (m *model) check() error {
	switch {
	case m.Dropout != nil && *m.Dropout != 0:
		return fmt.Errorf("model.dropout %g is not supported: ids would be random", *m.Dropout)
	case m.Prefix != "":
		return fmt.Errorf("model.continuing_subword_prefix %.60q is not supported", m.Prefix)
	case m.Suffix != "":
		return fmt.Errorf("model.end_of_word_suffix %.60q is not supported", m.Suffix)
	case m.ByteFallback:
		return errors.New("model.byte_fallback true is not supported")
	case m.IgnoreMerges:
		return errors.New("model.ignore_merges true is not supported")
	}
	return nil
}
