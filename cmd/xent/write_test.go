package main

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"xent/internal/source"
)

func TestSample(t *testing.T) {
	sample := func(args ...string) string {
		t.Helper()
		return must(t, "", append([]string{"sample", tinyModel(t), "--tokens", "20"}, args...)...)
	}
	first, second := sample("--seed", "4"), sample("--seed", "5")
	if first != sample("--seed", "4", "-t", "1") || first != sample("--seed", "4", "-t", "1000000000") || first == second {
		t.Errorf("seed 4: %q, seed 5: %q", first, second)
	}
	if got := sample("--seed", "4", "--number", "2"); got != first+"\n"+second {
		t.Errorf("two texts: %q, want %q and %q", got, first, second)
	}
	greedy := sample("--temperature", "0", "--seed", "1")
	if greedy != sample("--temperature", "0", "--seed", "2") || greedy != sample("--top-k", "1") {
		t.Errorf("greedy text depends on the seed: %q", greedy)
	}
	if got := sample("--prompt", "One misty \xff", "--top-p", "0.5"); !strings.HasPrefix(got, "One misty \xff") || !strings.HasSuffix(got, "\n") || strings.HasSuffix(got, "\n\n") {
		t.Errorf("%q", got)
	}
}

// A writes counts calls of Write.
type writes struct {
	bytes.Buffer
	n int
}

func (w *writes) Write(p []byte) (int, error) { w.n++; return w.Buffer.Write(p) }

// TestSampleStreams wants text while the model writes, not at the end.
func TestSampleStreams(t *testing.T) {
	var out writes
	if code := run(t.Context(), nil, &out, &out, []string{"sample", tinyModel(t), "--prompt", "One", "-n", "8", "--temperature", "1"}); code != exitDone || out.n < 6 {
		t.Errorf("code %d, %d writes: %q", code, out.n, &out)
	}
	if !strings.HasPrefix(out.String(), "One") {
		t.Errorf("%q", &out)
	}
}

func TestSource(t *testing.T) {
	out := must(t, "", "source", "--stories", "5", "--seed", "9")
	stories, n := source.Stories(), 0
	for line := range strings.Lines(out) {
		o := decoded(t, line)
		hasNames(t, "a story", o, "text nats")
		want, err := stories.Nats([]byte(o["text"].(string)))
		if got := number(t, o, "nats"); err != nil || !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("%v nats, want %v, %v", got, want, err)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d stories", n)
	}
	lines := strings.SplitAfter(out, "\n")
	if got := must(t, "", "source", "--stories", "2", "--seed", "9", "--skip", "3"); got != lines[3]+lines[4] {
		t.Errorf("skipping: %s", got)
	}
	if got := must(t, "", "source", "--stories", "0"); got != "" {
		t.Errorf("no stories: %q", got)
	}
}

// TestTokenizeRoundTrip brings every text back, one by one and all together.
func TestTokenizeRoundTrip(t *testing.T) {
	dir := tinyModel(t)
	paths := awkwardFiles(t)
	for i, path := range paths {
		ids := must(t, "", "tokenize", dir, path, "--json")
		hasNames(t, "tokens", decoded(t, ids), "ids offsets")
		if got := must(t, ids, "tokenize", dir, "--decode", "-"); got != awkward[i] {
			t.Errorf("%q came back as %q", awkward[i], got)
		}
	}
	all := must(t, "", append([]string{"tokenize", dir, "--json"}, paths...)...)
	if got := must(t, all, "tokenize", dir, "--decode"); got != strings.Join(awkward, "") {
		t.Errorf("all texts came back as %q", got)
	}
	if got := must(t, "", "tokenize", dir, "--text", "ab\x00", "--json"); got != `{"ids":[97,98,0],"offsets":[[0,1],[1,2],[2,3]]}`+"\n" {
		t.Errorf("%s", got)
	}
	if got := must(t, "", "tokenize", dir, "--text", "[104,105]\n\n{\"ids\":[33]}", "--decode"); got != "hi!" {
		t.Errorf("bare lists give %q", got)
	}
}

func TestTokenizeShowsPieces(t *testing.T) {
	dir := tinyModel(t)
	got := must(t, "", "tokenize", dir, "--text", "a\"\xff\n|")
	if want := "--text: 5 tokens, 5 bytes\n|a|\"|\\xff|\\n|||\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := must(t, "x", "tokenize", dir); got != "-: 1 token, 1 byte\n|x|\n" {
		t.Errorf("standard input: %q", got)
	}
	fits(t, must(t, strings.Repeat("zq", 200), "tokenize", dir))
	for _, c := range []struct{ text, want string }{
		{"x", "xent: --text:1: want a list of ids such as [1,2], or an object {\"ids\":[1,2]}\n"},
		{`{"id":[1]}`, "xent: --text:1: want a list of ids such as [1,2], or an object {\"ids\":[1,2]}\n"},
		{"[1]\n[1,300]", "xent: --text:2: there is no token 300: ids are from 0 to 299\n"},
		{"[-1]", "xent: --text:1: there is no token -1: ids are from 0 to 299\n"},
		{"[" + "1099511627776" + "]", "xent: --text:1: want a list of ids such as [1,2], or an object {\"ids\":[1,2]}\n"},
	} {
		if r := call(t, "", "tokenize", dir, "--decode", "--text", c.text); r.code != exitFailed || r.err != c.want {
			t.Errorf("%q: %+v", c.text, r)
		}
	}
}
