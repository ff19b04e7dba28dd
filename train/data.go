package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"

	"xent/internal/baseline"
	"xent/internal/corpus"
	"xent/internal/source"
	"xent/measure"
	"xent/tokenizer"
)

// The stories to learn from and those to be measured on are drawn apart, and
// apart from what `xent source` writes for small seeds. All runs are measured on
// the same stories.
const (
	learnSeed = 0x6c6561726e << 24 // exclusive or with the run's seed
	heldSeed  = 0x68656c64 << 32
)

// amounts say how much text stands for a corpus where all of it would take too
// long.
type amounts struct {
	sampleStories int // train the tokenizer and the counts
	// What is measured, at each evaluation and at the end.
	evaluatedStories, finalStories int
	evaluatedBytes, finalBytes     int // of the held-out part of a text
}

var usualAmounts = amounts{sampleStories: 6000, evaluatedStories: 80, finalStories: 1000, evaluatedBytes: 24 << 10, finalBytes: 1 << 20}

// corpusRef names a corpus in a checkpoint.
type corpusRef struct {
	Source    bool     `json:"source,omitempty"`
	Paths     []string `json:"paths,omitempty"`
	TextField string   `json:"text_field,omitempty"`
	Hash      string   `json:"sha256,omitempty"`
}

// A dataset is a corpus made ready: a tokenizer, token streams, and texts to
// be measured on.
type dataset struct {
	ref       corpusRef
	amounts   amounts
	info      Corpus
	tok       *tokenizer.Tokenizer
	bos       int32
	docs      []document         // the training part; nil for the source
	evaluated []measure.Document // during the run
	final     []measure.Document // at its end
	trueNats  []float64          // of final, where the source knows them
	entropy   float64            // of the source, nats a story
}

// load reads a corpus and trains a tokenizer of at most vocab tokens on its
// training part, or takes tok where that is not nil.
func load(ctx context.Context, ref corpusRef, o *Options, vocab int, seed uint64, tok *tokenizer.Tokenizer) (*dataset, error) {
	d := &dataset{ref: ref, tok: tok, amounts: or(o.amounts, usualAmounts)}
	if ref.Source {
		return d, d.loadStories(vocab, seed)
	}
	return d, d.loadTexts(ctx, o.Stdin, vocab)
}

func (d *dataset) loadStories(vocab int, seed uint64) error {
	src := source.Stories()
	sample := func(yield func([]byte) bool) {
		for i := range uint64(d.amounts.sampleStories) {
			// The stream's own first stories: they are the training part.
			if text, _ := src.Story(seed^learnSeed, i); !yield(text) {
				return
			}
		}
	}
	if err := d.tokenizer(sample, vocab); err != nil {
		return err
	}
	for i := range uint64(d.amounts.finalStories) {
		text, nats := src.Story(heldSeed, i)
		d.final = append(d.final, measure.Document{Name: fmt.Sprintf("story %d", i), Text: text})
		d.trueNats = append(d.trueNats, nats)
	}
	d.evaluated, d.entropy = d.final[:d.amounts.evaluatedStories], src.Entropy()
	d.info.HeldDocuments, d.info.HeldBytes = len(d.final), totalBytes(d.final)
	d.ref.Hash = hashDocuments(d.evaluated) // tells whether the grammar is still the same
	d.info.Source, d.info.Floor = true, src.Entropy()/src.Bytes()/math.Ln2
	return d.describe(func(yield func([]int32) bool) {
		for text := range sample {
			if !yield(d.tok.Encode(nil, text)) {
				return
			}
		}
	})
}

