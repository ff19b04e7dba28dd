package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"xent/train"
)

// What TestDocuments changes about a command of the documentation, and no
// more: `go run ./cmd/xent` is xent, and `xent train` without --resume trains
// the smallest model for two steps, whatever budget and size it was given.
var (
	replaced = []string{"--minutes", "--steps", "--max-tokens", "--size"} // each with its value
	instead  = append([]string{"--steps", "2"}, shape...)
)

// cheap applies the rule to the arguments of a command.
func cheap(args []string) []string {
	if len(args) == 0 || args[0] != "train" || slices.ContainsFunc(args, func(a string) bool {
		return a == "--help" || a == "-h" || a == "--resume" || strings.HasPrefix(a, "--resume=")
	}) {
		return args
	}
	var kept []string
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(args[i], "=")
		if slices.Contains(replaced, name) {
			if !joined {
				i++
			}
			continue
		}
		kept = append(kept, args[i])
	}
	return append(kept, instead...)
}

// fixtures are files that documents may name without making them. What the guide
// learns from lies in archive too, as if it had been moved there.
var fixtures = map[string]string{
	"my-text.txt":         "An old crab sat by the sea and told a story.\n",
	"my-notes/one.txt":    strings.Repeat("Notes of a day by the sea.\n", 40),
	"letters.txt":         letters,
	"archive/letters.txt": letters,
	"notes/monday.txt":    monday,
	"archive/monday.txt":  monday,
	"notes/tuesday.txt":   tuesday,
	"archive/tuesday.txt": tuesday,
	"z.npy":               rawArray("<f4", "(2, 3, 4)", strings.Repeat("\x00\x00\x80\x3f\x00\x00\x00\x00", 12)),
	"y.npy":               rawArray("|i1", "(2, 3)", "\x00\x01\x02\x03\x9c\x9c"),
	"teacher.npy":         rawArray("<f4", "(2, 3, 4)", strings.Repeat("\x00\x00\x80\x3e", 24)),
}

const letters = "Dear Ada,\nthe crab has come home. It brought a kite.\n"

var (
	monday  = strings.Repeat("On Monday the crab went for a walk.\n", 40)
	tuesday = strings.Repeat("On Tuesday it rained, and the crab stayed.\n", 40)
)

// examples returns the lines behind "$ " in the console blocks of a document,
// continued lines joined.
func examples(markdown string) (commands []string) {
	console, more := false, false
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			console, more = !console && strings.TrimSpace(line) == "```console", false
			continue
		}
		command, starts := strings.CutPrefix(strings.TrimSpace(line), "$ ")
		switch {
		case console && more:
			commands[len(commands)-1] += "\n" + line
		case console && starts:
			commands = append(commands, command)
		default:
			continue
		}
		more = strings.HasSuffix(line, `\`)
	}
	return commands
}

// isXent reports whether a command line calls this program first, perhaps
// behind settings of variables.
func isXent(command string) bool {
	word, rest, _ := strings.Cut(command, " ")
	if name, _, ok := strings.Cut(word, "="); ok && strings.HasPrefix(name, "XENT_") {
		return isXent(rest)
	}
	return word == "xent" || word == "go" && strings.HasPrefix(rest, "run ./cmd/xent")
}

// runExamples runs a document's commands in one new folder, in order, by a
// shell, and returns how many there are.
func runExamples(t *testing.T, markdown string) (ran int) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell:", err)
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(binary, filepath.Join(bin, "xent")); err != nil {
		t.Skip("no symbolic links:", err)
	}
	for name, text := range fixtures {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		file(t, path, text)
	}
	for _, command := range examples(markdown) {
		if !isXent(command) {
			t.Logf("not run: %s", command)
			continue
		}
		ran++
		c := exec.CommandContext(t.Context(), shell, "-ec", strings.ReplaceAll(command, "go run ./cmd/xent", "xent"))
		c.Dir = dir
		c.Env = append(os.Environ(), asXent+"=1", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		if output, err := c.CombinedOutput(); err != nil {
			t.Errorf("$ %s\n%v\n%s", command, err, output)
		}
	}
	return ran
}

// TestDocuments runs what README.md and docs/ tell people to type. Other
// programs' commands are listed with -v and not run.
func TestDocuments(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	const readme = "../../README.md"
	if _, err := os.Stat(readme); err == nil {
		documents = append(documents, readme)
	}
	for _, document := range documents {
		t.Run(filepath.Base(document), func(t *testing.T) {
			if ran := runExamples(t, read(t, document)); ran == 0 && document == readme {
				t.Error("README.md shows no command of xent in a ```console block")
			}
		})
	}
}

