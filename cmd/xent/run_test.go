package main

import (
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xent/internal/machine"
)

// mistakes are calls that fail, MODEL being a model, with what their message
// has to say.
var mistakes = []struct {
	args string
	code int
	want string
}{
	{"eat", 2, `unknown command "eat"; did you mean eval?`},
	{"trian FILE --steps 3", 2, `unknown command "trian"; did you mean train?`},
	{"hlep", 2, `unknown command "hlep"; did you mean help?`},
	{"help comp", 2, `unknown command "comp"; did you mean completion?`},
	{"--verison", 2, "unknown flag: --verison; did you mean --version?"},
	{"train --step 3", 2, "unknown flag: --step; did you mean --steps?"},
	{"train -steps 3", 2, "unknown shorthand flag: 's' in -steps; did you mean --steps?"},
	{"train --max-token=3", 2, "unknown flag: --max-token; did you mean --max-tokens?"},
	{"train -z", 2, "unknown shorthand flag: 'z' in -z\n"},
	{"train --xy", 2, "unknown flag: --xy\n"},
	{"frobnicate", 2, `unknown command "frobnicate"`},
	{"help frobnicate", 2, `unknown command "frobnicate"`},
	{"--frob", 2, "unknown flag: --frob"},
	{"train --frob", 2, "unknown flag: --frob"},
	{"train --steps", 2, "flag needs an argument: --steps"},
	{"train --steps many", 2, `--steps "many": want a whole number`},
	{"train --seed -1", 2, `--seed "-1": want a whole number from 0 on`},
	{"train --minutes soon", 2, `--minutes "soon": want a number`},
	{"train --json=maybe", 2, `--json "maybe": want true or false`},
	{"train --steps 3 --max-tokens 4", 2, "give one budget only, not --steps and --max-tokens"},
	{"train --steps -3", 2, "--steps -3: want a positive number"},
	{"train --minutes NaN", 2, "--minutes NaN: want a positive number"},
	{"train --minutes 1e300", 2, "--minutes 1e+300: want a positive number, at most 525600"},
	{"train --size huge", 2, "--size huge: want nano, micro or small"},
	{"train --precision fp8 --steps 1", 2, "--precision fp8: want fp32 or bf16"},
	{"train --schedule flat --steps 1", 2, "--schedule flat: want wsd or cosine"},
	{"train --bpe-dropout 1 --steps 1", 2, "--bpe-dropout 1: want a probability below 1"},
	{"train --bpe-dropout -1 --steps 1", 2, "--bpe-dropout -1: want a probability below 1"},
	{"train --optimizer sgd --steps 1", 2, "--optimizer sgd: want muon or adamw"},
	{"train --vocab 256 --steps 1", 2, "--vocab 256: want at least 257"},
	{"train --rate -1 --steps 1", 2, "--rate -1: want a positive number"},
	{"train --rate 1000 --steps 1", 2, "--rate 1000: want a number below 1/(weight decay 0.2) = 5"},
	{"train --rate 1000 --steps 1 --optimizer adamw", 2, "--rate 1000: want a number below 1/(weight decay 0.1) = 10"},
	{"train --steps 0", 2, "--steps 0: want a positive number"},
	{"train --minutes 0", 2, "--minutes 0: want a positive number"},
	{"train --vocab 0 --steps 1", 2, "--vocab 0: want a positive number"},
	{"train --eval-every -1 --steps 1", 2, "--eval-every -1: want a positive number"},
	{"train --weight-decay -1 --steps 1", 2, "--weight-decay -1: want a number in [0, +Inf)"},
	{"train MODEL/tokenizer.json --steps 1 --width 1000000", 1, "size small with its own dimensions would fit"},
	{"train MODEL/tokenizer.json --steps 1 --heads 3 --kv-heads 2", 2, "--kv-heads: 2 does not divide the 3 heads"},
	{"train -t -1", 2, "--threads -1: want a number from 1 on, or 0 for all"},
	{"train --resume MODEL more", 1, "more: no such file or directory"},
	{"train --resume MODEL --steps 9", 2, "goes on with the options it began with: leave out --steps"},
	{"train --resume nowhere", 1, "nowhere holds no training state to resume"},
	{"train --resume=", 2, "--resume: want a folder"},
	{"train nowhere --steps 1", 1, "nowhere: no such file or directory"},
	{"train empty.txt --steps 1", 1, "nothing to learn from"},
	{"train empty.txt --steps 1 -o MODEL", 1, "exists already"},
	{"train empty.txt --steps 1 -o no/such/m", 1, "no/such is not a folder"},
	{"eval", 2, "which model? give its folder first"},
	{"eval nowhere empty.txt", 1, "nowhere/config.json: no such file or directory"},
	{"eval MODEL", 2, "which text? give files, - for standard input, or --text"},
	{"eval MODEL --text a empty.txt", 2, "give --text or files, not both"},
	{"eval MODEL nowhere.txt", 1, "nowhere.txt: no such file or directory"},
	{"eval MODEL --text a --limit -1", 2, "--limit -1: want a number of documents"},
	{"eval MODEL --text a --ctx 129", 2, "--ctx 129: the model takes at most 128 tokens"},
	{"eval MODEL --text a --ctx 1", 2, "--ctx 1: must be at least 2 tokens"},
	{"eval MODEL --text a --stride 128", 2, "--stride 128: must be from 1 to 127"},
	{"eval MODEL --text a --bos 300", 2, "--bos 300: the model's token ids are from 0 to 299"},
	{"eval MODEL --text a --bos first", 2, `--bos "first": want auto, none, eos or a token id`},
	{"eval MODEL --text a --per-token -", 2, "--per-token - would mix with the result: add --output FILE"},
	{"eval MODEL --text a --threads -1", 2, "--threads -1: want a number from 1 on"},
	{"sample", 2, "which model? give its folder first"},
	{"sample MODEL more", 2, "give one model folder, not 2"},
	{"sample nowhere", 1, "nowhere/config.json: no such file or directory"},
	{"sample MODEL --temperature -1", 2, "--temperature -1: want a number from 0 on"},
	{"sample MODEL --temperature NaN", 2, "--temperature NaN: want a number from 0 on"},
	{"sample MODEL --top-k -1", 2, "--top-k -1: want a number from 1 on, or 0 for all"},
	{"sample MODEL --top-p 2", 2, "--top-p 2: want a number between 0 and 1"},
	{"sample MODEL --tokens -1", 2, "--tokens -1: want a number from 1 on"},
	{"sample MODEL --number 0", 2, "--number 0: want a number from 1 on"},
	{"source more", 2, `no argument is wanted, but "more" was given`},
	{"source --stories -1", 2, "--stories -1: want a number from 0 on"},
	{"tokenize", 2, "which model? give its folder first"},
	{"tokenize nowhere", 1, "nowhere/tokenizer.json: no such file or directory"},
	{"tokenize MODEL nowhere", 1, "nowhere: no such file or directory"},
	{"tokenize MODEL --decode nowhere", 1, "nowhere: no such file or directory"},
	{"tokenize MODEL --decode --json", 2, "--decode goes with none of --json, --limit, --jsonl and --text-field"},
	{"version more", 2, `no argument is wanted, but "more" was given`},
	{"completion", 2, "give one shell: bash, zsh, fish, powershell"},
	{"completion csh", 2, `no completion for "csh"`},
}

