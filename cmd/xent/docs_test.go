package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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

// fixtures are files that documents may name without making them.
var fixtures = map[string]string{
	"letters.txt":       "Dear Ada,\nthe crab has come home. It brought a kite.\n",
	"my-text.txt":       "An old crab sat by the sea and told a story.\n",
	"my-notes/one.txt":  strings.Repeat("Notes of a day by the sea.\n", 40),
	"notes/monday.txt":  strings.Repeat("On Monday the crab went for a walk.\n", 40),
	"notes/tuesday.txt": strings.Repeat("On Tuesday it rained, and the crab stayed.\n", 40),
}

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
