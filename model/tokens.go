package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"xent/tokenizer"
)

// OpenTokenizer reads the tokenizer of the folder dir as [Open] does, without
// the weights: the folder may hold a model that Open refuses, or none, in which
// case config.json may be absent.
func OpenTokenizer(dir string) (*tokenizer.Tokenizer, error) {
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	var c config
	path := filepath.Join(dir, configFile)
	b, err := os.ReadFile(path)
	if err == nil {
		if err := decodeJSON(b, &c); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	t, _, err := readTokenizer(dir, &c)
	return t, err
}

// readTokenizer reads the tokenizer of the folder dir and settles which token
// documents start with, as the package comment says, and which ends a text.
func readTokenizer(dir string, c *config) (t *tokenizer.Tokenizer, eos *int32, err error) {
	path := filepath.Join(dir, tokenizerFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	t, err = tokenizer.Parse(b)
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil { // without the file's name, which path repeats
			err = inner
		}
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	path = filepath.Join(dir, settingsFile)
	b, err = os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		b, err = []byte("{}"), nil
	}
	if err != nil {
		return nil, nil, err
	}
	if t, err = declareBOS(t, b, c); err == nil {
		eos, err = endOfText(t, b, c)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, eos, nil
}

// endOfText returns the token that ends a text: eos_token of
// tokenizer_config.json, else eos_token_id of config.json, which must be one
// number: of several nothing says which one ends a text rather than a turn of a
// conversation. It is nil where there is none.
func endOfText(t *tokenizer.Tokenizer, settings []byte, c *config) (*int32, error) {
	var s struct {
		EOS json.RawMessage `json:"eos_token"`
	}
	if err := decodeJSON(settings, &s); err != nil {
		return nil, err
	}
	name, err := tokenContent("eos_token", s.EOS)
	if err != nil {
		return nil, err
	}
	if id, ok := t.ID(name); ok && name != "" {
		return &id, nil
	}
	var id *int32
	if json.Unmarshal(c.EOS, &id) != nil || id == nil || *id < 0 || int(*id) >= t.Vocab() {
		return nil, nil
	}
	return id, nil
}

// declareBOS applies tokenizer_config.json and config.json to a tokenizer.
func declareBOS(t *tokenizer.Tokenizer, settings []byte, c *config) (*tokenizer.Tokenizer, error) {
	var s struct {
		Add *bool           `json:"add_bos_token"`
		BOS json.RawMessage `json:"bos_token"`
	}
	if err := decodeJSON(settings, &s); err != nil {
		return nil, err
	}
	name, err := tokenContent("bos_token", s.BOS)
	if err != nil {
		return nil, err
	}
	id, known := t.BOS()
	switch {
	case t.AddsBOS() && s.Add == nil:
		return t, nil // the post-processor has the token by its id
	case name != "":
		if id, known = t.ID(name); !known && value(s.Add, false) {
			return nil, fmt.Errorf("bos_token: %s has no token %.60q", tokenizerFile, name)
		}
	case !known && c.BOS != nil && *c.BOS >= 0 && int(*c.BOS) < t.Vocab():
		id, known = *c.BOS, true
	}
	switch add := value(s.Add, t.AddsBOS()); {
	case known:
		return t.WithBOS(id, add)
	case add:
		return nil, errors.New("add_bos_token is true, and neither it nor another file names a bos_token")
	}
	return t, nil
}

// tokenContent returns the content of the token that a field names: the field is
// a string, or an object with more about the token. It is "" for none.
func tokenContent(field string, raw json.RawMessage) (string, error) {
	if !isSet(raw) {
		return "", nil
	}
	var content string
	if json.Unmarshal(raw, &content) == nil {
		return content, nil
	}
	var object struct {
		Content string `json:"content"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return "", fmt.Errorf("%s: neither a string nor an object with content", field)
	}
	return object.Content, nil
}
