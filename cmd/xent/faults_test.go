package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"

	"xent/internal/durable"
)

// A fault is something wrong that the program meets, by the name of its test. The
// test runs in a folder of its own; MODEL in args and want is a model in it, TINY
// one elsewhere that nothing changes.
type fault struct {
	name  string
	files map[string]string
	// damage changes the model.
	damage func(t *testing.T, model string)
	stdin  string
	args   string
	code   int
	want   string // in the message
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func zstandard(text string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

// counted is n bytes of a text that a compressor cannot make very short.
func counted(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d of a text, %x\n", i, uint32(i*i)*2654435761)
	}
	return b.String()[:n]
}

var corpusFaults = []fault{
	{name: "missing corpus", args: "train gone.txt --steps 1", code: 1, want: "gone.txt: no such file or directory"},
	{name: "empty corpus", files: map[string]string{"empty.txt": ""}, args: "train empty.txt --steps 1", code: 1, want: "empty.txt: nothing to learn from"},
	{name: "folder without text", files: map[string]string{"d/photo": "\xff\xd8\x00"}, args: "train d --steps 1", code: 1, want: "d: nothing to learn from: no text in it; passed over: 1 file that is no text (" + filepath.Join("d", "photo") + ")"},
	{name: "binary corpus", files: map[string]string{"photo.jpg": "\xff\xd8\xff\xe0\x00\x10JFIF"}, args: "train photo.jpg --steps 1", code: 1, want: "photo.jpg: a JPEG image, not text"},
	{name: "one byte", files: map[string]string{"one.txt": "x"}, args: "train one.txt --steps 1", code: 1, want: "one.txt: nothing can be held out"},
	{name: "shorter than a window", files: map[string]string{"short.txt": "A text of one line.\n"}, args: "train short.txt --steps 1", code: 1,
		want: "short.txt: 18 bytes to learn from, 14 tokens, do not fill one context of 128: give more text, or a smaller context"},
	{name: "no held-out part", files: map[string]string{"same.jsonl": strings.Repeat("{\"text\":\"the same every time\"}\n", 30)}, args: "train same.jsonl --steps 1", code: 1,
		want: "same.jsonl: nothing can be held out"},
	{name: "broken line", files: map[string]string{"c.jsonl": "{\"text\":\"good\"}\n{\"text\":\"bad\n"}, args: "train c.jsonl --steps 1", code: 1, want: "c.jsonl:2: broken JSON"},
	{name: "missing field", files: map[string]string{"c.jsonl": "{\"text\":\"good\"}\n{\"body\":\"bad\"}\n"}, args: "train c.jsonl --steps 1", code: 1, want: `c.jsonl:2: no field "text", only "body": name the one that holds the text by --text-field`},
	{name: "truncated gzip", files: map[string]string{"c.txt.gz": zipped(counted(9000))[:2000]}, args: "train c.txt.gz --steps 1", code: 1, want: "c.txt.gz: the gzip data ends early"},
	{name: "truncated zstd", files: map[string]string{"c.txt.zst": zstandard(counted(9000))[:2000]}, args: "train c.txt.zst --steps 1", code: 1, want: "c.txt.zst: the zstd data ends early"},
	{name: "standard input ends early", stdin: zipped(counted(9000))[:2000], args: "train - --steps 1", code: 1, want: "-: the gzip data ends early"},
	{name: "lines on standard input end early", stdin: "{\"text\":\"good\"}\n{\"tex", args: "train - --jsonl --steps 1", code: 1, want: "-:2: broken JSON"},
	{name: "empty standard input", args: "train - --steps 1", code: 1, want: "-: nothing to learn from"},
	{name: "unknown flag", args: "train --stepz 1", code: 2, want: "unknown flag: --stepz; did you mean --steps?"},
	{name: "folder holds another model", files: map[string]string{"c.txt": counted(9000)}, args: "train c.txt --steps 1 -o MODEL", code: 1, want: "MODEL exists already: give another folder, or resume the run in it"},
	{name: "no folder for the model", files: map[string]string{"c.txt": counted(9000)}, args: "train c.txt --steps 1 -o no/such/m", code: 1, want: "no/such/m cannot be made: no/such is not a folder"},
	{name: "nothing to resume", files: map[string]string{"m/config.json": "{}"}, args: "train --resume m", code: 1, want: "m holds no training state to resume"},
	{name: "evaluated text is missing", args: "eval MODEL gone.txt", code: 1, want: "gone.txt: no such file or directory"},
}

// inputFaults are about what is no text, and about names.
var inputFaults = []fault{
	{name: "gzip under another name", files: map[string]string{"c.txt": zipped(counted(900))}, args: "train c.txt --steps 1", code: 1, want: "c.txt: gzip data, not text: decompress it with gzip -d, or let its name end in .gz"},
	{name: "gzip as JSON lines", files: map[string]string{"c.jsonl": zipped(counted(900))}, args: "eval MODEL c.jsonl", code: 1, want: "c.jsonl: gzip data, not text: decompress it with gzip -d"},
	{name: "zstd under another name", files: map[string]string{"c.txt": zstandard(counted(900))}, args: "train c.txt --steps 1", code: 1, want: "c.txt: zstd data, not text: decompress it with zstd -d, or let its name end in .zst"},
	{name: "xz", files: map[string]string{"c.txt.xz": "\xfd7zXZ\x00\x00\x04"}, args: "train c.txt.xz --steps 1", code: 1, want: "c.txt.xz: xz data, not text: decompress it with xz -d"},
	{name: "zip on standard input", stdin: "PK\x03\x04\x14\x00", args: "train - --steps 1", code: 1, want: "-: a zip archive, as .docx, .odt and .epub are too, not text: unpack it, or save its text"},
	{name: "something behind gzip", files: map[string]string{"c.txt.gz": zipped(counted(900)) + "\x00\x00"}, args: "train c.txt.gz --steps 1", code: 1, want: "c.txt.gz: the gzip data is sound, but something else follows it"},
	{name: "relative path", files: map[string]string{"d/c.txt": ""}, args: "train ./d/../d --steps 1", code: 1, want: "xent: ./d/../d: nothing to learn from"},
	{name: "text in a relative folder", files: map[string]string{"d/c.txt.gz": zipped(counted(900))[:50]}, args: "train d/. --steps 1", code: 1, want: "c.txt.gz: the gzip data ends early"},
	{name: "name that moves the cursor", args: "train a\x1b[2Jb --steps 1", code: 1, want: `xent: a\x1b[2Jb: no such file or directory`},
	{name: "name too long for a result", args: "eval MODEL --text a -o " + strings.Repeat("n", 240), code: 1, want: "n: nothing can be written under this name of 240 bytes: file name too long"},
	{name: "name too long for a model", files: map[string]string{"c.txt": counted(9000)}, args: "train c.txt --steps 1 -o " + strings.Repeat("n", 240), code: 1, want: "n: nothing can be written under this name of 240 bytes: file name too long"},
	{name: "JSON lines that are not learnt from", files: map[string]string{"c.txt": "text"}, args: "train c.txt --jsonl", code: 2, want: "--jsonl is about standard input, which is not read"},
	{name: "field of the stories", args: "train --text-field body", code: 2, want: "--text-field is about JSON lines, which are not read"},
	{name: "JSON lines that are not read", files: map[string]string{"c.txt": "text"}, args: "eval MODEL c.txt --jsonl", code: 2, want: "--jsonl is about standard input, which is not read"},
	{name: "field of nothing", files: map[string]string{"c.txt": "text"}, args: "eval MODEL c.txt --text-field body", code: 2, want: "--text-field is about JSON lines, which are not read: names that end in .jsonl or .ndjson"},
	{name: "field of plain standard input", stdin: "text", args: "tokenize MODEL --text-field body", code: 2, want: "--text-field is about JSON lines, which are not read: --jsonl says that standard input holds some"},
	{name: "field of a string", args: "eval MODEL --text a --text-field body", code: 2, want: "--text-field is about JSON lines, which are not read"},
	{name: "field of ids", stdin: "[1]", args: "tokenize MODEL --decode --text-field body", code: 2, want: "--decode goes with none of --json, --limit, --jsonl and --text-field"},
}

// edit changes a file of a model.
func edit(name string, change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, model string) {
		path := filepath.Join(model, name)
		file(t, path, string(change([]byte(read(t, path)))))
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[(at+len(b))%len(b)] ^= 4
		return b
	}
}

