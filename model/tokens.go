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

// readTokenizer reads the tokenizer of the folder dir and settles which token
// documents start with, as the package comment says.
func readTokenizer(dir string, c *config) (*tokenizer.Tokenizer, error) {
	path := filepath.Join(dir, tokenizerFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t, err := tokenizer.Parse(b)
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil { // without the file's name, which path repeats
			err = inner
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	path = filepath.Join(dir, settingsFile)
	b, err = os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		b, err = []byte("{}"), nil
	}
	if err != nil {
		return nil, err
	}
	t, err = declareBOS(t, b, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// declareBOS applies tokenizer_config.json and config.json to a tokenizer.
func declareBOS(t *tokenizer.Tokenizer, settings []byte, c *config) (*tokenizer.Tokenizer, error) {
	var s struct {
		Add *bool      `json:"add_bos_token"`
		BOS addedToken `json:"bos_token"`
	}
	if err := decodeJSON(settings, &s); err != nil {
		return nil, err
	}
	id, known := t.BOS()
	switch {
	case t.AddsBOS() && s.Add == nil:
		return t, nil // the post-processor has the token by its id
	case s.BOS.content != "":
		if id, known = t.ID(s.BOS.content); !known && value(s.Add, false) {
			return nil, fmt.Errorf("bos_token: %s has no token %q", tokenizerFile, s.BOS.content)
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

// An addedToken is a token's content: a string, or an object with more about it.
type addedToken struct{ content string }

func (a *addedToken) UnmarshalJSON(b []byte) error {
	var object struct {
		Content string `json:"content"`
	}
	if json.Unmarshal(b, &a.content) == nil {
		return nil
	}
	if err := json.Unmarshal(b, &object); err != nil {
		return errors.New("bos_token: neither a string nor an object with content")
	}
	a.content = object.Content
	return nil
}
