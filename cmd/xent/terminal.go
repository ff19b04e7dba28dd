package main

import (
	"fmt"
	"io"
	"os"
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

func newScreen(w io.Writer, quiet bool) *screen {
	s := &screen{w: w, width: 80, quiet: quiet}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.terminal = true
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			s.width = width
		}
	}
	return s
}

// status shows where things stand.
func (s *screen) status(format string, args ...any) {
	if s.quiet {
		return
	}
	line := fmt.Sprintf(format, args...)
	if s.terminal {
		fmt.Fprintf(s.w, "\r\x1b[K%s", clip(line, s.width-1))
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

// clip cuts a line to a width in characters.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:max(width-1, 0)]) + "…"
}

// A palette colours words, or does not: on a terminal unless NO_COLOR is set.
type palette struct{ on bool }

func newPalette(w io.Writer) palette {
	f, ok := w.(*os.File)
	return palette{ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""}
}

func (p palette) paint(code, s string) string {
	if !p.on {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p palette) bold(s string) string  { return p.paint("1", s) }
func (p palette) faint(s string) string { return p.paint("2", s) }
func (p palette) green(s string) string { return p.paint("32", s) }
