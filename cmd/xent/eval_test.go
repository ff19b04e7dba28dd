package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"xent/model"
)

const (
	summaryNames = `tokens missing_tokens bytes bytes_missing bytes_total characters words nats bits nats_per_token perplexity bits_per_byte
		bits_per_character word_perplexity accuracy_top1 accuracy_top5 entropy_per_token`
	totalNames = summaryNames + ` documents tokens_processed seconds tokens_processed_per_second tokens_scored_per_second`
)

func evaluate(t *testing.T, stdin string, args ...string) map[string]any {
	t.Helper()
	return decoded(t, must(t, stdin, append([]string{"eval", tinyModel(t), "--json"}, args...)...))
}

// awkward are texts that lose bytes where bytes can be lost.
var awkward = []string{"", "x", "\x00", "a\r\nb\r\n", "\r", "🙂", "naïve café 🙂👩‍👩‍👧 done", "\xff\xfe\x80 bad \xc3(", "\ufeffmark", "tail \xf0\x9f",
	" \t\n ", "<|bos|>", "an old crab and a shy hedgehog told stories\n"}

func awkwardFiles(t *testing.T) (paths []string) {
	dir := t.TempDir()
	for i, text := range awkward {
		paths = append(paths, file(t, filepath.Join(dir, fmt.Sprintf("%02d.txt", i)), text))
	}
	return paths
}

func TestEvalJSON(t *testing.T) {
	dir := tinyModel(t)
	o := evaluate(t, "", "--text", "Hello there, Otto.", "-t", "1")
	hasNames(t, "the object", o, "schema_version command model options protocol total documents first_window warnings")
	hasNames(t, "options", o["options"], "file text text_field jsonl limit ctx stride bos output per_token json quiet threads")
	hasNames(t, "protocol", o["protocol"], "context stride bos")
	hasNames(t, "total", o["total"], totalNames)
	hasNames(t, "a document", member(t, o, "documents").([]any)[0], summaryNames+" document")
	if o["command"] != "eval" || o["model"] != filepath.Base(dir) || number(t, o, "schema_version") != 1 || number(t, o, "options.threads") != 1 {
		t.Errorf("%v", o)
	}
	if number(t, o, "protocol.context") != 128 || number(t, o, "protocol.stride") != 64 || number(t, o, "protocol.bos") != 299 {
		t.Errorf("protocol %v", o["protocol"])
	}

	empty := member(t, evaluate(t, "", "--text", ""), "total").(map[string]any)
	hasNames(t, "the total of nothing", empty, totalNames+" nonfinite")
	if empty["bits_per_byte"] != nil || member(t, empty, "nonfinite.bits_per_byte") != "nothing_scored" {
		t.Errorf("%v", empty)
	}
}

// TestEvalCountsBytes holds counts to the files' sizes, and the records of
// tokens to the totals.
func TestEvalCountsBytes(t *testing.T) {
	paths := awkwardFiles(t)
	for _, bos := range []string{"auto", "none"} {
		records := filepath.Join(t.TempDir(), "tokens.jsonl")
		o := evaluate(t, "", append(paths, "-q", "--bos", bos, "--per-token", records)...)
		all := 0.0
		for i, d := range member(t, o, "documents").([]any) {
			d := d.(map[string]any)
			size := number(t, d, "bytes") + number(t, d, "bytes_missing")
			if d["document"] != paths[i] || size != float64(len(awkward[i])) || number(t, d, "bytes_total") != size || bos == "auto" && number(t, d, "bytes_missing") != 0 {
				t.Errorf("--bos %s: %q has %v", bos, awkward[i], d)
			}
			all += size
		}
		if got := number(t, o, "total.bytes_total"); got != all {
			t.Errorf("%v bytes in all, want %v", got, all)
		}

		var nats float64
		var tokens, missing, covered int
		for line := range strings.Lines(read(t, records)) {
			r := decoded(t, line)
			if r["nats"] == nil {
				hasNames(t, "a missing token", r, "document position byte_start byte_end id text nats rank entropy nonfinite")
				missing++
				continue
			}
			hasNames(t, "a token", r, "document position byte_start byte_end id text nats rank entropy")
			nats += number(t, r, "nats")
			tokens++
			covered += int(number(t, r, "byte_end") - number(t, r, "byte_start"))
		}
		if want := number(t, o, "total.nats"); !(math.Abs(nats-want) <= 1e-12*want) || float64(tokens) != number(t, o, "total.tokens") ||
			float64(missing) != number(t, o, "total.missing_tokens") || float64(covered) != number(t, o, "total.bytes") || bos == "none" && missing != len(awkward)-1 {
			t.Errorf("--bos %s: %d tokens, %d missing, %d bytes, %v nats; total %v", bos, tokens, missing, covered, nats, o["total"])
		}
	}
}

