package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	for shell, want := range map[string]string{"bash": "__start_xent", "zsh": "#compdef xent", "fish": "complete -c xent", "powershell": "Register-ArgumentCompleter"} {
		if out := must(t, "", "completion", shell); !strings.Contains(out, want) {
			t.Errorf("%s: no %q in %d bytes", shell, want, len(out))
		}
	}
	const files, nothing, folders = ":0", ":4", ":16" // what the shell adds, by cobra's numbers
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"tr"}, []string{"train"}},
		{[]string{"help", "v"}, []string{"version", nothing}},
		{[]string{"train", "--size", ""}, []string{"nano", "micro", "small", nothing}},
		{[]string{"train", "--precision", "b"}, []string{"bf16", nothing}},
		{[]string{"train", "--schedule", "c"}, []string{"cosine", nothing}},
		{[]string{"train", "--optimizer", "a"}, []string{"adamw", nothing}},
		{[]string{"train", ""}, []string{files}},
		{[]string{"train", "--resume", ""}, []string{folders}},
		{[]string{"train", "-o", ""}, []string{folders}},
		{[]string{"train", "--steps", ""}, []string{nothing}},
		{[]string{"train", "--text-field", ""}, []string{nothing}},
		{[]string{"eval", "--per"}, []string{"--per-token"}},
		{[]string{"eval", ""}, []string{folders}},
		{[]string{"eval", "m", ""}, []string{files}},
		{[]string{"eval", "m", "-o", ""}, []string{files}},
		{[]string{"eval", "m", "--bos", "n"}, []string{"none", nothing}},
		{[]string{"tokenize", "m", ""}, []string{files}},
		{[]string{"sample", ""}, []string{folders}},
		{[]string{"sample", "m", ""}, []string{nothing}},
		{[]string{"completion", "z"}, []string{"zsh"}},
	} {
		r := call(t, "", append([]string{"__complete"}, c.args...)...)
		for _, want := range c.want {
			if r.code != exitDone || !strings.Contains("\n"+r.out, "\n"+want) {
				t.Errorf("%q: no %q in %+v", c.args, want, r)
			}
		}
	}
}

// TestCompletionInBash asks the script as bash does at a Tab, without the
// package that cobra's script counts on.
func TestCompletionInBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash:", err)
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(binary, filepath.Join(bin, "xent")); err != nil {
		t.Skip("no symbolic links:", err)
	}
	t.Chdir(t.TempDir())
	file(t, "letters.txt", "")
	for _, dir := range []string{"my model", "my notes"} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for line, want := range map[string]string{
		"xent tr":                      "train",
		"xent train --size ":           "micro|nano|small",
		"xent train --size=m":          "micro",
		"xent train --steps 9 --sched": "--schedule",
		"xent train --resume my":       "my model|my notes",
		"xent eval l":                  "",
		"xent eval m ":                 "", // bash itself offers the files
	} {
		c := exec.CommandContext(t.Context(), bash, "--norc", "--noprofile", "-c", `source <(xent completion bash) || exit
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
__start_xent 2>/dev/null # where completion options cannot be set, outside of a Tab
printf '%s\n' "${COMPREPLY[@]}"`, "bash", line)
		c.Env = append(os.Environ(), asXent+"=1", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := c.CombinedOutput()
		offered := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		slices.Sort(offered) // as bash does for showing them
		if got := strings.Join(offered, "|"); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", line, got, err, want)
		}
	}
}
