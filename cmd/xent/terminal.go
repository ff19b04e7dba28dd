package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// A screen shows progress on a stream: on a terminal one line that is written
// anew, elsewhere a plain line every few seconds.
type screen struct {
	w        io.Writer
	terminal bool
	quiet    bool
	width    int
	shown    bool      // a line stands that will be written over
	last     time.Time // of a plain line
}

// plainEvery is the time between two lines where there is no terminal.
const plainEvery = 5 * time.Second

// plainWidth is the width that text is laid out for, at most.
const plainWidth = 80

func newScreen(w io.Writer, quiet bool) *screen {
	return &screen{w: w, terminal: isTerminal(w), width: lineWidth(w), quiet: quiet, last: time.Now()}
}

// fileOf is the file that w writes to, nil where that is none.
func fileOf(w io.Writer) *os.File {
	if r, ok := w.(*results); ok {
		w = r.w
	}
	f, _ := w.(*os.File)
	return f
}

// isTerminal reports whether w shows a cursor that can be moved.
func isTerminal(w io.Writer) bool {
	f := fileOf(w)
	return f != nil && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" && obeysEscapes(f)
}

// forEyes returns w, for text that nobody has looked at: where it is a terminal,
// what that would act upon is shown escaped.
func forEyes(w io.Writer) io.Writer {
	if f := fileOf(w); f != nil && term.IsTerminal(int(f.Fd())) {
		return &escaping{w: w}
	}
	return w
}

// escaping shows control characters and invalid bytes escaped. A character may
// come in several pieces.
type escaping struct {
	w    io.Writer
	tail []byte // the beginning of a character
}

func (s *escaping) Write(p []byte) (int, error) {
	text := append(s.tail, p...)
	end := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if at := len(text) - back; utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				end = at
			}
			break
		}
	}
	s.tail = slices.Clone(text[end:])
	if _, err := io.WriteString(s.w, escaped(string(text[:end]), "\n\t")); err != nil {
		return 0, err
	}
	return len(p), nil
}

// finish shows the beginning of a character that nothing followed, where w is
// escaping.
func finish(w io.Writer) error {
	s, ok := w.(*escaping)
	if !ok || len(s.tail) == 0 {
		return nil
	}
	_, err := io.WriteString(s.w, escaped(string(s.tail), ""))
	s.tail = nil
	return err
}

// A keyboard is standard input where that is a terminal: it says so when it is
// first read, which else looks like a program that hangs.
type keyboard struct {
	in   io.Reader
	err  io.Writer
	said bool
}

// fromKeyboard returns in, as a keyboard where it is one.
func fromKeyboard(in io.Reader, err io.Writer) io.Reader {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &keyboard{in: in, err: err}
	}
	return in
}

func (k *keyboard) Read(p []byte) (int, error) {
	if !k.said {
		k.said = true
		if isTerminal(k.err) {
			fmt.Fprint(k.err, "\r\x1b[K") // over a line of status
		}
		fmt.Fprintf(k.err, "reading standard input; end with %s\n", endOfInput)
	}
	return k.in.Read(p)
}

// terminalWidth is how many columns a terminal has now; 0 where w is none.
func terminalWidth(w io.Writer) int {
	if isTerminal(w) {
		if width, _, err := term.GetSize(int(fileOf(w).Fd())); err == nil {
			return width
		}
	}
	return 0
}

// leastWidth is the width that charts and tables need.
const leastWidth = 40

// lineWidth is plainWidth, or less on a narrower terminal.
func lineWidth(w io.Writer) int {
	if width := terminalWidth(w); width > 0 {
		return min(max(width, leastWidth), plainWidth)
	}
	return plainWidth
}

// status shows where things stand.
func (s *screen) status(format string, args ...any) {
	if s.quiet {
		return
	}
	line := fmt.Sprintf(format, args...)
	if s.terminal {
		width := s.width
		if now := terminalWidth(s.w); now > 0 { // a line that is broken cannot be written over
			width = now
		}
		fmt.Fprintf(s.w, "\r\x1b[K%s", clip(line, width-1))
		s.shown = true
		return
	}
	if now := time.Now(); now.Sub(s.last) >= plainEvery {
		s.last = now
		fmt.Fprintln(s.w, line)
	}
}

// line writes a line that stays.
func (s *screen) line(format string, args ...any) {
	if s.quiet {
		return
	}
	s.clear()
	fmt.Fprintf(s.w, format+"\n", args...)
	s.last = time.Now()
}

// clear takes the status line away.
func (s *screen) clear() {
	if s.shown {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.shown = false
	}
}

// bold emphasises s on a terminal unless NO_COLOR is set.
func bold(w io.Writer, s string) string {
	if !isTerminal(w) || os.Getenv("NO_COLOR") != "" {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}
