package corpus

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// tarred and zipped are archives of one file.
func tarred() string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "a.txt", Size: 4, Mode: 0o600})
	io.WriteString(w, "text")
	w.Close()
	return b.String()
}

func zipped() string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.Create("a.txt")
	io.WriteString(f, "text")
	w.Close()
	return b.String()
}

// skippable is a frame as pzstd writes it before every other.
const skippable = "\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"

// TestNoText: what people take for text is called by its name, in a file of any
// name and on standard input, and passed over in folders.
func TestNoText(t *testing.T) {
	for name, c := range map[string]struct{ in, says string }{
		"a.txt":        {gz("a text"), "gzip data, not text: decompress it with gzip -d, or let its name end in .gz"},
		"b.txt":        {zst("a text"), "zstd data, not text: decompress it with zstd -d, or let its name end in .zst"},
		"c.txt":        {skippable + zst("a text"), "zstd data, not text: decompress it with zstd -d, or let its name end in .zst"},
		"d.txt.gz":     {gz(gz("a text")), "gzip data, not text: decompress it with gzip -d"},
		"e.jsonl":      {gz(`{"text":"a"}`), "gzip data, not text: decompress it with gzip -d"},
		"f.jsonl":      {"\xff\xfe{\x00}\x00\n\x00", "UTF-16 text, not text: convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8"},
		"g.txt.xz":     {"\xfd7zXZ\x00\x00\x04", "xz data, not text: decompress it with xz -d"},
		"h.txt.bz2":    {"BZh91AY&SYabc", "bzip2 data, not text: decompress it with bzip2 -d"},
		"i.tar":        {tarred(), "a tar archive, not text: unpack it with tar -x and give the folder"},
		"j.tar.gz":     {gz(tarred()), "a tar archive, not text: unpack it with tar -x and give the folder"},
		"k.docx":       {zipped(), "a zip archive, as .docx, .odt and .epub are too, not text: unpack it, or save its text"},
		"l.pdf":        {"%PDF-1.7\n", "a PDF file, not text: extract its text, for example with pdftotext"},
		"m.txt":        {"\xff\xfea\x00", "UTF-16 text"},
		"n.txt":        {"\xfe\xff\x4e\x00", "UTF-16 text"},
		"o.txt":        {"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32 text"},
		"p":            {"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG image, not text"},
		"q":            {"a\x00", "byte 1 is NUL, so this is no text"},
		"r.parquet":    {"PAR1\x15\x04", "a Parquet file, not text: export it as JSON lines"},
		"s.jsonl.zst":  {zst(skippable), "zstd data, not text"},
		"\x50*M.txt":   {"P*M is text", ""},
		"t.txt":        {"%PDF", ""},
		"u.txt":        {"1AY&SY", ""},
		"v.txt":        {"", ""},
		"w.txt":        {"\xff\xd8 was Latin-1", ""},
		"stdin as tar": {tarred(), "a tar archive"},
	} {
		dir := tree(t, map[string]string{name: c.in})
		path := filepath.Join(dir, name)
		_, _, err := all([]string{path}, Options{TextOnly: true})
		check := func(where string, err error) {
			t.Helper()
			if (err == nil) != (c.says == "") || err != nil && !strings.HasPrefix(err.Error(), where+": "+c.says) {
				t.Errorf("%s: %v, want %q", where, err, c.says)
			}
		}
		check(path, err)
		lines := strings.Contains(name, "jsonl")
		if compressed := isSkippable([]byte(c.in)) || strings.HasPrefix(c.in, gzipMagic) || strings.HasPrefix(c.in, zstdMagic); !compressed {
			_, _, err = all([]string{"-"}, Options{TextOnly: true, StdinLines: lines, Stdin: iotest.OneByteReader(strings.NewReader(c.in))})
			check("-", err)
		}
		docs, report, err := all([]string{dir}, Options{})
		if want := c.says != ""; !lines && (err != nil || (len(report.Binary) == 1) != want || (len(docs) == 0) != want) {
			t.Errorf("a folder with %s: %v %+v %v", name, docs, report, err)
		}
		if docs, _, err := all([]string{path}, Options{}); !lines && (err != nil || len(docs) != 1) {
			t.Errorf("%s, whatever it holds: %v", name, err)
		}
	}
}

// TestTrailing: bytes behind sound data are called that, and not its end.
func TestTrailing(t *testing.T) {
	for _, c := range []struct{ in, says string }{
		{gz("text") + "x", "the gzip data is sound, but something else follows it"},
		{gz("text") + "\x00\x00\x00", "the gzip data is sound, but something else follows it"},
		{gz("text") + strings.Repeat("garbage", 9), "the gzip data is sound, but something else follows it"},
		{gz("text") + zst("text"), "the gzip data is sound, but something else follows it"},
		{gz("text") + "\x1f", "the gzip data ends early"},
		{gz("text") + gz("text")[:12], "the gzip data ends early"},
		{zst("text") + "x", "the zstd data is sound, but something else follows it"},
		{zst("text") + "\x00\x00", "the zstd data is sound, but something else follows it"},
		{skippable + "x", "the zstd data is sound, but something else follows it"},
		{zst("text") + gz("text"), "the zstd data is sound, but something else follows it"},
		{zst("text") + "\x28\xb5", "the zstd data ends early"},
		{zst("text") + skippable[:3], "the zstd data ends early"},
		{skippable + zst("text") + skippable + zst("text"), ""},
	} {
		_, _, err := all([]string{"-"}, Options{Stdin: iotest.HalfReader(strings.NewReader(c.in))})
		if (err == nil) != (c.says == "") || err != nil && !strings.HasPrefix(err.Error(), "-: "+c.says) {
			t.Errorf("%q: %v, want %q", c.in, err, c.says)
		}
	}
}

// TestPassedOver: a folder that gives nothing says why.
func TestPassedOver(t *testing.T) {
	dir := tree(t, map[string]string{
		"b/photo": "\xff\xd8\xff\x00", "b/run/xent.json": "{}", "b/.git/config": "x", "b/.hidden": "x",
		"c/photo": "\xff\xd8\xff\x00", "c/z.txt": "a\x00b", "d/a.txt": "text",
	})
	for name, want := range map[string]string{
		"b": "1 file that is no text (" + filepath.Join(dir, "b", "photo") + "), 2 names that begin with a dot, 1 model",
		"c": "2 files that are no text (the first is " + filepath.Join(dir, "c", "photo") + ")",
		"d": "",
	} {
		_, report, err := all([]string{filepath.Join(dir, name)}, Options{})
		if got := report.PassedOver(); err != nil || got != want {
			t.Errorf("%s: %q (%v), want %q", name, got, err, want)
		}
	}
}
