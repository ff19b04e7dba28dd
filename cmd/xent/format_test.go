package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"xent/train"
)

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		thousands(0):                         "0",
		thousands(999):                       "999",
		thousands(-1234567):                  "-1,234,567",
		thousands(int64(math.MinInt64)):      "-9,223,372,036,854,775,808",
		count(1, "story"):                    "1 story",
		count(1000, "story"):                 "1,000 stories",
		count(0, "byte"):                     "0 bytes",
		byteSize(0):                          "0 B",
		byteSize(999):                        "999 B",
		byteSize(1_000):                      "1 kB",
		byteSize(18_449_999):                 "18.4 MB",
		byteSize(999_600_000):                "1 GB",
		byteSize(5_000_000_000_000_000):      "5e+03 TB",
		duration(75 * time.Second):           "1:15",
		duration(3675*time.Second + 600e6):   "1:01:16",
		clip("naïve", 5):                     "naïve",
		clip("naïve!", 5):                    "naïv…",
		clipLeft("a/naïve", 6):               "…naïve",
		clipLeft("naïve", 5):                 "naïve",
		printable([]byte("a\x1b[2Jb\xff\n")): "a\ufffd[2Jb\ufffd\n",
		shellWord("runs/m-1_a.b"):            "runs/m-1_a.b",
		shellWord("my model"):                "'my model'",
		shellWord("it's"):                    `'it'\''s'`,
		shellWord(""):                        "''",
		shellWord("-d"):                      "./-d",
		shellWord("-a b"):                    "'./-a b'",
		shellWord("a\nb\\it's\xff"):          `$'a\nb\\it\'s\xff'`,
		escaped("naïve\t日本\x1b\u200b\xff\r\n", "\t"): "naïve\t日本" + `\x1b\u200b\xff\r\n`,
		wrap("", 10, "  "): "",
		wrap("naïve ones are  wrapped\nhere", 10, " "): " naïve\n ones are\n wrapped\n here\n",
		wrap("abcdefgh ij", 5, " "):                    " abcd\n efgh\n ij\n",
		labelled("a: ", "bb cc", 6):                    "a: bb\n   cc\n",
		wrap("日本語の本 e\u0301a", 6, "  "):                "  日本\n  語の\n  本\n  e\u0301a\n",
		wrap("ab", 2, " "):                             " a\n b\n",
		clip("日本語", 5):                                 "日本…",
		clip("日本語", 6):                                 "日本語",
		clip("ab", 1):                                  "…",
		clipLeft("日本語", 4):                             "…語",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestColumns(t *testing.T) {
	for text, want := range map[string]int{"": 0, "naïve": 5, "nai\u0308ve": 5, "日本": 4, "한글": 4, "\u1112\u1161\u11ab": 2, "ｱ": 1, "Ａ。": 4, "🦀": 2, "\u200b": 0, "█┄…": 3, "\ufffd": 1} {
		if got := columns(text); got != want {
			t.Errorf("%q: %d columns, want %d", text, got, want)
		}
	}
}

// TestScreen shows progress as on a terminal, elsewhere, and not at all.
func TestScreen(t *testing.T) {
	var out bytes.Buffer
	show := func(s *screen) string {
		out.Reset()
		s.status("one %d", 1)
		s.status("%s", strings.Repeat("two ", 9))
		s.line("stays")
		s.status("three")
		s.clear()
		s.clear()
		return out.String()
	}
	terminal := newScreen(&out, false)
	if terminal.terminal || terminal.width != plainWidth {
		t.Fatal("a buffer is taken for a terminal")
	}
	terminal.terminal, terminal.width = true, 12
	const wipe = "\r\x1b[K"
	if got, want := show(terminal), wipe+"one 1"+wipe+"two two tw…"+wipe+"stays\n"+wipe+"three"+wipe; got != want {
		t.Errorf("terminal: %q, want %q", got, want)
	}
	if got := show(newScreen(&out, false)); got != "stays\n" {
		t.Errorf("within seconds: %q", got)
	}
	late := newScreen(&out, false)
	late.last = time.Now().Add(-plainEvery)
	if got := show(late); got != "one 1\nstays\n" {
		t.Errorf("later: %q", got)
	}
	if got := show(newScreen(&out, true)); got != "" {
		t.Errorf("quiet: %q", got)
	}
	if got := bold(&out, "x"); got != "x" {
		t.Errorf("colour outside of a terminal: %q", got)
	}
}

// TestCharts draws what runs of all lengths have to show.
func TestCharts(t *testing.T) {
	point := func(step int, bits float64) train.Point { return train.Point{Step: step, BitsPerByte: bits} }
	for _, points := range [][]train.Point{nil, {point(0, 3)}, {point(0, 3), point(9, 3)}, {point(0, 3), point(9, math.NaN())}, {point(0, math.Inf(1)), point(9, 3)}} {
		if got := curve(points, 0, 60, 5); got != "" {
			t.Errorf("%v: a curve of nothing\n%s", points, got)
		}
	}
	want := "  4.000 ┤••\n        ┤  •••\n  2.000 ┤     ••\n        ┤       •••\n  1.000 ┤┄┄┄┄┄┄┄┄┄┄\n" + "         0   step 8\n"
	if got := curve([]train.Point{point(0, 4), point(8, 1.3)}, 1, 20, 5); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := curve([]train.Point{point(0, 2), point(8, 1)}, 3, 20, 3); !strings.HasPrefix(got, "  3.000 ┤┄") {
		t.Errorf("a floor above all:\n%s", got)
	}
	want = "  gzip    4.0000  ████\n  model   1.5000  █▌\n"
	if got := bars([]bar{{"gzip", 4}, {"model", 1.5}}, 23); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	fits(t, bars([]bar{{"a", 1}, {"b", 0}, {"c", math.Inf(1)}, {"d", math.NaN()}}, 80))
}
