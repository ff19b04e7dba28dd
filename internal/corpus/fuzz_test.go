package corpus

import (
	"bytes"
	stdgzip "compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// digest is the length and the hash of what r gives, up to most bytes.
func digest(r io.Reader, buf []byte, most int64) (n int64, sum [sha256.Size]byte, err error) {
	h := sha256.New()
	n, err = io.CopyBuffer(struct{ io.Writer }{h}, io.LimitReader(r, most), buf)
	h.Sum(sum[:0])
	return n, sum, err
}

// checkDecoder compares a decoder of this package, which must keep within its
// memory, to another of the same format: they must give the same text and agree
// on whether the input is sound.
func checkDecoder(t *testing.T, in []byte, size int, open func(io.Reader) (io.ReadCloser, error), other func(io.Reader) (io.Reader, error)) {
	const most = 1 << 20
	buf := make([]byte, 500+size&0xfffff)
	var n int64
	var sum [sha256.Size]byte
	var err error
	used := allocated(func() {
		var r io.ReadCloser
		if r, err = open(bytes.NewReader(in)); err == nil {
			n, sum, err = digest(r, buf, most)
			r.Close()
		}
	})
	if used > due(len(in), n) {
		t.Errorf("%d bytes that hold %d (%v): %d allocated", len(in), n, err, used)
	}
	if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 200) {
		t.Errorf("not one short line: %v", err)
	}
	var wantN int64
	var want [sha256.Size]byte
	if errors.Is(err, gzip.ErrHeader) {
		return // the standard library does not mind reserved flags
	}
	r, wrong := other(bytes.NewReader(in))
	if wrong == nil {
		wantN, want, wrong = digest(r, buf, most)
	}
	if (err == nil) != (wrong == nil) || err == nil && (n != wantN || sum != want) {
		t.Errorf("%d bytes of text (%v), another decoder has %d (%v)", n, err, wantN, wrong)
	}
}

// FuzzZstd compares to the library's decoder, which takes a window at once.
func FuzzZstd(f *testing.F) {
	for name, in := range hostile() {
		if strings.HasSuffix(name, ".zst") {
			f.Add([]byte(in), 1000)
		}
	}
	text := []byte("a small text that says a small text twice, and once more a small text. ")
	for i, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedBestCompression} {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(i == 0), zstd.WithSingleSegment(i == 0))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(w.EncodeAll(text, nil), 7)
		f.Add(announce(w.EncodeAll(bytes.Repeat(text, 5000), nil), 27), 1<<20)
		f.Add(w.EncodeAll(farText(2000, 1000), nil), 50)
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		if len(in) == 0 {
			return // which only the library takes for no text
		}
		checkDecoder(t, in, size, openZstd, func(r io.Reader) (io.Reader, error) { return d, d.Reset(struct{ io.Reader }{r}) })
	})
}

// FuzzGzip compares to the standard library.
func FuzzGzip(f *testing.F) {
	for name, in := range hostile() {
		if strings.HasSuffix(name, ".gz") {
			f.Add([]byte(in), 1000)
		}
	}
	f.Add([]byte(gz("a small text")+gz("and another")), 7)
	f.Add([]byte(gz(string(farText(2000, 1000)))), 1<<20)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		checkDecoder(t, in, size, openGzip, func(r io.Reader) (io.Reader, error) { return stdgzip.NewReader(r) })
	})
}

// FuzzLines holds JSON lines to their definition: the documents before the
// first wrong line, and an error that names it.
func FuzzLines(f *testing.F) {
	for _, in := range []string{
		"{\"text\":\"a\"}\n{\"text\":\"\\ud800\"}", "\n \n{\"text\":\"\"}\n", "\ufeff{\"text\":\"\\u0000\x00\"}\r\n", "{\"text\":\"a\",\"text\":\"b\"}",
		"{\"text\":null}", "[{\"text\":\"a\"}]", "{\"a\":{\"text\":\"b\"},\"Text\":\"c\"}", strings.Repeat("[", 10001), "{\"text\":\"\xff\"}",
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var docs []Document
		var err error
		n := allocated(func() {
			_, err = Each(context.Background(), []string{"-"}, Options{Stdin: bytes.NewReader(b), StdinLines: true}, func(d Document) error {
				docs = append(docs, d)
				return nil
			})
		})
		if n > 1<<20+100*uint64(len(b)) {
			t.Errorf("%d bytes: %d allocated", len(b), n)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 4000 || strings.Contains(err.Error(), "json: ")) {
			t.Errorf("not one short line: %q", err)
		}
		if magic := decompressed(b); magic {
			return
		}
		for i, line := range bytes.Split(b, []byte("\n")) {
			if i == 0 {
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
			}
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			place := fmt.Sprintf("-:%d", i+1)
			var object map[string]any
			text, ok := "", utf8.Valid(line) && json.Unmarshal(line, &object) == nil
			if ok {
				text, ok = object["text"].(string)
			}
			if !ok {
				if err == nil || !strings.HasPrefix(err.Error(), place+": ") {
					t.Errorf("error %v, want one of %s", err, place)
				}
				return
			}
			if len(docs) == 0 || docs[0].Name != place || string(docs[0].Text) != text {
				t.Fatalf("no document %s %q in %v (%v)", place, text, docs, err)
			}
			docs = docs[1:]
		}
		if err != nil || len(docs) > 0 {
			t.Errorf("%d documents too many (%v)", len(docs), err)
		}
	})
}

// decompressed reports whether standard input of this beginning is not plain.
func decompressed(b []byte) bool {
	return bytes.HasPrefix(b, []byte(gzipMagic)) || bytes.HasPrefix(b, []byte(zstdMagic)) || isSkippable(b)
}
