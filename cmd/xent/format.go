package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// thousands writes 1234567 as 1,234,567.
func thousands[T ~int | ~int64](n T) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// byteSize writes a number of bytes with three digits, 1.4 MB.
func byteSize(n int64) string {
	x, unit := float64(n), ""
	for _, next := range []string{"k", "M", "G", "T"} {
		if x < 999.5 {
			break
		}
		x, unit = x/1000, next
	}
	return fmt.Sprintf("%.3g %sB", x, unit)
}

// duration writes 75 s as 1:15.
func duration(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// count writes "1 document", "2 documents".
func count[T ~int | ~int64](n T, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		thing = stem + "ie"
	}
	return thousands(n) + " " + thing + "s"
}

// columns is how many columns of a terminal a text takes.
func columns(s string) (n int) {
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is 2 for East Asian characters and emoji, 0 for marks that stand
// on the character before them, 1 for others.
func runeColumns(r rune) int {
	within := func(lo, hi rune) bool { return lo <= r && r <= hi }
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || within(0x1160, 0x11ff): // later parts of Hangul syllables
		return 0
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Yi) && !within(0xff61, 0xff9f), // half-width
		within(0x1100, 0x115f), within(0xac00, 0xd7a3), // Hangul
		within(0x3000, 0x303e), within(0xff01, 0xff60), within(0xffe0, 0xffe6), // punctuation and full-width forms
		within(0x1f300, 0x1faff): // emoji
		return 2
	}
	return 1
}

// cut returns the longest beginning of s that takes at most width columns, and
// at least one character.
func cut(s string, width int) string {
	n := 0
	for i, r := range s {
		if n += runeColumns(r); n > width && i > 0 {
			return s[:i]
		}
	}
	return s
}

// wrap breaks a text into lines of at most width columns, each behind indent,
// which is narrower. Words that are wider are cut.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	for paragraph := range strings.Lines(text) {
		line, column := indent, columns(indent)
		start := column
		for _, word := range words(paragraph, width-start) {
			length := columns(word)
			if column > start && column+1+length > width {
				b.WriteString(line + "\n")
				line, column = indent, start
			}
			if column > start {
				line += " "
				column++
			}
			line += word
			column += length
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// words cuts a text at white space, and what is longer than room again.
func words(text string, room int) (all []string) {
	for _, word := range strings.Fields(text) {
		for columns(word) > room {
			first := cut(word, room)
			all, word = append(all, first), word[len(first):]
		}
		all = append(all, word)
	}
	return all
}

// labelled wraps a text behind a label, under which later lines are indented.
func labelled(label, text string, width int) string {
	indent := strings.Repeat(" ", columns(label))
	return label + strings.TrimPrefix(wrap(text, width, indent), indent)
}

// printable replaces what a terminal would act upon: a model may write
// anything.
func printable(text []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, string(text))
}

// clip cuts a line to a width in columns.
func clip(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	if width < 2 {
		return "…"
	}
	return cut(s, width-1) + "…"
}

// clipLeft cuts a path to a width, keeping its end.
func clipLeft(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	for columns(s) > max(width-1, 0) {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return "…" + s
}

// shellWord quotes a path for a command that is printed, where it needs that. What
// would be taken for a flag gets a folder before it.
func shellWord(s string) string {
	if strings.HasPrefix(s, "-") && s != "-" {
		s = "./" + s
	}
	if plain := escaped(s, ""); plain != s { // in bash, zsh, ksh and newer sh
		return "$'" + strings.ReplaceAll(escaped(strings.ReplaceAll(s, `\`, `\\`), ""), "'", `\'`) + "'"
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./:+,@%", r))
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// escaped writes what is not printable, but for the characters in keep, as Go and
// most shells do: \n, \x1b.
func escaped(s, keep string) string {
	var b strings.Builder
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		switch r, size = utf8.DecodeRuneInString(s[i:]); {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r) || strings.ContainsRune(keep, r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}
