package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// width is that of all that is printed, in columns.
const width = 80

const notes = `ms and rate are medians over the rounds. Everybody is measured in each round, one
after the other, while the others are idle and warm. share is of the limit that was
measured in the same round; spread is the longest less the shortest time, over the
median; ratio is the time over xent's in the same round, its median and range: above
1, xent is faster. GB/s are bytes of logits read, and of gradients written.`

// print prints the report for people.
func (r *report) print(w io.Writer) error {
	var s strings.Builder
	cpu := r.Machine.CPU
	if cpu == "" {
		cpu = "unknown CPU"
	}
	wrapped(&s, fmt.Sprintf("%s, %d logical cores; xent %s, %s, %s.", cpu, r.Machine.Cores, r.Machine.Xent, r.Machine.Backend, r.Machine.Go))
	var versions []string
	for name, version := range r.Versions {
		versions = append(versions, name+" "+version)
	}
	slices.Sort(versions)
	wrapped(&s, strings.Join(versions, ", ")+".")
	fmt.Fprintf(&s, "\n%-33s%8s%7s%7s%7s%6s\n", "", "ms", "rate", "share", "spread", "ratio")
	idle := 0.0
	for i := range r.Contests {
		r.Contests[i].print(&s)
		idle = max(idle, r.Contests[i].Idle)
	}
	s.WriteByte('\n')
	wrapped(&s, strings.Join(strings.Fields(notes), " ")+
		fmt.Sprintf(" While one was measured, all others together took at most %.1f %% of a core. %.0f minutes.", 100*idle, r.Seconds/60))
	if r.Quick {
		wrapped(&s, "The sizes were small: these numbers mean nothing.")
	}
	for _, m := range r.Missing {
		wrapped(&s, "Not measured: "+m+".")
	}
	_, err := io.WriteString(w, s.String())
	return err
}

func (c *contestReport) print(s *strings.Builder) {
	fmt.Fprintf(s, "\n%s (%s)\n", c.Title, c.Unit)
	for i, x := range append([]sideReport{c.Limit}, c.Sides...) {
		line := "  " + padded(x.Name, 31) + fmt.Sprintf("%8s%7s%7s%7s", digits(1e3*x.Seconds), digits(x.Rate), percent(x.Share), percent((x.Max-x.Min)/x.Seconds))
		if i > 1 {
			line += fmt.Sprintf("%6s %s–%s", digits(x.Ratio), digits(x.RatioMin), digits(x.RatioMax))
		}
		fmt.Fprintln(s, line)
	}
	var memory []string
	for _, x := range c.Sides {
		if x.Memory > 0 {
			memory = append(memory, fmt.Sprintf("%s %.2f GB", x.Name, float64(x.Memory)/1e9))
		}
	}
	if len(memory) > 0 {
		for line := range strings.Lines(folded("memory beyond the inputs: "+strings.Join(memory, ", "), width-2)) {
			s.WriteString("  " + line)
		}
	}
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// digits writes three of them, or all before the point.
func digits(x float64) string {
	switch {
	case x < 9.995:
		return fmt.Sprintf("%.2f", x)
	case x < 99.95:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// padded fills a label up with blanks.
func padded(label string, columns int) string {
	return label + strings.Repeat(" ", max(columns-utf8.RuneCountInString(label), 0))
}

// wrapped writes text in lines.
func wrapped(s *strings.Builder, text string) { s.WriteString(folded(text, width)) }

// folded breaks text between words.
func folded(text string, columns int) string {
	var s strings.Builder
	at := 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case at > 0 && at+1+n > columns:
			s.WriteByte('\n')
			at = 0
		case at > 0:
			s.WriteByte(' ')
			at++
		}
		s.WriteString(word)
		at += n
	}
	return s.String() + "\n"
}

// thousands writes 50257 as 50,257.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// millions writes 13,767,552 as 13.8 M.
func millions(n int) string { return fmt.Sprintf("%.3g M", float64(n)/1e6) }
