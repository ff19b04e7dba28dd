package corpus

import (
	"context"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// due is what decompressing may allocate: a mebibyte and six times the input and
// the text it held, which windows and buffers that grow with them add up to.
func due(in int, text int64) uint64 { return 1<<20 + 6*(uint64(in)+uint64(text)) }

// hostile are compressed inputs of about 100 bytes that announce what they do
// not hold, or hold more than their size tells.
func hostile() map[string]string {
	raw := block(true, 0, 3) + "abc"
	rle := block(false, 1, 128<<10) + "a"
	blocks := func(n int) string { return strings.Repeat(rle, n) + block(true, 0, 0) }
	gzipHeader := func(flags byte) string { return gzipMagic + string([]byte{flags}) + "\x00\x00\x00\x00\x00\x03" }
	return map[string]string{
		"window of 128 MiB, 3 bytes.zst":     header(0, window(27)) + raw,
		"window of 128 MiB, cut.zst":         header(0, window(27)) + block(true, 0, 128<<10) + "abc",
		"window of 2 GiB.zst":                header(0, window(31)) + raw,
		"window of 3.75 TiB.zst":             header(0, 0xff) + raw,
		"size of 128 MiB, single.zst":        header(0xa0, little(128 << 20)[:4]...) + raw,
		"size of 128 MiB, window 2 MiB.zst":  header(0x80, append([]byte{window(21)}, little(128 << 20)[:4]...)...) + raw,
		"size of 16 EiB, single.zst":         header(0xe0, little(1<<64-1)...) + raw,
		"size of 16 EiB.zst":                 header(0xc0, append([]byte{window(10)}, little(1<<64-1)...)...) + raw,
		"repeated bytes.zst":                 header(0, window(27)) + blocks(20),
		"repeated bytes of 1 KiB.zst":        header(0, window(10)) + strings.Repeat(block(false, 1, 1<<10)+"a", 20) + raw,
		"repeated bytes, single.zst":         header(0xa0, little(128 << 20)[:4]...) + blocks(20),
		"blocks of nothing.zst":              header(0, window(27)) + strings.Repeat(block(false, 0, 0), 30) + raw,
		"compressed blocks of nothing.zst":   header(0, window(27)) + strings.Repeat(block(false, 2, 2)+"\x00\x00", 18) + raw,
		"literals repeated.zst":              header(0, window(27)) + strings.Repeat(block(false, 2, 5)+"\x0d\x00\x20a\x00", 10) + raw,
		"literals announced.zst":             header(0, window(27)) + block(true, 2, 8) + "\x0e\xff\xff\xff\xff\x00\x00\x00",
		"98,303 sequences announced.zst":     header(0, window(27)) + block(true, 2, 8) + "\x01a\xff\xff\xff\x00\x00\x00",
		"a block, then a long one.zst":       header(0, window(27)) + block(false, 2, 5) + "\x0d\x00\x20a\x00" + block(true, 2, 128<<10) + "abc",
		"short blocks.zst":                   header(0, window(27)) + block(false, 0, 3) + "abc" + block(false, 2, 5) + "\x0d\xf0\x1fa\x00" + block(true, 2, 128<<10) + "abc",
		"frames.zst":                         strings.Repeat(header(0, window(27))+block(true, 0, 0), 11),
		"frames of repeated bytes.zst":       strings.Repeat(header(0, window(27))+block(true, 1, 128<<10)+"a", 10),
		"skipping 4 GiB.zst":                 "\x50\x2a\x4d\x18\xff\xff\xff\xff" + strings.Repeat("a", 80),
		"skipping nothing.zst":               strings.Repeat("\x50\x2a\x4d\x18\x00\x00\x00\x00", 12),
		"dictionary.zst":                     header(3, append([]byte{window(27)}, "abcd"...)...) + raw,
		"name without end.gz":                gzipHeader(8) + strings.Repeat("n", 100),
		"comment without end.gz":             gzipHeader(16) + strings.Repeat("c", 100),
		"extra field of 64 KiB.gz":           gzipHeader(4) + "\xff\xff" + strings.Repeat("e", 80),
		"members of nothing.gz":              strings.Repeat(gzipHeader(0)+"\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", 5),
		"members with extra fields.gz":       strings.Repeat(gzipHeader(4)+"\x01\x00e\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", 4) + gzipHeader(4) + "\xff\xff",
		"a member, then an open name.gz":     gz("") + gzipHeader(8) + strings.Repeat("n", 60),
		"stored block of 64 KiB.gz":          gzipHeader(0) + "\x01\xff\xff\x00\x00abc",
		"stored blocks of nothing.gz":        gzipHeader(0) + strings.Repeat("\x00\x00\x00\xff\xff", 16),
		"a long run.gz":                      gz(strings.Repeat("\x00", 100<<10)),
		"a long run after another.zst":       zst(strings.Repeat("a", 1<<20)) + zst(strings.Repeat("b", 1<<20)),
		"a header field that is too long.gz": gzipHeader(0xff) + "\xff\xff",
	}
}

// read decompresses in, a file of this name or standard input, and returns how
// long its text was.
func read(name, in string, stdin bool) (int64, error) {
	var plain io.ReadCloser
	var err error
	if stdin {
		plain, err = decompressStream(strings.NewReader(in))
	} else {
		plain, _, err = decompress(strings.NewReader(in), name)
	}
	if err != nil {
		return 0, err
	}
	defer plain.Close()
	return io.Copy(io.Discard, struct{ io.Reader }{plain})
}

// TestCompressedMemory: .gz and .zst, named and on standard input, take memory
// for the text that they hold and not for the one that they announce.
func TestCompressedMemory(t *testing.T) {
	for name, in := range hostile() {
		for _, stdin := range []bool{false, true} {
			var text int64
			var err error
			n := allocated(func() { text, err = read(name, in, stdin) })
			if n > due(len(in), text) {
				t.Errorf("%s (stdin %t): %d bytes that hold %d (%v): %d allocated", name, stdin, len(in), text, err, n)
			}
			if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 200) {
				t.Errorf("%s: not one short line: %v", name, err)
			}
		}
	}
}

