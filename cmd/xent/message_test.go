package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestSpelled(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		text  string
		given []string
		want  string
	}{
		{in("a.txt") + ": gone", []string{"a.txt"}, "a.txt: gone"},
		{in("a") + ", " + in("b") + ": nothing", []string{"a", "./b"}, "a, ./b: nothing"},
		{in("d") + string(filepath.Separator) + "e: gone", []string{"d"}, "d" + string(filepath.Separator) + "e: gone"},
		{in("ab") + ": gone", []string{"a"}, in("ab") + ": gone"},
		{in("a") + ": gone", []string{in("a")}, in("a") + ": gone"},
		{"reading " + in("a"), []string{"-", "a"}, "reading a"},
		{"/x" + in("a"), []string{"a"}, "/x" + in("a")},
	} {
		if got := spelled(c.text, c.given); got != c.want {
			t.Errorf("%q given %q: %q, want %q", c.text, c.given, got, c.want)
		}
	}
}

// TestAsVariables: --text is not the beginning of --text-field.
func TestAsVariables(t *testing.T) {
	t.Setenv("XENT_TEXT", "a")
	t.Setenv("XENT_MAX_TOKENS", "9")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("text", "", "")
	flags.String("text-field", "", "")
	flags.Int("max-tokens", 0, "")
	if err := fromEnvironment(flags); err != nil {
		t.Fatal(err)
	}
	got := asVariables("--text, --text-field, not --max-tokens", flags)
	if want := "XENT_TEXT, --text-field, not XENT_MAX_TOKENS"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"steps", "size", "seed", "max-tokens", "minutes", "eval-every", "json", "jsonl"}
	for typed, want := range map[string]string{
		"step": "steps", "stpes": "steps", "max-token": "max-tokens", "minute": "minutes", "eval": "eval-every", "jsno": "json", "json-l": "jsonl", "max": "max-tokens",
		"z": "", "si": "", "frobnicate": "", "": "", "tokens": "",
	} {
		if got := nearest(typed, names); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestOddNames: nothing that a terminal would act upon is printed of a name, and
// commands that are printed can be pasted.
func TestOddNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such names")
	}
	model := tinyModel(t)
	t.Chdir(t.TempDir())
	odd := "a\nb\x1b]0;c\a'\xff"
	file(t, odd, "some text\n")
	file(t, "b.txt", "more text\n")
	for _, args := range [][]string{
		{"eval", model, odd, "b.txt"}, {"tokenize", model, odd}, {"eval", odd, "b.txt"}, {"sample", odd}, {"train", odd, "--steps", "1"}, {"train", odd + "gone", "--steps", "1"},
		{"tokenize", model, "--decode", odd},
	} {
		r := call(t, "", args...)
		if all := r.out + r.err; !strings.Contains(all, `a\nb\x1b]0;c\a'\xff`) || strings.ContainsAny(all, "\x1b\a") || strings.Contains(all, "\xff") {
			t.Errorf("%q: %q", args, all)
		}
	}
}
