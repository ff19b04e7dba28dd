package tokenizer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// bosNames are the names under which an added special token is taken for BOS when
// the post-processor names none. <|endoftext|> is not among them: whether it
// begins documents differs from model to model.
var bosNames = [...]string{bosContent, "<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>"}

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
	ID         int32  `json:"id"`
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
	Processors     []component                `json:"processors"`
}

type templatePart struct {
	SpecialToken *templateRef `json:"SpecialToken"`
	Sequence     *templateRef `json:"Sequence"`
}

type templateRef struct {
	ID     string `json:"id"`
	TypeID int    `json:"type_id"`
}

type templateSpecial struct {
	ID     string   `json:"id"`
	IDs    []int32  `json:"ids"`
	Tokens []string `json:"tokens"`
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
	// What kind of file it is comes first: the strict reading below would stop at
	// whatever field of another kind it met.
	if err := checkKind(data); err != nil {
		return nil, err
	}
	var f file
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the end of the JSON object")
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
		return err
	}
	switch {
	case f.Model == nil:
		return errors.New("no model: this is not a tokenizer.json of Hugging Face's form")
	case f.Model.Type != "BPE":
		return fmt.Errorf("model.type %q is not supported: only BPE is", f.Model.Type)
	case f.Normalizer != nil:
		return fmt.Errorf("normalizer %q is not supported: only null is, since it would change the text's bytes", f.Normalizer.Type)
	case f.PreTokenizer == nil:
		return errors.New("pre_tokenizer null is not supported: only ByteLevel is")
	case f.PreTokenizer.Type != "ByteLevel":
		return fmt.Errorf("pre_tokenizer %q is not supported: only ByteLevel with GPT-2's pattern is", f.PreTokenizer.Type)
	case f.Decoder != nil && f.Decoder.Type != "ByteLevel":
		return fmt.Errorf("decoder %q is not supported: only ByteLevel is", f.Decoder.Type)
	}
	return nil
}

func (f *file) checkParts() error {
	if f.Version != "1.0" && f.Version != "" {
		return fmt.Errorf("version %q is not supported: only 1.0 is", f.Version)
	}
	if f.PreTokenizer.AddPrefixSpace {
		return errors.New("pre_tokenizer.add_prefix_space true is not supported: it would add a byte to the text")
	}
	if r := f.PreTokenizer.UseRegex; r != nil && !*r {
		return errors.New("pre_tokenizer.use_regex false is not supported")
	}
	for _, a := range f.AddedTokens {
		switch {
		case a.Content == "":
			return fmt.Errorf("added_tokens: token %d has no content", a.ID)
		case !a.Special && (a.SingleWord || a.LStrip || a.RStrip):
			return fmt.Errorf("added_tokens: token %q: single_word, lstrip and rstrip are not supported", a.Content)
		}
	}
	return nil
}

func (m *model) check() error {
	switch {
	case m.Dropout != nil && *m.Dropout != 0:
		return fmt.Errorf("model.dropout %g is not supported: ids would be random", *m.Dropout)
	case m.Prefix != "":
		return fmt.Errorf("model.continuing_subword_prefix %q is not supported", m.Prefix)
	case m.Suffix != "":
		return fmt.Errorf("model.end_of_word_suffix %q is not supported", m.Suffix)
	case m.ByteFallback:
		return errors.New("model.byte_fallback true is not supported")
	case m.IgnoreMerges:
		return errors.New("model.ignore_merges true is not supported")
	}
	return nil
}

// tokenizer puts vocabulary, added tokens and merges together.
func (f *file) tokenizer() (*Tokenizer, error) {
	ids := make(map[string]int32, len(f.Model.Vocab)+len(f.AddedTokens))
	for _, v := range f.Model.Vocab {
		if _, ok := ids[v.name]; ok {
			return nil, fmt.Errorf("model.vocab: %q appears twice", v.name)
		}
		ids[v.name] = v.id
	}
	added := make([]addedToken, 0, len(f.AddedTokens))
	for _, a := range f.AddedTokens {
		if id, ok := ids[a.Content]; ok && id != a.ID {
			return nil, fmt.Errorf("added_tokens: %q has the ids %d and %d", a.Content, a.ID, id)
		}
		ids[a.Content] = a.ID
		added = append(added, addedToken{a.ID, a.Content, a.Special, a.Normalized})
	}
	slices.SortFunc(added, func(a, b addedToken) int { return cmp.Compare(a.id, b.id) })
	pieces, err := piecesOf(ids, added)
	if err != nil {
		return nil, err
	}
	merges, err := f.Model.Merges.merges(ids)
	if err != nil {
		return nil, err
	}
	return build(pieces, merges, added)
}

