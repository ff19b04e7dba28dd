package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func gz(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func zst(s string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(w.EncodeAll([]byte(s), nil))
}

// tree writes files below a new folder and returns it.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listing renders documents as "name=text", names relative to dir.
func listing(docs []Document, dir string) []string {
	var list []string
	for _, d := range docs {
		name := strings.TrimPrefix(d.Name, dir+string(filepath.Separator))
		list = append(list, filepath.ToSlash(name)+"="+string(d.Text))
	}
	return list
}

// all returns every document at once.
func all(paths []string, o Options) (docs []Document, report Report, err error) {
	report, err = Each(context.Background(), paths, o, func(d Document) error {
		docs = append(docs, d)
		return nil
	})
	return docs, report, err
}

func TestFolder(t *testing.T) {
	dir := tree(t, map[string]string{
		"b.txt":         "crlf\r\nkept\xff",
		"a/2.txt":       "",
		"a/10.md":       "ten",
		"a.txt":         "\ufeffmark",
		"z.jsonl":       "{\"text\":\"one\"}\n\n{\"id\":1,\"text\":\"tw\\u00f6\\u0000\"}",
		"z2.ndjson.gz":  gz("{\"text\":\"packed\"}\r\n"),
		"z3.txt.zst":    zst("zstd text"),
		"z4.TXT.GZ":     gz("one") + gz("two"),
		"binary":        strings.Repeat("x", 10000) + "\x00",
		"binary.gz":     gz("\x00"),
		".hidden":       "no",
		".git/config":   "no",
		"a/.DS_Store":   "no",
		"b/c/d/e/f.txt": "deep",
	})
	want := []string{
		"a/10.md=ten", "a/2.txt=", "a.txt=\ufeffmark", "b/c/d/e/f.txt=deep", "b.txt=crlf\r\nkept\xff",
		"z.jsonl:1=one", "z.jsonl:3=twö\x00", "z2.ndjson.gz:1=packed", "z3.txt.zst=zstd text", "z4.TXT.GZ=onetwo",
	}
	for _, root := range []string{dir, dir + string(filepath.Separator)} {
		docs, report, err := all([]string{root}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := listing(docs, dir); !slices.Equal(got, want) {
			t.Errorf("read %q\nwant %q", got, want)
		}
		if len(report.Binary) != 2 || report.Documents != len(want) {
			t.Errorf("report %+v", report)
		}
	}
}

func TestLinks(t *testing.T) {
	dir := tree(t, map[string]string{"real/a.txt": "a", "other/b.txt": "b"})
	if err := os.Symlink(filepath.Join(dir, "other", "b.txt"), filepath.Join(dir, "real", "link.txt")); err != nil {
		t.Skip("this system makes no links:", err)
	}
	for name, target := range map[string]string{"real/loop": "real", "top": "real"} {
		if err := os.Symlink(filepath.Join(dir, target), filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	docs, _, err := all([]string{filepath.Join(dir, "top")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listing(docs, dir), []string{"top/a.txt=a", "top/link.txt=b"}; !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestNamedFilesAndStdin(t *testing.T) {
	dir := tree(t, map[string]string{".hidden": "read\x00", "empty": "", "big": strings.Repeat("0123456789", 100_000)})
	in := func(name string) string { return filepath.Join(dir, name) }
	docs, report, err := all([]string{in("empty"), "-", in(".hidden"), in("big")}, Options{Stdin: strings.NewReader("a\x00b")})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listing(docs[:3], dir), []string{"empty=", "-=a\x00b", ".hidden=read\x00"}; !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
	if len(docs[3].Text) != 1e6 || report.Bytes != 1e6+3+5 {
		t.Errorf("%d bytes of a million, %d in all", len(docs[3].Text), report.Bytes)
	}
	lines := Options{Stdin: strings.NewReader("{\"body\":\"x\"}\n{\"body\":\"\"}\n"), StdinLines: true, TextField: "body"}
	docs, _, err = all([]string{"-"}, lines)
	if got, want := listing(docs, dir), []string{"-:1=x", "-:2="}; err != nil || !slices.Equal(got, want) {
		t.Errorf("read %q (%v), want %q", got, err, want)
	}
}

// TestCompressedStdin: standard input is known by its first bytes, in whatever
// pieces they come.
func TestCompressedStdin(t *testing.T) {
	for _, c := range []struct {
		in    string
		lines bool
		want  []string // the documents
		says  string   // the error
	}{
		{in: gz("text"), want: []string{"-=text"}},
		{in: gz("one") + gz("two"), want: []string{"-=onetwo"}},
		{in: zst("text"), want: []string{"-=text"}},
		{in: gz("{\"text\":\"a\"}\n{\"text\":\"b\"}"), lines: true, want: []string{"-:1=a", "-:2=b"}},
		{in: zst("{\"text\":\"a\"}\n"), lines: true, want: []string{"-:1=a"}},
		{in: "", want: []string{"-="}},
		{in: "ab", want: []string{"-=ab"}},
		{in: "\x1f\x8b", want: []string{"-=\x1f\x8b"}},
		{in: "\x28\xb5\x2f", want: []string{"-=\x28\xb5\x2f"}},
		{in: gz(strings.Repeat("some text ", 1000))[:40], says: "-: the gzip data ends early"},
		{in: gz("text")[:5], says: "-: the gzip data ends early"},
		{in: zst(strings.Repeat("some text", 1000))[:20], says: "-: the zstd data ends early"},
		{in: gz("{\"text\":\"" + strings.Repeat("0 1 2 3 4 5 6 7 8 9 ", 5000) + "\"}")[:100], lines: true, says: "-:1: the gzip data ends early"},
	} {
		o := Options{Stdin: iotest.OneByteReader(strings.NewReader(c.in)), StdinLines: c.lines}
		docs, _, err := all([]string{"-"}, o)
		if got := listing(docs, ""); !slices.Equal(got, c.want) || (err == nil) != (c.says == "") || err != nil && err.Error() != c.says {
			t.Errorf("%q: read %q (%v), want %q", c.in, got, err, c.want)
		}
	}
	broken := errors.New("broken")
	_, _, err := all([]string{"-"}, Options{Stdin: iotest.ErrReader(broken)})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want the stream's", err)
	}
}

// TestStdinStreams: a JSON line is handed on before the next is there.
func TestStdinStreams(t *testing.T) {
	r, w := io.Pipe()
	next := make(chan string, 1)
	next <- "a"
	go func() {
		z := gzip.NewWriter(w)
		for text := range next {
			fmt.Fprintf(z, "{\"text\":%q}\n", text)
			z.Flush()
		}
		z.Close()
		w.Close()
	}()
	n := 0
	_, err := Each(context.Background(), []string{"-"}, Options{Stdin: r, StdinLines: true}, func(Document) error {
		if n++; n == 3 {
			close(next)
		} else {
			next <- "b"
		}
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("%d documents (%v)", n, err)
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	files := map[string]string{
		"broken.jsonl":    "{\"text\":\"ok\"}\n{\"text\":\n",
		"missing.jsonl":   "{\"text\":\"ok\"}\n\n{\"body\":1,\"id\":2}\n",
		"number.jsonl":    "{\"text\":7}",
		"null.jsonl":      "{\"text\":null}",
		"array.jsonl":     "[1]",
		"nothing.jsonl":   "null",
		"utf8.jsonl":      "{\"text\":\"\xff\"}",
		"cut.gz":          gz(strings.Repeat("some text ", 1000))[:40],
		"cut.zst":         zst(strings.Repeat("some text", 1000))[:20],
		"not.gz":          "plain text",
		"not.zst":         "plain text",
		"empty.gz":        "",
		"flipped.txt.gz":  strings.Replace(gz("aaaaaaaaaaaaaaaabbbb"), "\x03", "\x04", 1),
		"cut.jsonl.gz":    gz("{\"text\":\"" + strings.Repeat("0 1 2 3 4 5 6 7 8 9 ", 5000) + "\"}")[:100],
		"trailing.txt.gz": gz("text") + "more than a header",
	}
	want := map[string]string{
		"broken.jsonl": ":2: broken JSON", "missing.jsonl": `:3: no field "text", only "body", "id"`, "number.jsonl": `:1: field "text"`,
		"null.jsonl": `:1: field "text"`, "array.jsonl": ":1: not a JSON object", "nothing.jsonl": ":1: not a JSON object", "utf8.jsonl": ":1: not valid UTF-8",
		"cut.gz": "ends early", "cut.zst": "ends early", "not.gz": "broken gzip", "not.zst": "broken zstd", "empty.gz": "ends early",
		"flipped.txt.gz": "gzip data", "cut.jsonl.gz": ":1: the gzip data ends early", "trailing.txt.gz": "something else follows it", "absent": "",
	}
	dir := tree(t, files)
	for name, part := range want {
		path := filepath.Join(dir, name)
		_, _, err := all([]string{path}, Options{})
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want the path and %q", name, err, part)
		}
	}
	for _, o := range []Options{{}, {Stdin: strings.NewReader("x")}} {
		if _, _, err := all([]string{"-", "-"}, o); err == nil {
			t.Errorf("standard input %v: no error", o.Stdin)
		}
	}
}

// TestTextOnly: what is named is refused with the place of the NUL byte, however
// it is reached; in a folder it is passed over as ever.
func TestTextOnly(t *testing.T) {
	binary := strings.Repeat("x", 70_000) + "\x00y"
	dir := tree(t, map[string]string{"photo": binary, "photo.gz": gz(binary), "sub/photo": binary, "sub/text": "a text"})
	o := Options{TextOnly: true, Stdin: strings.NewReader(binary)}
	for _, path := range []string{filepath.Join(dir, "photo"), filepath.Join(dir, "photo.gz"), "-"} {
		if _, _, err := all([]string{path}, o); err == nil || !strings.HasPrefix(err.Error(), path+": byte 70000 is NUL") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if docs, report, err := all([]string{filepath.Join(dir, "sub")}, o); err != nil || len(docs) != 1 || len(report.Binary) != 1 {
		t.Errorf("a folder: %v %+v %v", docs, report, err)
	}
}

func TestStops(t *testing.T) {
	dir := tree(t, map[string]string{"a.jsonl": strings.Repeat("{\"text\":\"x\"}\n", 10)})
	stop := errors.New("enough")
	n := 0
	report, err := Each(context.Background(), []string{dir}, Options{}, func(Document) error {
		if n++; n == 3 {
			return stop
		}
		return nil
	})
	if err != stop || report.Documents != 3 {
		t.Errorf("stopped with %v after %d", err, report.Documents)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Each(ctx, []string{dir}, Options{}, func(Document) error { cancel(); return nil })
	if err != context.Canceled {
		t.Errorf("cancelled with %v", err)
	}
}

// TestModelsArePassedOver: who trains in the folder of the text does not learn
// from the model there, nor finds the corpus changed by it.
func TestModelsArePassedOver(t *testing.T) {
	dir := tree(t, map[string]string{"text": "a text", "run/xent.json": "{}", "run/tokenizer.json": "{}", "run/state/lock": "1", "other/config.json": "{}"})
	docs, _, err := all([]string{dir}, Options{})
	if err != nil || len(docs) != 2 || docs[1].Name != filepath.Join(dir, "text") {
		t.Errorf("%v, %v", docs, err)
	}
	if docs, _, err := all([]string{filepath.Join(dir, "run")}, Options{}); err != nil || len(docs) != 3 {
		t.Errorf("a model that is named itself: %v, %v", docs, err)
	}
}
