package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strings"

	"xent/internal/corpus"
	"xent/measure"
	"xent/tokenizer"
)

// loadTexts reads the corpus of files.
func (d *dataset) loadTexts(ctx context.Context, stdin io.Reader, vocab int, beside string) (err error) {
	ref := &d.ref
	paths := ref.names()
	o := corpus.Options{TextField: ref.TextField, Stdin: stdin, StdinLines: ref.StdinLines, TextOnly: true}
	d.store, err = corpus.Load(ctx, paths, o, corpus.Room{Beside: beside, Memory: d.amounts.storeBytes})
	if err != nil {
		return err
	}
	ref.Paths = nil // the caller's
	for i, content := range d.store.Contents {
		ref.Paths = append(ref.Paths, pathRef{filename(paths[i]), content})
	}
	read := d.store.Report
	if read.Bytes == 0 {
		err := fmt.Errorf("%s: nothing to learn from: no text in it", joined(paths))
		if passed := read.PassedOver(); passed != "" {
			err = fmt.Errorf("%w; passed over: %s", err, passed)
		}
		return err
	}
	learn, held, err := d.store.Split()
	if err != nil {
		return err
	}
	if len(learn) == 0 || len(held) == 0 {
		return fmt.Errorf("%s: nothing can be held out: the texts are too short (bytes in all: %d), or all the same; give more text", joined(paths), read.Bytes)
	}
	d.learn = learn
	d.info = Corpus{
		Documents: len(learn), Bytes: totalLen(learn), HeldDocuments: len(held), HeldBytes: totalLen(held),
		OnDisk: d.store.OnDisk(), Skipped: read.Binary, PassedOver: read.PassedOver(),
	}
	if d.final, err = d.sample(held, d.amounts.finalBytes); err != nil {
		return err
	}
	if d.evaluated, err = d.sample(held, d.amounts.evaluatedBytes); err != nil {
		return err
	}
	return d.count(ctx, vocab)
}

// joined names paths in an error's one line.
func joined(paths []string) string {
	if n := len(paths); n > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(paths[:2], ", "), n-2)
	}
	return strings.Join(paths, ", ")
}

// enough refuses a corpus that does not fill a single window.
func (d *dataset) enough(context int) error {
	if d.ref.Source || d.info.Tokens >= int64(context)-1 {
		return nil
	}
	return fmt.Errorf("%s: %d bytes to learn from, %d tokens, do not fill one context of %d: give more text, or a smaller context",
		joined(d.ref.names()), d.info.Bytes, d.info.Tokens, context)
}

// count makes the tokenizer and the counts from all of the training part, or
// from what is spread over it.
func (d *dataset) count(ctx context.Context, vocab int) error {
	var failed error
	texts := d.texts(ctx, corpus.Spread(d.learn, corpus.Chunks(d.learn, chunkBytes), int64(d.amounts.sampleBytes)), &failed)
	if err := d.tokenizer(texts, vocab); err != nil || failed != nil {
		return errors.Join(failed, err)
	}
	if err := d.describe(ctx, texts); err != nil || failed != nil {
		return errors.Join(failed, err)
	}
	if d.info.CountedBytes < d.info.Bytes {
		d.info.Tokens = int64(float64(d.info.Tokens) / float64(d.info.CountedBytes) * float64(d.info.Bytes))
	}
	return nil
}

// texts yields the texts of chunks. It ends early when ctx does or reading fails.
func (d *dataset) texts(ctx context.Context, chunks []corpus.Chunk, failed *error) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		enough := errors.New("enough")
		for _, c := range chunks {
			err := d.store.Read(d.learn, c, func(text []byte, _ bool) error {
				if ctx.Err() != nil || !yield(text) {
					return enough
				}
				return nil
			})
			if err == enough {
				return
			}
			if err != nil {
				*failed = err
				return
			}
		}
	}
}

// sample returns about size bytes of the held-out texts, from all over them.
func (d *dataset) sample(held []corpus.Text, size int) (docs []measure.Document, err error) {
	sample, err := d.store.Sample(held, size)
	for _, doc := range sample {
		docs = append(docs, measure.Document{Name: doc.Name, Text: doc.Text})
	}
	return docs, err
}

func totalLen(texts []corpus.Text) (n int64) {
	for _, t := range texts {
		n += t.Len()
	}
	return n
}