// TestDocumentRules holds what TestDocuments stands on.
func TestDocumentRules(t *testing.T) {
	t.Parallel()
	got := examples("$ no\n```console\n$ xent train\n  step 1\n$ go run ./cmd/xent eval \\\n    m x\nout\n```\n```\n$ no\n```\n  ```console\n  $ ls\n  ```\n")
	if want := []string{"xent train", "go run ./cmd/xent eval \\\n    m x", "ls"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if !isXent(got[0]) || !isXent(got[1]) || isXent(got[2]) || isXent("xentropy x") || !isXent("XENT_SEED=1 xent x") {
		t.Error("which commands are xent's")
	}
	small := strings.Join(instead, " ")
	for args, want := range map[string]string{
		"train":                        "train " + small,
		"train a --minutes 9 -o m":     "train a -o m " + small,
		"train --steps=9 --size small": "train " + small,
		"train --resume m":             "train --resume m",
		"eval m --text a":              "eval m --text a",
	} {
		if got := strings.Join(cheap(strings.Fields(args)), " "); got != want {
			t.Errorf("%q becomes %q, want %q", args, got, want)
		}
	}
	if ran := runExamples(t, "```console\n$ xent train notes/ my-text.txt -o m --minutes 9\n$ go run ./cmd/xent eval m letters.txt \\\n   --json > r.json\n"+
		"$ cat r.json\n$ XENT_SEED=2 xent sample m -n 4 | head -n 1\n$ xent tokenize m --json --text \"a b\" | xent tokenize m --decode -\n```\n"); ran != 4 {
		t.Errorf("%d commands ran", ran)
	}
}

// named finds the names that docs/json.md explains in the section of a command:
// all that are in code type, and those that rows of tables begin with.
func named(t *testing.T, section string) (all, rows map[string]bool) {
	t.Helper()
	_, text, found := strings.Cut(strings.ReplaceAll(read(t, "../../docs/json.md"), "\r\n", "\n"), "\n## "+section+"\n")
	if !found {
		t.Fatalf("docs/json.md has no section %s", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	all, rows = map[string]bool{}, map[string]bool{}
	code := regexp.MustCompile("`([a-z0-9_]+)`")
	for line := range strings.Lines(text) {
		for _, m := range code.FindAllStringSubmatch(line, -1) {
			all[m[1]] = true
		}
		if cells := strings.Split(line, "|"); len(cells) > 1 {
			for _, m := range code.FindAllStringSubmatch(cells[1], -1) {
				rows[m[1]] = true
			}
		}
	}
	return all, rows
}

// names adds the names of all members, at any depth, but not those inside of
// options and plan.
func names(v any, to map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			names(e, to)
		}
	case map[string]any:
		for name, e := range v {
			if to[name] = true; name != "options" && name != "plan" {
				names(e, to)
			}
		}
	}
}

// TestJSONIsDocumented holds docs/json.md to what is printed, name by name.
func TestJSONIsDocumented(t *testing.T) {
	dir := t.TempDir()
	file(t, filepath.Join(dir, "a.txt"), "An old crab.\n")
	file(t, filepath.Join(dir, "b.bin"), "\x00\x01")
	tokens := filepath.Join(t.TempDir(), "tokens.jsonl")
	result := must(t, "", "eval", tinyModel(t), dir, "--json", "--per-token", tokens)
	var report bytes.Buffer
	r := &train.Report{Plan: []byte("{}"), Divergence: &train.Divergence{}, Curve: []train.Point{{TrainNats: 1}}}
	r.Corpus.Baselines = []train.Baseline{{}}
	if err := printReportJSON(&report, r, map[string]any{}); err != nil {
		t.Fatal(err)
	}
	total, _ := named(t, "eval")
	z, y := file(t, filepath.Join(dir, "z.npy"), fixtures["z.npy"]), file(t, filepath.Join(dir, "y.npy"), fixtures["y.npy"])
	loss := must(t, "", "loss", "--logits", z, "--targets", y, "--grad", filepath.Join(dir, "g.npy"), "--json")
	for section, printed := range map[string]string{"train": report.String(), "eval": result + read(t, tokens), "loss": loss, "version": must(t, "", "version", "--json"),
		"bench": must(t, "", "bench", "--quick", "--json")} {
		got := map[string]bool{}
		for d := json.NewDecoder(strings.NewReader(printed)); ; {
			var v any
			if err := d.Decode(&v); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			names(v, got)
		}
		for _, common := range []string{"schema_version", "command", "options", "nonfinite"} {
			delete(got, common)
		}
		all, rows := named(t, section)
		delete(rows, "growth_bytes") // of --large, where the system tells
		for name := range got {
			if !all[name] && !(section == "train" && total[name]) { // train's heldout is eval's total
				t.Errorf("docs/json.md does not explain %s of %s", name, section)
			}
		}
		for name := range rows {
			if !got[name] {
				t.Errorf("docs/json.md explains %s, which %s does not print", name, section)
			}
		}
	}
}
