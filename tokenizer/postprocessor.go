package tokenizer

import (
	"errors"
	"fmt"
)

// bosNames are the names under which an added special token is taken for BOS when
// the post-processor names none. <|endoftext|> is not among them: whether it
// begins documents differs from model to model.
var bosNames = [...]string{bosContent, "<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>"}

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
	IDs    []*int32 `json:"ids"`
	Tokens []string `json:"tokens"`
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

// maxProcessors is the longest Sequence that is read.
const maxProcessors = 16

func (t *Tokenizer) post(p *component) error {
	if p == nil || p.Type != "Sequence" {
		return t.step(p)
	}
	if len(p.Processors) > maxProcessors {
		return fmt.Errorf("post_processor.processors: %d of them, %d are the most", len(p.Processors), maxProcessors)
	}
	for i, raw := range p.Processors {
		var step component
		if err := decodeStrict(raw, &step); err != nil {
			return fmt.Errorf("post_processor.processors[%d]: %w", i, unexpected(err))
		}
		if err := t.step(&step); err != nil {
			return err
		}
	}
	return nil
}

// step reads one post-processor that is not a Sequence.
func (t *Tokenizer) step(p *component) error {
	switch {
	case p == nil || p.Type == "ByteLevel": // which only moves offsets
		return nil
	case p.Type != "TemplateProcessing":
		return fmt.Errorf("post_processor %.60q is not supported: only ByteLevel, TemplateProcessing and a Sequence of them are", p.Type)
	}
	s := p.Single
	if len(s) == 1 && s[0].isSequence() {
		return nil
	}
	if t.adds || len(s) != 2 || s[0].SpecialToken == nil || s[0].Sequence != nil || !s[1].isSequence() {
		return errors.New("post_processor.single is not supported: only one special token before the text is")
	}
	name := s[0].SpecialToken.ID
	ids := p.SpecialTokens[name].IDs
	if len(ids) != 1 || ids[0] == nil || *ids[0] < 0 || int(*ids[0]) >= t.Vocab() {
		return fmt.Errorf("post_processor.special_tokens: %.60q must have one id of the vocabulary", name)
	}
	t.bos, t.adds = *ids[0], true
	return nil
}

// isSequence reports whether p stands for the text.
func (p templatePart) isSequence() bool { return p.Sequence != nil && p.SpecialToken == nil }