// texts is a stream of windows of documents. Each epoch shows every token once,
// in windows cut at another place and in another order.
//
// Tokens are made as they are needed: an epoch goes through the chunks of the
// text in random order, a group of them at a time, and through the windows of a
// group in random order.
type texts struct {
	store   *corpus.Store
	learn   []corpus.Text
	chunks  []corpus.Chunk
	tok     *tokenizer.Tokenizer
	context int
	seed    uint64
	split   *splitter // nil: tokens stay whole

	at      cursor
	order   []int    // of the chunks, in epoch at.Epoch
	tokens  []int32  // of group at.Group
	windows []window // of group at.Group; none: not loaded
	whole   []int32  // tokens that may be split
}

// A chunk has some ten thousand tokens: a hundred windows of the default
// context. A group of 2 MB is shuffled as a whole, which is all there is of many a
// corpus.
const (
	chunkBytes  = 32 << 10
	groupChunks = 64
)

type window struct {
	lo, hi int32
	ends   bool // the document does, where the window does
}

func newTexts(store *corpus.Store, learn []corpus.Text, tok *tokenizer.Tokenizer, context int, seed uint64) *texts {
	return &texts{store: store, learn: learn, chunks: corpus.Chunks(learn, chunkBytes), tok: tok, context: context, seed: seed}
}

func (t *texts) groups() int { return (len(t.chunks) + groupChunks - 1) / groupChunks }

func (t *texts) peek() ([]int32, bool, error) {
	if t.windows != nil && t.at.Next == len(t.windows) {
		t.windows, t.at.Next = nil, 0
		if t.at.Group++; t.at.Group == t.groups() {
			t.order = nil
			t.at = cursor{Epoch: t.at.Epoch + 1}
		}
	}
	if err := t.load(); err != nil {
		return nil, false, err
	}
	w := t.windows[t.at.Next]
	return t.tokens[w.lo:w.hi], w.ends, nil
}

func (t *texts) advance() { t.at.Next++ }

func (t *texts) cursor() cursor { return t.at }

func (t *texts) seek(c cursor) error {
	if c.Group < 0 || c.Group >= t.groups() || c.Next < 0 {
		return errNoPlace
	}
	t.at, t.order, t.windows = c, nil, nil
	if err := t.load(); err != nil {
		return err
	}
	if c.Next > len(t.windows) {
		return errNoPlace
	}
	return nil
}

// load makes the tokens of group at.Group and lists their windows, unless that
// is done.
func (t *texts) load() error {
	if t.windows != nil {
		return nil
	}
	if t.order == nil {
		t.order = rand.New(rand.NewPCG(t.seed, t.at.Epoch)).Perm(len(t.chunks))
	}
	r := rand.New(rand.NewPCG(t.seed^uint64(t.at.Group+1)<<32, t.at.Epoch))
	t.tokens = t.tokens[:0]
	var windows []window
	lo := t.at.Group * groupChunks
	for _, i := range t.order[lo:min(lo+groupChunks, len(t.order))] {
		err := t.store.Read(t.learn, t.chunks[i], func(text []byte, ends bool) error {
			from := len(t.tokens)
			t.encode(text, r)
			windows = t.cut(windows, from, ends, r)
			return nil
		})
		if err != nil {
			return err
		}
	}
	r.Shuffle(len(windows), func(i, j int) { windows[i], windows[j] = windows[j], windows[i] })
	t.windows = windows
	return nil
}

// encode appends the tokens of text, some of them in parts.
func (t *texts) encode(text []byte, r *rand.Rand) {
	p := 0.0
	if t.split != nil {
		p = t.split.p(t.at.Epoch)
	}
	if p == 0 {
		t.tokens = t.tok.Encode(t.tokens, text)
		return
	}
	t.whole = t.tok.Encode(t.whole[:0], text)
	t.tokens = t.split.split(t.tokens, t.whole, p, r)
}

// cut appends windows of at most n = context − 1 tokens that cover the tokens
// behind from. Where there are more than n, the first window has a random length,
// from 1 to n.
func (t *texts) cut(windows []window, from int, ends bool, r *rand.Rand) []window {
	n, end := t.context-1, len(t.tokens)
	hi := end
	if end-from > n {
		hi = from + 1 + r.IntN(n)
	}
	for lo := from; lo < end; lo, hi = hi, min(hi+n, end) {
		windows = append(windows, window{int32(lo), int32(hi), ends && hi == end})
	}
	return windows
}
