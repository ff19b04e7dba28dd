package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"xent/internal/gemm"
)

const readmePath = "../../README.md"

// shown returns the output that README.md shows, line by line, and the number of
// steps it is of.
func shown(t *testing.T) (lines []string, steps string) {
	t.Helper()
	_, block, found := strings.Cut(read(t, readmePath), "```text\n")
	block, _, ends := strings.Cut(block, "```\n")
	m := regexp.MustCompile(`(?m)^  training  ([\d,]+) steps`).FindStringSubmatch(block)
	if !found || !ends || m == nil {
		t.Fatal("README.md shows no output of xent train")
	}
	return strings.Split(strings.TrimRight(block, "\n"), "\n"), strings.ReplaceAll(m[1], ",", "")
}

// lasting drops from an output what differs from machine to machine: the
// estimate, and the time it took. An estimate may take one line or two.
func lasting(lines []string) (kept []string) {
	clock := regexp.MustCompile(`, \d+:\d\d;`)
	estimate := false
	for _, line := range lines {
		estimate = strings.HasPrefix(line, "  training  ") || estimate && strings.HasPrefix(line, "            ")
		if !estimate {
			kept = append(kept, clock.ReplaceAllString(line, ";"))
		}
	}
	return kept
}

// bare is a line without the bar at its end, whose length is relative to the
// longest.
func bare(line string) string { return strings.TrimRight(line, "█▉▊▋▌▍▎▏") }

// TestReadmeStart holds README.md to all that does not depend on learning: the
// lines up to the first evaluation, and what others reach.
func TestReadmeStart(t *testing.T) {
	lines, _ := shown(t)
	t.Chdir(t.TempDir())
	r := call(t, "", "train", "--steps", "1", "--size", "micro")
	if r.code != exitDone {
		t.Fatalf("code %d: %s", r.code, r.err)
	}
	first := slices.IndexFunc(lines, func(l string) bool { return strings.HasSuffix(l, "ln V = 6.9315 nats") })
	want := lasting(lines[:first+1])
	for _, line := range lines[first:] {
		if bar := bare(line) != line && !strings.Contains(line, "this model"); bar || strings.Contains(line, " on held-out text (") {
			want = append(want, bare(line))
		}
	}
	if len(want) < 15 {
		t.Fatalf("README.md shows only %q", want)
	}
	var printed []string
	for line := range strings.Lines(r.err + r.out) {
		printed = append(printed, bare(strings.TrimSuffix(line, "\n")))
	}
	for _, line := range want {
		if !slices.Contains(printed, line) {
			t.Errorf("README.md shows %q, which is not printed", line)
		}
	}
}

// TestReadmeOpticks holds the table of Newton's Opticks to what is printed before
// learning.
func TestReadmeOpticks(t *testing.T) {
	readme := read(t, readmePath)
	t.Chdir(t.TempDir())
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	book := filepath.Join(strings.TrimSpace(string(root)), "src/testdata/Isaac.Newton-Opticks.txt")
	if _, err := os.Stat(book); err != nil {
		t.Skip("this Go installation has no source tree: ", err)
	}
	o := decoded(t, must(t, "", "train", book, "--steps", "1", "--size", "micro", "--json", "--quiet"))
	for _, b := range member(t, o, "baselines").([]any) {
		b := b.(map[string]any)
		if cell := fmt.Sprintf("| %.3f |\n", number(t, b, "bits_per_byte")); !strings.Contains(readme, cell) {
			t.Errorf("%s: README.md has no %q", b["name"], cell)
		}
	}
	if !strings.Contains(readme, "| held-out tenth of *Opticks*, 56,687 bytes |") || number(t, o, "corpus.heldout_bytes") != 56687 {
		t.Errorf("held out: %v", o["corpus"])
	}
}

// TestReadmeInFull runs README's first command in a clone of this repository, for
// as many steps as README.md shows, and holds every line that it shows to what is
// printed. It takes minutes, so it must be asked for.
func TestReadmeInFull(t *testing.T) {
	if os.Getenv("README_IN_FULL") == "" {
		t.Skip("set README_IN_FULL=1 to train for some minutes")
	}
	if gemm.Backend() == "generic" {
		t.Skip("numbers are those of AVX2 and AVX-512; this is generic")
	}
	lines, steps := shown(t)
	clone := filepath.Join(t.TempDir(), "xent")
	if out, err := exec.Command("git", "clone", "-q", "../..", clone).CombinedOutput(); err != nil {
		t.Skipf("no clone: %s", out)
	}
	c := exec.Command("go", "run", "./cmd/xent", "train", "--steps", steps)
	c.Dir = clone
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	printed := lasting(strings.Split(string(out), "\n"))
	for _, line := range lasting(lines) {
		if strings.TrimSpace(line) == "…" {
			continue
		}
		at := slices.Index(printed, line)
		if at < 0 {
			t.Fatalf("README.md shows %q, which is not printed there, but\n%s", line, out)
		}
		printed = printed[at+1:]
	}
}
