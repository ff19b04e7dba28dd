package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"xent/internal/source"
)

// asXent makes the test binary behave as xent, for the tests that need a
// process of their own: with the arguments as they are if it is asGiven, else made
// cheap.
const (
	asXent  = "TEST_RUN_AS_XENT"
	asGiven = "as given"
)

// scratch is a folder for what all tests share.
var scratch string

func TestMain(m *testing.M) {
	if mode := os.Getenv(asXent); mode != "" {
		args := os.Args[1:]
		if mode != asGiven {
			args = cheap(args)
		}
		settle()
		os.Exit(run(context.Background(), os.Stdin, os.Stdout, os.Stderr, args))
	}
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "XENT_") {
			os.Unsetenv(name)
		}
	}
	var err error
	if scratch, err = os.MkdirTemp("", "xent"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// A result is what a call of the program came to.
type result struct {
	code     int
	out, err string
}

// call runs the program in this process.
func call(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), strings.NewReader(stdin), &out, &errs, args)
	return result{code, out.String(), errs.String()}
}

// must is call for what has to succeed; it returns standard output.
func must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	r := call(t, stdin, args...)
	if r.code != exitDone {
		t.Fatalf("xent %q: code %d\n%s%s", args, r.code, r.out, r.err)
	}
	return r.out
}

// decoded parses one JSON object.
func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("more than one object in %q", text)
	}
	return object
}

// member returns what lies at a path such as "total.bytes".
func member(t *testing.T, object map[string]any, path string) any {
	t.Helper()
	var at any = object
	for name := range strings.SplitSeq(path, ".") {
		m, ok := at.(map[string]any)
		if at = m[name]; !ok || at == nil {
			t.Fatalf("no %s", path)
		}
	}
	return at
}

func number(t *testing.T, object map[string]any, path string) float64 {
	t.Helper()
	x, err := member(t, object, path).(json.Number).Float64()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// hasNames fails unless the object's names are exactly these, in any order.
func hasNames(t *testing.T, what string, object any, names string) {
	t.Helper()
	got := strings.Join(slices.Sorted(maps.Keys(object.(map[string]any))), " ")
	if want := strings.Join(slices.Sorted(slices.Values(strings.Fields(names))), " "); got != want {
		t.Errorf("%s has the names\n%s\nwant\n%s", what, got, want)
	}
}

// file makes a file and returns its path.
func file(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// shape makes every model of the tests small.
var shape = []string{"--size", "nano", "--width", "32", "--layers", "1", "--vocab", "300"}

// lessons is the text that the tests' models learn from.
var lessons = sync.OnceValue(func() string {
	var text strings.Builder
	stories := source.Stories()
	for i := range uint64(60) {
		story, _ := stories.Story(7, i)
		text.Write(story)
	}
	path := filepath.Join(scratch, "corpus.txt")
	if err := os.WriteFile(path, []byte(text.String()), 0o666); err != nil {
		panic(err)
	}
	return path
})

// A trained model is the one that tests share, with what making it said.
type trained struct {
	result
	dir  string
	args []string
}

var tiny = sync.OnceValue(func() trained {
	m := trained{dir: filepath.Join(scratch, "tiny")}
	m.args = append([]string{"train", lessons(), "--steps", "6", "--eval-every", "2", "--checkpoint-every", "3"}, shape...)
	var out, errs bytes.Buffer
	m.code = run(context.Background(), nil, &out, &errs, append(m.args, "-o", m.dir))
	m.out, m.err = out.String(), errs.String()
	return m
})

// tinyModel returns the shared model's folder.
func tinyModel(t *testing.T) string {
	t.Helper()
	m := tiny()
	if m.code != exitDone {
		t.Fatalf("training: code %d\n%s%s", m.code, m.out, m.err)
	}
	return m.dir
}