// TestLinesMemory: JSON lines take memory for their bytes.
func TestLinesMemory(t *testing.T) {
	for name, in := range map[string]string{
		"open lists":         strings.Repeat("[", 20000),
		"open objects":       strings.Repeat(`{"text":`, 20000),
		"open in a string":   `{"text":"` + strings.Repeat(`\u0041`, 20),
		"escapes":            `{"text":"` + strings.Repeat(`\ud83d\ude00`, 8) + `"}`,
		"fields of nothing":  `{` + strings.Repeat(`"":0,`, 20) + `"text":""}`,
		"a long field":       `{"` + strings.Repeat("a", 100_000) + `":1}`,
		"a long number":      strings.Repeat("1", 100_000),
		"NUL":                strings.Repeat("\x00", 100),
		"blank lines":        strings.Repeat("\n", 100),
		"lines of documents": strings.Repeat(`{"text":""}`+"\n", 9),
		"no UTF-8":           strings.Repeat("\xff", 100),
	} {
		var err error
		n := allocated(func() {
			_, err = Each(context.Background(), []string{"-"}, Options{Stdin: strings.NewReader(in), StdinLines: true}, func(Document) error { return nil })
		})
		if n > 1<<20+24*uint64(len(in)) {
			t.Errorf("%s: %d bytes (%v): %d allocated", name, len(in), err, n)
		}
		if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 200 || strings.Contains(err.Error(), "json: ")) {
			t.Errorf("%s: not one short line: %v", name, err)
		}
	}
}

// TestLongLine: one line of many megabytes, NULs and invalid UTF-8 are text.
func TestLongLine(t *testing.T) {
	text := strings.Repeat("no line end \x00\xff", 600_000)
	line := `{"text":"` + strings.Repeat("no line end \\u0000\\\"", 400_000) + `"}`
	dir := tree(t, map[string]string{"plain": text, "lines.jsonl": line, "packed.gz": gz(text), "packed.zst": zst(text), "lines.jsonl.zst": zst(line + "\n" + line)})
	want := map[string]string{"plain": text, "packed.gz": text, "packed.zst": text}
	for _, name := range []string{"lines.jsonl:1", "lines.jsonl.zst:1", "lines.jsonl.zst:2"} {
		want[name] = strings.Repeat("no line end \x00\"", 400_000)
	}
	var paths []string
	for _, name := range []string{"plain", "lines.jsonl", "packed.gz", "packed.zst", "lines.jsonl.zst"} {
		paths = append(paths, filepath.Join(dir, name))
	}
	_, err := Each(context.Background(), paths, Options{}, func(d Document) error {
		name := filepath.Base(d.Name)
		if string(d.Text) != want[name] {
			t.Errorf("%s: %d bytes of %d, or others", name, len(d.Text), len(want[name]))
		}
		delete(want, name)
		return nil
	})
	if err != nil || len(want) > 0 {
		t.Errorf("%d documents are missing (%v)", len(want), err)
	}
}