// TestEvalEqualsSurprisal compares with the library's number for each token.
func TestEvalEqualsSurprisal(t *testing.T) {
	const text = "One misty evening, Otto was on the way home along the beach."
	m, err := model.Open(tinyModel(t))
	if err != nil {
		t.Fatal(err)
	}
	nats, _, err := m.Surprisal(context.Background(), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, x := range nats {
		sum += x
	}
	want := sum / float64(len(nats))
	if got := number(t, evaluate(t, "", "--text", text), "total.nats_per_token"); !(math.Abs(got-want) <= 1e-12*want) {
		t.Errorf("%v nats/token, want %v", got, want)
	}
}

// TestEvalInputs gives one text in every way there is.
func TestEvalInputs(t *testing.T) {
	const text = "Mina skipped across the meadow 🙂.\n"
	dir := t.TempDir()
	line, err := json.Marshal(map[string]string{"id": "1", "text": "no", "body": text})
	if err != nil {
		t.Fatal(err)
	}
	var z bytes.Buffer
	gz := gzip.NewWriter(&z)
	gz.Write(line)
	gz.Close()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	plain := file(t, filepath.Join(dir, "a.txt"), text)
	zipped := file(t, filepath.Join(dir, "b.jsonl.gz"), z.String())
	packed := file(t, filepath.Join(dir, "c.txt.zst"), string(encoder.EncodeAll([]byte(text), nil)))
	lines := file(t, filepath.Join(dir, "d.jsonl"), string(line)+"\n"+string(line)+"\n")
	want := number(t, evaluate(t, "", "--text", text), "total.nats")
	for _, c := range []struct {
		stdin string
		args  []string
		times float64
	}{
		{"", []string{plain}, 1},
		{"", []string{"-f", plain}, 1},
		{text, []string{"-"}, 1},
		{text, []string{"-f", "-", plain}, 2},
		{"", []string{zipped, "--text-field", "body"}, 1},
		{"", []string{packed}, 1},
		{"", []string{lines, "--text-field", "body"}, 2},
		{"", []string{lines, "--text-field", "body", "--limit", "1"}, 1},
		{"", []string{dir, "--text-field", "body", "-L", "4"}, 4},
		{"", []string{dir, "--text-field=body"}, 5},
	} {
		o := evaluate(t, c.stdin, c.args...)
		if got := number(t, o, "total.nats"); !(math.Abs(got-c.times*want) <= 1e-12*got) || number(t, o, "total.documents") != c.times {
			t.Errorf("%q: %v nats in %v documents, want %v times %v", c.args, got, member(t, o, "total.documents"), c.times, want)
		}
	}
}

func TestEvalTable(t *testing.T) {
	dir := t.TempDir()
	long := file(t, filepath.Join(dir, strings.Repeat("long", 30)+".txt"), "two\n")
	r := call(t, "", "eval", tinyModel(t), long, file(t, filepath.Join(dir, "empty.txt"), ""), "--bos", "none", "--stride", "9")
	for _, want := range []string{"tiny, ", "windows of 128 tokens, stride 9, no BOS\n2 documents, 4 bytes, ", "not scored, for want of BOS: 1 token (1\nbyte)",
		"  bits/byte  ", "  perplexity, word  ", "longlong.txt\n", "           –          –            0  "} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	if !strings.HasPrefix(r.err, "xent: warning: ") || !strings.HasSuffix(r.err, "(2 documents)\n") || strings.Count(r.err, "\n") != 1 {
		t.Errorf("standard error %q", r.err)
	}
	fits(t, r.out)
	for _, bos := range []string{"eos", "299"} { // documents are separated by BOS, so it ends a text too
		if got, want := must(t, "", "eval", tinyModel(t), long, "--bos", bos), must(t, "", "eval", tinyModel(t), long); got != want {
			t.Errorf("--bos %s:\n%s", bos, got)
		}
	}
}

// TestEvalOutput writes files whole or not at all.
func TestEvalOutput(t *testing.T) {
	dir := t.TempDir()
	out, records := file(t, filepath.Join(dir, "out.json"), "old"), file(t, filepath.Join(dir, "tokens.jsonl"), "old")
	good := file(t, filepath.Join(dir, "good.txt"), "a story")
	bad := file(t, filepath.Join(dir, "bad.jsonl"), "{\"text\":\"fine\"}\n{\"text\":7}\n")
	args := []string{"eval", tinyModel(t), good, bad, "--json", "-o", out, "--per-token", records}
	r := call(t, "", args...)
	if r.code != exitFailed || r.out != "" || r.err != "xent: writing "+records+": "+bad+":2: field \"text\" is not a string\n" {
		t.Errorf("%+v", r)
	}
	if read(t, out) != "old" || read(t, records) != "old" {
		t.Error("a failed evaluation changed its outputs")
	}
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink(out, link); err != nil {
		t.Skip("no symbolic links:", err)
	}
	args[3], args[6] = good, link
	if got := must(t, "", args...); got != "" {
		t.Errorf("standard output %q", got)
	}
	if o := decoded(t, read(t, out)); number(t, o, "total.documents") != 2 || len(read(t, records)) < 100 {
		t.Errorf("%v", o)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 5 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	for what, want := range map[string]string{filepath.Join(dir, "none", "x"): "there is no folder", dir: "is a directory"} {
		for _, flag := range []string{"-o", "--per-token"} {
			if r := call(t, "", "eval", tinyModel(t), good, flag, what); r.code != exitFailed || !strings.Contains(r.err, want) {
				t.Errorf("%s %s: %+v", flag, what, r)
			}
		}
	}
}

func TestEvalInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, nil, &out, &errs, []string{"eval", tinyModel(t), lessons()})
	if code != exitInterrupted || errs.String() != "xent: interrupted\n" || out.Len() > 0 {
		t.Errorf("code %d, %q, %q", code, &out, &errs)
	}
}

