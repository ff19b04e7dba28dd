package train

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math"

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
// long, or too much memory.
type amounts struct {
	// What the tokenizer is trained on, and the counts.
	sampleStories, sampleBytes int
	// What is measured, at each evaluation and at the end.
	evaluatedStories, finalStories int
	evaluatedBytes, finalBytes     int // of the held-out part of a text
	// What of a text is kept in memory; more lies on the disk.
	storeBytes int
}

var usualAmounts = amounts{
	sampleStories: 6000, evaluatedStories: 80, finalStories: 1000,
	sampleBytes: 16 << 20, evaluatedBytes: 24 << 10, finalBytes: 1 << 20, storeBytes: 64 << 20,
}

// A dataset is a corpus made ready: a tokenizer, a stream of sequences, and
// texts to be measured on.
type dataset struct {
	ref       corpusRef
	amounts   amounts
	info      Corpus
	tok       *tokenizer.Tokenizer
	bos       int32
	store     *corpus.Store      // nil for the source
	learn     []corpus.Text      // the training part
	evaluated []measure.Document // during the run
	final     []measure.Document // at its end
	trueNats  []float64          // of final, where the source knows them
	entropy   float64            // of the source, nats a story
}

// load reads a corpus and trains a tokenizer of at most vocab tokens on its
// training part, or takes tok where that is not nil. What does not fit the memory
// lies beside that path until the dataset is closed.
func load(ctx context.Context, ref corpusRef, o *Options, vocab int, seed uint64, tok *tokenizer.Tokenizer, beside string) (*dataset, error) {
	d := &dataset{ref: ref, tok: tok, amounts: cmp.Or(o.amounts, usualAmounts)}
	var err error
	if ref.Source {
		err = d.loadStories(ctx, vocab, seed)
	} else {
		err = d.loadTexts(ctx, o.Stdin, vocab, beside)
	}
	if err = cmp.Or(ctx.Err(), err); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// close gives back what load took.
func (d *dataset) close() {
	if d.store != nil {
		d.store.Close()
	}
}

func (d *dataset) loadStories(ctx context.Context, vocab int, seed uint64) error {
	src := source.Stories()
	sample := func(yield func([]byte) bool) {
		for i := range uint64(d.amounts.sampleStories) {
			// The stream's own first stories: they are the training part.
			if text, _ := src.Story(seed^learnSeed, i); ctx.Err() != nil || !yield(text) {
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
	return d.describe(ctx, sample)
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

// describe completes info from training texts: counts and baselines. When ctx
// ends, learnt does, and the rest is left out.
func (d *dataset) describe(ctx context.Context, learnt iter.Seq[[]byte]) error {
	var held [][]byte
	for _, doc := range d.final {
		held = append(held, doc.Text)
	}
	d.info.MeasuredDocuments, d.info.MeasuredBytes = len(d.final), totalBytes(d.final)
	d.info.EvaluatedBytes = totalBytes(d.evaluated)
	counts := baseline.NewCounts(d.tok.Vocab(), d.bos)
	var ids []int32
	for text := range learnt {
		ids = d.tok.Encode(ids[:0], text)
		d.info.Tokens += int64(len(ids))
		d.info.CountedBytes += int64(len(text))
		if err := counts.Add(ids); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.addBaseline("gzip -9", float64(baseline.Gzip(held...)))
	d.addBaseline("zstd (best)", float64(baseline.Zstd(held...)))
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
		d.addBaseline(m.name, bits)
	}
	return nil
}

func (d *dataset) addBaseline(name string, bits float64) {
	d.info.Baselines = append(d.info.Baselines, Baseline{name, bits / float64(d.info.MeasuredBytes)})
}

func totalBytes(docs []measure.Document) (n int64) {
	for _, doc := range docs {
		n += int64(len(doc.Text))
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
	return hexDigest(d.tok.AppendJSON(nil))
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

// stream returns the training sequences from their beginning, of texts with tokens split
// by split unless that is nil.
func (d *dataset) stream(context int, seed uint64, split *splitter) stream {
	if d.ref.Source {
		return &stories{source: source.Stories(), tok: d.tok, context: context, seed: seed ^ learnSeed}
	}
	t := newTexts(d.store, d.learn, d.tok, context, seed)
	t.split = split
	return t
}