func (d *dataset) loadTexts(ctx context.Context, stdin io.Reader, vocab int) error {
	docs, read, err := corpus.Read(ctx, d.ref.Paths, corpus.Options{TextField: d.ref.TextField, Stdin: stdin})
	if err != nil {
		return err
	}
	if d.ref.Hash = corpus.Hash(docs); read.Bytes == 0 {
		return fmt.Errorf("nothing to learn from: no text in %q", d.ref.Paths)
	}
	learn, held := corpus.Split(docs)
	if len(learn) == 0 || len(held) == 0 {
		return fmt.Errorf("nothing can be held out of %d bytes in %q: the texts are too short, or all the same; give more text", read.Bytes, d.ref.Paths)
	}
	texts := func(yield func([]byte) bool) {
		for _, doc := range learn {
			if !yield(doc.Text) {
				return
			}
		}
	}
	if err := d.tokenizer(texts, vocab); err != nil {
		return err
	}
	d.info = Corpus{Documents: len(learn), HeldDocuments: len(held), Skipped: read.Binary}
	for _, doc := range held {
		d.info.HeldBytes += len(doc.Text)
	}
	for _, doc := range learn {
		d.info.Bytes += len(doc.Text)
		d.docs = append(d.docs, document{slices.Clip(d.tok.Encode(nil, doc.Text)), !doc.Cut})
	}
	d.final, d.evaluated = sample(held, d.amounts.finalBytes), sample(held, d.amounts.evaluatedBytes)
	return d.describe(func(yield func([]int32) bool) {
		for _, doc := range d.docs {
			if !yield(doc.tokens) {
				return
			}
		}
	})
}

func (d *dataset) tokenizer(texts iter.Seq[[]byte], vocab int) (err error) {
	if d.tok == nil {
		if d.tok, err = tokenizer.Train(texts, tokenizer.Options{Vocab: vocab}); err != nil {
			return err
		}
	}
	bos, ok := d.tok.BOS()
	if d.bos = bos; !ok {
		return errors.New("the model's tokenizer has no BOS")
	}
	return nil
}

// describe completes info from the training tokens: counts and baselines.
func (d *dataset) describe(learnt iter.Seq[[]int32]) error {
	var held [][]byte
	for _, doc := range d.final {
		held = append(held, doc.Text)
	}
	d.info.MeasuredDocuments, d.info.MeasuredBytes = len(d.final), totalBytes(d.final)
	d.info.EvaluatedBytes = totalBytes(d.evaluated)
	counts := baseline.NewCounts(d.tok.Vocab(), d.bos)
	for ids := range learnt {
		d.info.Tokens += len(ids)
		if err := counts.Add(ids); err != nil {
			return err
		}
	}
	d.add("gzip -9", float64(baseline.Gzip(held...)))
	d.add("zstd (best)", float64(baseline.Zstd(held...)))
	encoded := func(yield func([]int32) bool) {
		for _, text := range held {
			if !yield(d.tok.Encode(nil, text)) {
				return
			}
		}
	}
	for _, m := range []struct {
		name  string
		model baseline.Model
	}{{"token counts", counts.Unigram()}, {"bigram counts", counts.Bigram()}} {
		bits, err := baseline.Bits(m.model, d.bos, encoded)
		if err != nil {
			return err
		}
		d.add(m.name, bits)
	}
	return nil
}

func (d *dataset) add(name string, bits float64) {
	d.info.Baselines = append(d.info.Baselines, Baseline{name, bits / float64(d.info.MeasuredBytes)})
}

func totalBytes(docs []measure.Document) (n int) {
	for _, doc := range docs {
		n += len(doc.Text)
	}
	return n
}

func hashDocuments(docs []measure.Document) string {
	h := sha256.New()
	for _, doc := range docs {
		h.Write(doc.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// tokenizerHash identifies the tokenizer by the file that holds it.
func (d *dataset) tokenizerHash() string {
	sum := sha256.Sum256(d.tok.AppendJSON(nil))
	return hex.EncodeToString(sum[:])
}

// excess is how many nats a model pays for the first stories above the true
// ones, as a share of these; NaN for a text.
func (d *dataset) excess(res measure.Result) float64 {
	if d.trueNats == nil {
		return math.NaN()
	}
	floor := 0.0
	for _, nats := range d.trueNats[:len(res.Documents)] {
		floor += nats
	}
	return float64(res.Total.Nats)/floor - 1
}

// stream returns the training sequences from their beginning.
func (d *dataset) stream(context int, seed uint64) stream {
	if d.ref.Source {
		return &stories{source: source.Stories(), tok: d.tok, context: context, seed: seed ^ learnSeed}
	}
	return newTexts(d.docs, context, seed)
}

// sample returns about size bytes of the held-out documents, from all over
// them. The texts are copies, so that the corpus itself need not stay in memory.
func sample(held []corpus.Document, size int) (docs []measure.Document) {
	for _, doc := range corpus.Sample(held, size) {
		docs = append(docs, measure.Document{Name: doc.Name, Text: doc.Text})
	}
	return docs
}
