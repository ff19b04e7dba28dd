package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestRun: all contests, with peers that compute what xent does.
func TestRun(t *testing.T) {
	b := fakeBenchmark(t, "sound")
	if err := b.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, c := range b.report.Contests {
		titles = append(titles, c.Title)
		if len(c.Sides) < 3 || c.Sides[0].Name[:4] != "xent" || c.Sides[0].Ratio != 1 {
			t.Errorf("%s: %+v", c.Title, c.Sides)
		}
		for _, s := range c.Sides {
			if !(0 < s.Min && s.Min <= s.Seconds && s.Seconds <= s.Max && s.RatioMin <= s.Ratio && s.Ratio <= s.RatioMax && s.Rate > 0 && s.Share > 0) {
				t.Errorf("%s: %+v", c.Title, s)
			}
			if alone := s.Name == "its three products alone"; (len(s.Values) == 0) != alone {
				t.Errorf("%s: %s computes %v", c.Title, s.Name, s.Values)
			}
			if measured := strings.HasPrefix(c.Title, "linear") && s.Name != "xent" && s.Values != nil; measured != (s.Memory == 2<<20) {
				t.Errorf("%s: %s takes %d bytes", c.Title, s.Name, s.Memory)
			}
		}
		if want := map[bool]int{true: 2, false: 3}[strings.HasPrefix(c.Title, "linear") || strings.HasPrefix(c.Title, "training") || strings.HasPrefix(c.Title, "the same")]; c.Rounds != want {
			t.Errorf("%s: %d rounds, want %d", c.Title, c.Rounds, want)
		}
	}
	want := []string{"loss, 5 × 33 float32, ", "loss and gradient, 5 × 33 float32, ", "product 7³ float32, ", "linear loss, 6 × 8 × 21 float32, ", "training step, 0.000546 M parameters, 8 tokens, ", "the same with products of bfloat16, "}
	for i := range 2 * len(want) {
		if i >= len(titles) || titles[i] != want[i%6]+[]string{"1 thread", "2 threads"}[i/6] {
			t.Fatalf("contest %d of %q", i, titles)
		}
	}
	if len(b.report.Missing) > 0 || len(b.report.Versions) != 5 {
		t.Errorf("%+v", b.report)
	}
	var out strings.Builder
	if err := b.report.print(&out); err != nil {
		t.Fatal(err)
	}
	narrow(t, out.String())
	if _, err := json.Marshal(b.report); err != nil {
		t.Error(err) // a number that is not finite
	}
}

// narrow fails where a line has more columns than a terminal.
func narrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestOnly: what is not asked for is not measured, and its peers are not started.
func TestOnly(t *testing.T) {
	b := fakeBenchmark(t, "sound")
	b.only, b.threads = []string{"gradient", "product"}, []int{2}
	if err := b.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, c := range b.report.Contests {
		titles = append(titles, c.Title)
	}
	if want := []string{"loss and gradient, 5 × 33 float32, 2 threads", "product 7³ float32, 2 threads"}; !slices.Equal(titles, want) {
		t.Errorf("%q", titles)
	}
	if _, ok := b.report.Versions["fake linear.py"]; ok {
		t.Error("linear.py was started")
	}
}

// TestOthersResults: a peer that computes something else ends the run.
func TestOthersResults(t *testing.T) {
	for value, contest := range map[string]string{"loss": "loss", "gradient": "gradient", "product": "product", "hidden": "linear", "classifier": "linear"} {
		b := fakeBenchmark(t, value)
		b.only, b.threads = []string{contest}, []int{1}
		if err := b.all(t.Context()); err == nil || !strings.Contains(err.Error(), value+" of ") || !strings.Contains(err.Error(), "they do not compute the same") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// TestMissing: a peer that cannot be run is left out and named; where none can,
// that is an error.
func TestMissing(t *testing.T) {
	b := fakeBenchmark(t, "sound")
	b.threads, b.only, b.place.llmc = []int{1}, []string{"step"}, ""
	if err := b.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	b.report.print(&out)
	if want := "Not measured: llm.c: name the folder of its source with -llmc or XENT_LLMC.\n"; !strings.HasSuffix(out.String(), want) || len(b.report.Contests[0].Sides) != 3 {
		t.Errorf("%s", &out)
	}
	b = fakeBenchmark(t, "dead")
	err := b.all(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "no peer runs here: loss.py: loss.py: no such thing; libdnnl.so: products: no such thing") {
		t.Errorf("%v", err)
	}
}

// TestMistakes: what cannot be meant, or cannot be done here, is said in one line.
func TestMistakes(t *testing.T) {
	empty := t.TempDir()
	for args, want := range map[string]string{
		"more":             `no argument is wanted, but "more" was given`,
		"-t 1,x":           "-t 1,x: want numbers of threads",
		"-t 0":             "-t 0: want numbers of threads",
		"-only losses":     "-only losses: want some of loss, gradient, product, linear, step",
		"-rounds 0":        "-rounds 0: want 1 or more",
		"-root " + empty:   "there is no system in " + empty + ": make one with bench/peers/setup.sh",
		"-python no-such-": "no-such- cannot import torch",
	} {
		t.Setenv("XENT_PEERS", "")
		var out strings.Builder
		err := run(t.Context(), strings.Fields(args), &out, t.Output())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || out.Len() > 0 {
			t.Errorf("%s: %v\n%s", args, err, &out)
		}
	}
	if err := run(t.Context(), []string{"-h"}, t.Output(), t.Output()); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	if os.Geteuid() != 0 {
		os.MkdirAll(filepath.Join(empty, "usr/bin/env"), 0o777)
		if err := usable(empty, "python3"); err == nil || !strings.Contains(err.Error(), "only root") {
			t.Error(err)
		}
	}
}

// TestStops: an interruption ends the run, and its folder is removed.
func TestStops(t *testing.T) {
	b := fakeBenchmark(t, "sound")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := b.all(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	b.place.close()
	if _, err := os.Stat(b.place.work); !os.IsNotExist(err) {
		t.Error(err)
	}
}
