package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a new terminal: what is written to the second file can be read
// from the first, as a person would see it, and the other way round as if typed.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { person.Close() })
	fd := int(person.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

// TestTerminal: a terminal gets nothing that it would act upon, and who types is
// told so; the text itself arrives.
func TestTerminal(t *testing.T) {
	dir := tinyModel(t)
	t.Setenv("TERM", "xterm")
	person, program := terminal(t)
	fmt.Fprint(person, "[97,27,98,200,10,195]\n\x04")
	var errs bytes.Buffer
	if code := run(t.Context(), program, program, &errs, []string{"tokenize", dir, "--decode"}); code != exitDone {
		t.Fatalf("code %d: %s", code, &errs)
	}
	if want := "reading standard input; end with Ctrl-D\n"; errs.String() != want {
		t.Errorf("%q, want %q", &errs, want)
	}
	if code := run(t.Context(), nil, program, &errs, []string{"sample", dir, "--prompt", "a\x1b]0;title\x07\xc3", "-n", "1"}); code != exitDone {
		t.Fatalf("code %d: %s", code, &errs)
	}
	fmt.Fprint(program, "the end")
	var seen []byte
	for !strings.Contains(string(seen), "the end") {
		b := make([]byte, 1000)
		n, err := person.Read(b)
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		seen = append(seen, b[:n]...)
	}
	_, shown, _ := strings.Cut(string(seen), "]\r\n") // what was typed is seen too
	if !strings.HasPrefix(shown, "a\\x1bb\\xc8\r\n\\xc3a\\x1b]0;title\\a") || strings.ContainsAny(shown, "\x1b\a") {
		t.Errorf("%q", shown)
	}
}