func cutTo(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:min(n, len(b))] } }

func become(text string) func([]byte) []byte { return func([]byte) []byte { return []byte(text) } }

// otherVersion writes a checkpoint's version as another, keeping its length.
func otherVersion(b []byte) []byte {
	return regexp.MustCompile(`\{\\"version\\":\d`).ReplaceAll(b, []byte(`{\"version\":9`))
}

// header is a safetensors file's header alone.
func header(b []byte) []byte { return b[:8+binary.LittleEndian.Uint64(b)] }

var modelFaults = []fault{
	{name: "truncated weights", damage: edit("model.safetensors", cutTo(5000)), args: "eval MODEL --text a", code: 1, want: "MODEL/model.safetensors: truncated"},
	{name: "weights without tensors", damage: edit("model.safetensors", header), args: "eval MODEL --text a", code: 1, want: "MODEL/model.safetensors: truncated"},
	{name: "bit flipped in the weights", damage: edit("model.safetensors", flip(-1000)), args: "sample MODEL", code: 1, want: "MODEL/model.safetensors: "},
	{name: "empty weights", damage: edit("model.safetensors", become("")), args: "eval MODEL --text a", code: 1, want: "MODEL/model.safetensors: "},
	{name: "foreign weights", damage: edit("model.safetensors", become("GGUF\x03\x00\x00\x00"+strings.Repeat("\x00", 100))), args: "eval MODEL --text a", code: 1, want: "MODEL/model.safetensors: "},
	{name: "swapped weights", damage: edit("model.safetensors", func([]byte) []byte { return otherWeights() }), args: "eval MODEL --text a", code: 1, want: "MODEL/model.safetensors"},
	{name: "truncated configuration", damage: edit("config.json", cutTo(100)), args: "eval MODEL --text a", code: 1, want: "MODEL/config.json"},
	{name: "truncated tokenizer", damage: edit("tokenizer.json", cutTo(1000)), args: "eval MODEL --text a", code: 1, want: "MODEL/tokenizer.json"},
	{name: "truncated state", damage: edit("state/checkpoint", cutTo(5000)), args: "train --resume MODEL", code: 1, want: "MODEL/state/checkpoint: truncated"},
	{name: "bit flipped in the state", damage: edit("state/checkpoint", flip(-1000)), args: "train --resume MODEL", code: 1, want: "MODEL/state/checkpoint: damaged: its checksum differs"},
	{name: "bit flipped in the plan", damage: edit("state/checkpoint", flip(300)), args: "train --resume MODEL", code: 1, want: "MODEL/state/checkpoint: "},
	{name: "state of another version", damage: edit("state/checkpoint", otherVersion), args: "train --resume MODEL", code: 1, want: "MODEL/state/checkpoint: written by another version (state 9, this program reads 4)"},
	{name: "foreign state", damage: edit("state/checkpoint", become("<!DOCTYPE html>")), args: "train --resume MODEL", code: 1, want: "MODEL/state/checkpoint: "},
	{name: "another tokenizer", damage: edit("tokenizer.json", func(b []byte) []byte { return append(b, '\n') }), args: "train --resume MODEL", code: 1,
		want: "MODEL/tokenizer.json is not the tokenizer that the run in MODEL began with"},
	{name: "changed corpus", damage: func(t *testing.T, model string) {
		file(t, filepath.Join(filepath.Dir(model), "corpus.txt"), counted(9999))
	}, args: "train --resume MODEL", code: 1, want: "corpus.txt is not what the run in MODEL began with: it had 1 document of 9000 bytes and has 1 document of 9999 bytes; bring the old text back"},
	{name: "corpus is gone", damage: func(t *testing.T, model string) { os.Remove(filepath.Join(filepath.Dir(model), "corpus.txt")) },
		args: "train --resume MODEL", code: 1, want: "corpus.txt: no such file or directory; if what the run in MODEL learns from is elsewhere now, say where: xent train --resume MODEL FILE…"},
}

