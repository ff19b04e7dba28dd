package train

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"xent/internal/corpus"
)

// corpusRef names a corpus in a checkpoint.
type corpusRef struct {
	Source     bool      `json:"source,omitempty"`
	Paths      []pathRef `json:"paths,omitempty"`
	TextField  string    `json:"text_field,omitempty"`
	StdinLines bool      `json:"stdin_lines,omitempty"`
	Hash       string    `json:"sha256,omitempty"` // of some of the source's stories
}

// A pathRef is a path that was read and what it held then.
type pathRef struct {
	Path filename `json:"path"`
	corpus.Content
}

// content is that of all paths together.
func (ref *corpusRef) content() (sum corpus.Content) {
	for _, p := range ref.Paths {
		sum = sum.Plus(p.Content)
	}
	return sum
}

// stdin reports whether the corpus came from standard input, or a part of it.
func (ref *corpusRef) stdin() bool {
	return slices.ContainsFunc(ref.Paths, func(p pathRef) bool { return p.Path == "-" })
}

// names returns the paths as they are opened.
func (ref *corpusRef) names() (names []string) {
	for _, p := range ref.Paths {
		names = append(names, string(p.Path))
	}
	return names
}

// at is the same corpus in other paths; none: where it is.
func (ref corpusRef) at(paths ...filename) corpusRef {
	if len(paths) > 0 {
		ref.Paths = nil
	}
	for _, path := range paths {
		ref.Paths = append(ref.Paths, pathRef{Path: path})
	}
	return ref
}

// lasting is the same corpus in paths that are found from anywhere.
func (ref corpusRef) lasting() corpusRef {
	ref.Paths = slices.Clone(ref.Paths)
	for i := range ref.Paths {
		p := &ref.Paths[i].Path
		if abs, err := filepath.Abs(string(*p)); err == nil && *p != "-" {
			*p = filename(abs)
		}
	}
	return ref
}

// A filename is a path in JSON, which cannot hold all of them as strings: one
// that is not UTF-8 becomes {"base64": …}.
type filename string

type encodedName struct {
	Base64 []byte `json:"base64"`
}

func (n filename) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(n)) {
		return json.Marshal(string(n))
	}
	return json.Marshal(encodedName{[]byte(n)})
}

func (n *filename) UnmarshalJSON(b []byte) error {
	var e encodedName
	if json.Unmarshal(b, &e) == nil {
		*n = filename(e.Base64)
		return nil
	}
	return json.Unmarshal(b, (*string)(n))
}

// filenames converts paths.
func filenames(paths []string) (names []filename) {
	for _, path := range paths {
		names = append(names, filename(path))
	}
	return names
}