// TestExitCodes gives the program what it cannot use: one line says what.
func TestExitCodes(t *testing.T) {
	dir := tinyModel(t)
	t.Chdir(t.TempDir())
	empty := file(t, "empty.txt", "")
	for _, c := range mistakes {
		r := call(t, "", strings.Fields(strings.ReplaceAll(c.args, "MODEL", dir))...)
		lines := 1
		if c.code == exitUsage {
			lines = 2
			if want := "\nTry 'xent"; !strings.Contains(r.err, want) {
				t.Errorf("%s: no %q in %q", c.args, want, r.err)
			}
		}
		if r.code != c.code || r.out != "" || !strings.HasPrefix(r.err, "xent: ") || !strings.Contains(r.err, c.want) || strings.Count(r.err, "\n") != lines {
			t.Errorf("%s: code %d, want %d with %q\nstdout %q\nstderr %q", c.args, r.code, c.code, c.want, r.out, r.err)
		}
	}
	if left, err := filepath.Glob("*"); err != nil || !slices.Equal(left, []string{empty}) {
		t.Errorf("left behind: %q %v", left, err)
	}
}

func TestEnvironment(t *testing.T) {
	dir := tinyModel(t)
	option := func(path string, args ...string) any {
		t.Helper()
		return member(t, evaluate(t, "", append([]string{"--text", "a"}, args...)...), path)
	}
	if got := option("options.stride"); got.(interface{ String() string }).String() != "0" {
		t.Errorf("default %v", got)
	}
	t.Setenv("XENT_STRIDE", "9")
	t.Setenv("XENT_TEXT_FIELD", "")     // counts as none
	t.Setenv("XENT_STEPS", "not asked") // another command's
	o := evaluate(t, "", "--text", "a")
	if number(t, o, "options.stride") != 9 || number(t, o, "protocol.stride") != 9 || member(t, o, "options.text_field") != "text" {
		t.Errorf("variable: %v %v", o["options"], o["protocol"])
	}
	if o := evaluate(t, "", "--text", "a", "--stride", "8"); number(t, o, "protocol.stride") != 8 {
		t.Errorf("flag over variable: %v", o["protocol"])
	}
	t.Setenv("XENT_TEXT", "from a variable")
	if got := option("options.text"); got != "a" {
		t.Errorf("--text %v", got)
	}
	if o := evaluate(t, "xyz", "-"); number(t, o, "total.bytes") != 3 {
		t.Errorf("files give way to a variable: %v", o["total"])
	}
	if o := evaluate(t, ""); number(t, o, "total.bytes") != 15 {
		t.Errorf("text of a variable: %v", o["total"])
	}
	t.Setenv("XENT_STRIDE", "wide")
	if r := call(t, "", "eval", dir, "--text", "a"); r.code != exitUsage || !strings.Contains(r.err, `environment variable XENT_STRIDE="wide": want a whole number`) {
		t.Errorf("%+v", r)
	}

	t.Chdir(t.TempDir())
	t.Setenv("XENT_STEPS", "3")
	t.Setenv("XENT_QUIET", "1")
	args := append([]string{"train", lessons(), "--json"}, shape...)
	if o := decoded(t, must(t, "", args...)); number(t, o, "steps") != 3 || member(t, o, "options.quiet") != true {
		t.Errorf("%v steps", o["steps"])
	}
	if o := decoded(t, must(t, "", append(args, "--max-tokens", "1200")...)); number(t, o, "steps") != 2 {
		t.Errorf("%v steps under another budget", o["steps"])
	}
	must(t, "", "train", "--resume", "xent-run-1") // variables are no options given with it
	t.Setenv("XENT_MINUTES", "1")
	if r := call(t, "", args...); r.code != exitUsage || !strings.Contains(r.err, "give one budget only, not XENT_MINUTES and XENT_STEPS") {
		t.Errorf("%+v", r)
	}
	t.Setenv("XENT_MINUTES", "")
	t.Setenv("XENT_STEPS", "0")
	if r := call(t, "", args...); r.code != exitUsage || !strings.Contains(r.err, "xent: XENT_STEPS 0: want a positive number") {
		t.Errorf("%+v", r)
	}
	t.Setenv("XENT_STRIDE", "")
	t.Setenv("XENT_VERSION", "1.2") // of whoever installs it
	t.Setenv("XENT_TEXT_FIELD", "body")
	t.Setenv("XENT_JSONL", "true")
	must(t, "", "--help")
	if o := evaluate(t, "", "--text", "a"); number(t, o, "total.bytes") != 1 {
		t.Errorf("variables for other calls: %v", o["total"])
	}
}