// TestEvalSaysWhatItPassedOver: files of a folder that are no text, and
// nothing at all; and JSON lines on standard input are documents.
func TestEvalSaysWhatItPassedOver(t *testing.T) {
	dir, m := t.TempDir(), tinyModel(t)
	os.WriteFile(filepath.Join(dir, "a.txt"), []byte("some text\n"), 0o666)
	os.WriteFile(filepath.Join(dir, "b.bin"), []byte{1, 0, 2}, 0o666)
	r := call(t, "", "eval", m, dir, "-q", "--json")
	if o := decoded(t, r.out); r.code != exitDone || !strings.Contains(r.err, "passed over: 1 file that is no text ("+dir) || !strings.HasSuffix(fmt.Sprint(o["skipped"]), "b.bin]") {
		t.Errorf("code %d, %q, skipped %v", r.code, r.err, o["skipped"])
	}
	hidden := t.TempDir()
	os.WriteFile(filepath.Join(hidden, ".a.txt"), []byte("some text\n"), 0o666)
	if r := call(t, "", "eval", m, hidden, "-q"); r.code != exitDone || !strings.Contains(r.err, "warning: passed over: 1 name that begins with a dot\n") {
		t.Errorf("a folder with a hidden file: code %d, %q", r.code, r.err)
	}
	if r := call(t, "", "eval", m, "--text", "", "-q"); r.code != exitDone || !strings.Contains(r.err, "nothing was scored") {
		t.Errorf("an empty text: code %d, %q", r.code, r.err)
	}
	lines := `{"text":"one"}` + "\n" + `{"text":"and two"}` + "\n"
	o := decoded(t, must(t, lines, "eval", m, "-", "--jsonl", "-q", "--json"))
	if n, bytes := number(t, o, "total.documents"), number(t, o, "total.bytes_total"); n != 2 || bytes != 10 {
		t.Errorf("JSON lines on standard input: %v documents, %v bytes", n, bytes)
	}
}
