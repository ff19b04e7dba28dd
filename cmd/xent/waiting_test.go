package main

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// An endless stream says when it is read, and gives nothing until the test ends.
type endless struct{ read, end chan struct{} }

func (e *endless) Read([]byte) (int, error) {
	close(e.read)
	<-e.end
	return 0, io.EOF
}

// TestInterruptedWaiting: one signal ends a program that waits for text, which the
// end of its context stands for.
func TestInterruptedWaiting(t *testing.T) {
	model := tinyModel(t)
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"train", "-", "--steps", "1"}, {"train", "-", "--jsonl", "--steps", "1"}, {"eval", model, "-"}, {"tokenize", model}, {"tokenize", model, "--decode"},
	} {
		in := &endless{make(chan struct{}), make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-in.read
			cancel()
		}()
		var out, errs bytes.Buffer
		if code := run(ctx, in, &out, &errs, args); code != exitInterrupted || out.Len() > 0 || !bytes.Contains(errs.Bytes(), []byte("xent: interrupted")) {
			t.Errorf("%q: code %d\n%s%s", args, code, &out, &errs)
		}
		close(in.end)
	}
}

// TestKeyboard: the person is told once, and whatever is read passes.
func TestKeyboard(t *testing.T) {
	var errs bytes.Buffer
	k := &keyboard{in: io.MultiReader(bytes.NewBufferString("a "), bytes.NewBufferString("text")), err: &errs}
	if text, err := io.ReadAll(k); string(text) != "a text" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	if want := "reading standard input; end with " + endOfInput + "\n"; errs.String() != want {
		t.Errorf("%q", &errs)
	}
	if in := fromKeyboard(&errs, nil); in != io.Reader(&errs) {
		t.Error("what is no terminal is a keyboard")
	}
}