// commands yields every command that people see.
func commands() (all []*cobra.Command) {
	ran := false
	for _, c := range newRoot(&streams{}, &ran).Commands() {
		if c.IsAvailableCommand() {
			all = append(all, c)
		}
	}
	return all
}

func TestHelp(t *testing.T) {
	root := must(t, "", "--help")
	if root != must(t, "") || root != must(t, "", "-h") || root != must(t, "", "help") {
		t.Error("help of xent differs by how it is asked for")
	}
	fits(t, root)
	titled := []string{"Learn:\n  train ", "Measure:\n  eval ", "Look:\n  tokenize ", "Other:\n  version ", "\n  help ", "Examples:\n  xent train "}
	for _, want := range titled {
		if !strings.Contains(root, want) {
			t.Errorf("no %q in\n%s", want, root)
		}
	}
	for _, c := range commands() {
		text := must(t, "", c.Name(), "--help")
		fits(t, text)
		if text != must(t, "", c.Name(), "-h") || text != must(t, "", "help", c.Name()) {
			t.Errorf("help of %s differs by how it is asked for", c.Name())
		}
		if !strings.Contains(text, "Usage:\n  xent "+c.Name()) || !strings.Contains(root, c.Short) {
			t.Errorf("help of %s:\n%s", c.Name(), text)
		}
		if n := strings.Count(text, "Examples:"); n != 1 && c.Name() != "version" {
			t.Errorf("%s: %d sections of examples", c.Name(), n)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(text, "--"+f.Name+" ") && f.Name != "help" {
				t.Errorf("help of %s lacks --%s", c.Name(), f.Name)
			}
			zero := slices.Contains([]string{"0", ""}, f.DefValue)
			if required := []string{"resume", "steps", "max-tokens", "text", "per-token", "output",
				"logits", "targets", "soft-targets", "soft-index", "soft-probs", "grad", "per-row"}; zero && f.Value.Type() != "bool" &&
				!strings.Contains(f.Usage, "default") && !slices.Contains(required, f.Name) {
				t.Errorf("%s --%s does not state its default: %s", c.Name(), f.Name, f.Usage)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	o := decoded(t, must(t, "", "version", "--json"))
	hasNames(t, "version", o, "schema_version command version revision modified go platform backend cpu cores")
	if o["command"] != "version" || o["go"] != runtime.Version() || o["platform"] != runtime.GOOS+"/"+runtime.GOARCH || o["cpu"] != machine.CPU() ||
		number(t, o, "cores") != float64(machine.Cores()) {
		t.Errorf("%v", o)
	}
	text := must(t, "", "version")
	fits(t, text)
	if text != must(t, "", "--version") || text != must(t, "", "-v") {
		t.Error("the version differs by how it is asked for")
	}
	flat := strings.ReplaceAll(text, "\n", " ")
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if v, ok := o[name].(string); ok && name != "command" && name != "revision" && !strings.Contains(flat, v) {
			t.Errorf("%q lacks %s", text, v)
		}
	}
	long := versionInfo{Version: "v0.0.0-20261124102850-7dd7e645fef1+dirty", Go: "go1.26.8", Platform: "windows/amd64", Backend: "avx512",
		CPU: "Intel(R) Xeon(R) Platinum 8488C CPU @ 2.40GHz", Cores: 192}
	fits(t, long.text(plainWidth))
	if got := (versionInfo{Cores: 1}).text(plainWidth); !strings.Contains(got, "\nunknown CPU, 1 logical core; ") {
		t.Errorf("%q", got)
	}
}
