package tokenizer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

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
	*v = nil
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var id *int32
		if err := dec.Decode(&id); err != nil {
			return fmt.Errorf("model.vocab: id of %.60q: %w", name, unexpected(err))
		}
		if id == nil {
			return fmt.Errorf("model.vocab: id of %.60q: unexpected null", name)
		}
		*v = append(*v, vocabEntry{name.(string), *id})
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
	*p = nil
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		pair, err := onePair(raw)
		if err != nil {
			return fmt.Errorf("model.merges: merge %d: %w", len(*p), unexpected(err))
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
		return pair, errors.New(`neither "a b" nor ["a", "b"] with two tokens`)
	}
	return [2]string(list), nil
}

// tokenizer puts vocabulary, added tokens and merges together.
func (f *file) tokenizer() (*Tokenizer, error) {
	ids := make(map[string]int32, len(f.Model.Vocab)+len(f.AddedTokens))
	for _, v := range f.Model.Vocab {
		if _, ok := ids[v.name]; ok {
			return nil, fmt.Errorf("model.vocab: %.60q appears twice", v.name)
		}
		ids[v.name] = v.id
	}
	added := make([]addedToken, 0, len(f.AddedTokens))
	for _, a := range f.AddedTokens {
		if id, ok := ids[a.Content]; ok && id != *a.ID {
			return nil, fmt.Errorf("added_tokens: %.60q has the ids %d and %d", a.Content, *a.ID, id)
		}
		ids[a.Content] = *a.ID
		added = append(added, addedToken{*a.ID, a.Content, a.Special, a.Normalized})
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
			return nil, fmt.Errorf("added_tokens: %.60q and %.60q have the same id %d, or one appears twice", pieces[a.id], a.content, a.id)
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
			return nil, fmt.Errorf("model.vocab: %.60q has the id %d, which another token has too", name, id)
		}
		p, ok := fromAlphabet(name)
		if !ok || len(p) == 0 {
			return nil, fmt.Errorf("model.vocab: %.60q is not written in GPT-2's byte alphabet", name)
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
	return fmt.Errorf("%.60q has the id %d, but %d tokens must have the ids 0 to %d", name, id, n, n-1)
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
			return nil, fmt.Errorf("model.merges: merge %d, %.60q + %.60q: both and %.60q must be in the vocabulary", i, pair[0], pair[1], pair[0]+pair[1])
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