// piecesOf returns the bytes of every token by id.
func piecesOf(ids map[string]int32, added []addedToken) ([][]byte, error) {
	pieces := make([][]byte, len(ids))
	for _, a := range added {
		if a.id < 0 || int(a.id) >= len(pieces) {
			return nil, idRange(a.content, a.id, len(pieces))
		}
		if pieces[a.id] != nil {
			return nil, fmt.Errorf("added_tokens: %q and %q have the same id %d, or one appears twice", pieces[a.id], a.content, a.id)
		}
		pieces[a.id] = []byte(a.content)
	}
	// In sorted order, so that the same file always gives the same error.
	names := make([]string, 0, len(ids))
	for name := range ids {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		id := ids[name]
		if id < 0 || int(id) >= len(pieces) {
			return nil, idRange(name, id, len(pieces))
		}
		if pieces[id] != nil {
			if string(pieces[id]) == name && isAddedID(added, id) {
				continue
			}
			return nil, fmt.Errorf("model.vocab: %q has the id %d, which another token has too", name, id)
		}
		p, ok := fromAlphabet(name)
		if !ok || len(p) == 0 {
			return nil, fmt.Errorf("model.vocab: %q is not written in GPT-2's byte alphabet", name)
		}
		pieces[id] = p
	}
	return pieces, nil
}

func isAddedID(added []addedToken, id int32) bool {
	_, ok := slices.BinarySearchFunc(added, id, func(a addedToken, id int32) int { return cmp.Compare(a.id, id) })
	return ok
}

func idRange(name string, id int32, n int) error {
	return fmt.Errorf("%q has the id %d, but %d tokens must have the ids 0 to %d", name, id, n, n-1)
}

// merges resolves the pairs of names. Of equal pairs the last counts, as in
// Hugging Face's library.
func (p pairs) merges(ids map[string]int32) ([]merge, error) {
	last := make(map[[2]int32]int, len(p))
	all := make([]merge, len(p))
	for i, pair := range p {
		left, ok := ids[pair[0]]
		right, ok2 := ids[pair[1]]
		id, ok3 := ids[pair[0]+pair[1]]
		if !ok || !ok2 || !ok3 {
			return nil, fmt.Errorf("model.merges: merge %d, %q + %q: both and %q must be in the vocabulary", i, pair[0], pair[1], pair[0]+pair[1])
		}
		all[i] = merge{left, right, id}
		last[[2]int32{left, right}] = i
	}
	kept := all[:0]
	for i, m := range all {
		if last[[2]int32{m.left, m.right}] == i {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

// declare reads what the post-processor puts before a text.
func (t *Tokenizer) declare(p *component) error {
	if err := t.post(p); err != nil || t.adds {
		return err
	}
	for _, name := range bosNames {
		for _, a := range t.added {
			if a.special && a.content == name {
				t.bos = a.id
				return nil
			}
		}
	}
	return nil
}

func (t *Tokenizer) post(p *component) error {
	switch {
	case p == nil || p.Type == "ByteLevel": // which only moves offsets
		return nil
	case p.Type == "Sequence":
		for i := range p.Processors {
			if err := t.post(&p.Processors[i]); err != nil {
				return err
			}
		}
		return nil
	case p.Type != "TemplateProcessing":
		return fmt.Errorf("post_processor %q is not supported: only ByteLevel, TemplateProcessing and a Sequence of them are", p.Type)
	}
	s := p.Single
	if len(s) == 1 && s[0].Sequence != nil {
		return nil
	}
	if t.adds || len(s) != 2 || s[0].SpecialToken == nil || s[1].Sequence == nil {
		return errors.New("post_processor.single is not supported: only one special token before the text is")
	}
	name := s[0].SpecialToken.ID
	ids := p.SpecialTokens[name].IDs
	if len(ids) != 1 || ids[0] < 0 || int(ids[0]) >= t.Vocab() {
		return fmt.Errorf("post_processor.special_tokens: %q must have one id of the vocabulary", name)
	}
	t.bos, t.adds = ids[0], true
	return nil
}

// A vocab is an object of names and ids in the file's order.
type vocab []vocabEntry

type vocabEntry struct {
	name string
	id   int32
}

func (v *vocab) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return cmp.Or(err, errors.New("model.vocab must be an object"))
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var id int32
		if err := dec.Decode(&id); err != nil {
			return fmt.Errorf("model.vocab: id of %q: %w", name, err)
		}
		*v = append(*v, vocabEntry{name.(string), id})
	}
	return nil
}

// pairs is a list of merges, each "a b" or ["a", "b"].
type pairs [][2]string

func (p *pairs) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('[') {
		return cmp.Or(err, errors.New("model.merges must be a list"))
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		pair, err := onePair(raw)
		if err != nil {
			return fmt.Errorf("model.merges: merge %d: %w", len(*p), err)
		}
		*p = append(*p, pair)
	}
	return nil
}

func onePair(raw json.RawMessage) (pair [2]string, err error) {
	var list []string
	if raw[0] == '[' {
		err = json.Unmarshal(raw, &list)
	} else {
		var s string
		err = json.Unmarshal(raw, &s)
		list = strings.Split(s, " ")
	}
	if err != nil {
		return pair, err
	}
	if len(list) != 2 || list[0] == "" || list[1] == "" {
		return pair, fmt.Errorf("%s is not two tokens", raw)
	}
	return [2]string(list), nil
}