// otherWeights are those of a model of the same shape over another tokenizer.
func otherWeights() []byte {
	b, err := os.ReadFile(filepath.Join(tiny().dir, "model.safetensors"))
	if err != nil {
		panic(err)
	}
	return b
}

// unfinished makes a model in dir/m whose run failed before its end, and its
// corpus beside it.
func unfinished(t *testing.T, dir string) string {
	t.Helper()
	model, corpus := filepath.Join(dir, "m"), file(t, filepath.Join(dir, "corpus.txt"), counted(9000))
	saves := 0
	durable.TestHook = func(op durable.Op) error {
		if op.Kind == durable.OpRename && filepath.Base(op.To) == "checkpoint" && filepath.Base(filepath.Dir(op.To)) == "state" {
			saves++
		}
		if saves > 2 && op.Kind != durable.OpRemove {
			return syscall.ENOSPC
		}
		return nil
	}
	defer func() { durable.TestHook = nil }()
	r := call(t, "", append([]string{"train", corpus, "-o", model, "--steps", "6", "--checkpoint-every", "2", "--eval-every", "2"}, shape...)...)
	if r.code != exitFailed {
		t.Fatalf("code %d: %s", r.code, r.err)
	}
	return model
}

// snapshot is all that is below dir: names, and what files hold.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "lock" {
			all[path] = ""
			return err
		}
		all[path] = read(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFaults: each wrong input is one clear line with the right code, and
// changes nothing.
func TestFaults(t *testing.T) {
	tinyModel(t)
	for _, f := range slices.Concat(corpusFaults, inputFaults, modelFaults) {
		t.Run(f.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			for name, content := range f.files {
				if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
					t.Fatal(err)
				}
				file(t, name, content)
			}
			if strings.Contains(f.args, "MODEL") {
				unfinished(t, ".")
			}
			if f.damage != nil {
				f.damage(t, "m")
			}
			before := snapshot(t, dir)
			r := call(t, f.stdin, strings.Fields(strings.ReplaceAll(f.args, "MODEL", "m"))...)
			f.check(t, r)
			if after := snapshot(t, dir); !maps.Equal(before, after) {
				t.Errorf("the folder changed: %d files, then %d", len(before), len(after))
			}
		})
	}
}

// check holds what the program said to the fault.
func (f *fault) check(t *testing.T, r result) {
	t.Helper()
	want := strings.ReplaceAll(f.want, "MODEL", "m")
	lines := map[int]int{exitFailed: 1, exitUsage: 2}[f.code]
	if r.code != f.code || r.out != "" || !strings.HasPrefix(r.err, "xent: ") || !strings.Contains(r.err, want) || strings.Count(r.err, "\n") != lines {
		t.Errorf("code %d, want %d and %q\nstdout %q\nstderr %q", r.code, f.code, want, r.out, r.err)
	}
}
