package corpus

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"slices"
)

// A Store holds the documents of a corpus to be read in any order and as often
// as wanted, as they were when it was made. Beyond Room.Memory they lie in a
// file without a name. Its methods may not be called concurrently.
//
// Texts stand in an order that depends on their bytes alone, not on the order or
// the names of the files they came from.
type Store struct {
	Report   Report
	Contents []Content // of each path, in the order of the paths
	spool    spool
	texts    []Text // that are not empty, by ascending SHA-256
	buf      []byte // what was read last
}

// Room says where a Store may keep its bytes.
type Room struct {
	// Beside is a path: what the memory shall not hold lies beside it, in a
	// durable.Scratch.
	Beside string
	Memory int // how many bytes the memory shall hold
}

// A Text is a document in a Store, or a part of one.
type Text struct {
	at     int64
	signed int64  // length in bytes, negative if it is Cut: there may be millions
	hash   uint64 // the first bits of the whole document's SHA-256
}

// Len returns the text's length in bytes.
func (t Text) Len() int64 { return max(t.signed, -t.signed) }

// Cut reports whether the document goes on behind the text, so that its end
// ends no document.
func (t Text) Cut() bool { return t.signed < 0 }

// Load reads what Each reads into a Store, which the caller closes. Less than
// a megabyte is in memory beside what room grants and some 50 bytes a document,
// but one JSON line is held as a whole.
func Load(ctx context.Context, paths []string, o Options, room Room) (*Store, error) {
	l := loader{Store: &Store{spool: spool{room: room}}, hash: sha256.New(), copying: make([]byte, 1<<16)}
	r := newReader(ctx, o, &l)
	for _, path := range paths {
		before := r.report
		l.sum = Sum{}
		if err := r.path(path); err != nil {
			l.Close()
			return nil, err
		}
		l.Contents = append(l.Contents, Content{r.report.Documents - before.Documents, r.report.Bytes - before.Bytes, l.sum})
	}
	if err := l.finish(r.report); err != nil {
		l.Close()
		return nil, err
	}
	return l.Store, nil
}

// Close gives back what the Store took. Texts cannot be read any more.
func (s *Store) Close() error { return s.spool.close() }

// Texts returns all documents that are not empty, for who holds none out, until
// Split has parted them.
func (s *Store) Texts() []Text { return s.texts }

// OnDisk returns how many bytes are kept on the disk.
func (s *Store) OnDisk() int64 { return s.spool.written }

// read returns size bytes of t from the offset from on, valid until the next
// call.
func (s *Store) read(t Text, from, size int64) ([]byte, error) {
	if size > int64(cap(s.buf)) && s.spool.file != nil {
		s.buf = make([]byte, size)
	}
	return s.spool.view(s.buf, t.at+from, size)
}

// A loader fills a Store.
type loader struct {
	*Store
	hash    hash.Hash
	copying []byte
	sum     Sum // of the present path
}

func (l *loader) whole(d Document) error {
	at := l.spool.size()
	l.hash.Reset()
	l.hash.Write(d.Text)
	if _, err := l.spool.Write(d.Text); err != nil {
		return err
	}
	l.add(at)
	return nil
}

func (l *loader) stream(_ string, in io.Reader, _ int64) (int64, error) {
	at := l.spool.size()
	l.hash.Reset()
	// The structs hide methods by which io.CopyBuffer would go around the buffer.
	if _, err := io.CopyBuffer(io.MultiWriter(l.hash, &l.spool), struct{ io.Reader }{in}, l.copying); err != nil {
		return 0, cmp.Or(l.spool.truncate(at), err)
	}
	return l.add(at), nil
}

// add enters the document that begins at at and whose hash is complete, and
// returns its length.
func (l *loader) add(at int64) int64 {
	var digest [sha256.Size]byte
	l.hash.Sum(digest[:0])
	l.sum = l.sum.plus(sumOf(&digest))
	size := l.spool.size() - at
	if size > 0 {
		l.texts = append(l.texts, Text{at: at, signed: size, hash: binary.BigEndian.Uint64(digest[:])})
	}
	return size
}

// finish makes the Store ready to be read.
func (l *loader) finish(r Report) error {
	l.Report = r
	slices.SortFunc(l.texts, func(a, b Text) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at)) })
	return l.spool.seal()
}
