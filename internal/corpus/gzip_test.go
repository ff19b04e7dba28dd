package corpus

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
)

// TestGzipCut: two members, the second with all a header may have, end early
// wherever they are cut but between them.
func TestGzipCut(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(gz("one"))
	first := b.Len()
	w := gzip.NewWriter(&b)
	w.Name, w.Comment, w.Extra = "name", "comment", []byte("extra")
	io.WriteString(w, "two")
	w.Close()
	for at := 0; at <= b.Len(); at++ {
		want, says := "one", "the gzip data ends early"
		switch at {
		case first:
			says = ""
		case b.Len():
			want, says = "onetwo", ""
		}
		r, err := openGzip(iotest.OneByteReader(bytes.NewReader(b.Bytes()[:at])))
		var text []byte
		if err == nil {
			text, err = io.ReadAll(r)
		}
		if (err == nil) != (says == "") || err != nil && err.Error() != says || at >= first && !bytes.HasPrefix(text, []byte(want)) {
			t.Errorf("cut at %d of %d: %q and error %v, want %q and %q", at, b.Len(), text, err, want, says)
		}
		if err == nil || r == nil {
			continue
		}
		if n, again := r.Read(make([]byte, 9)); n > 0 || again == nil || again == io.EOF {
			t.Errorf("cut at %d: after the error, %d bytes and %v", at, n, again)
		}
	}
}
