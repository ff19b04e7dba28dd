package main

import (
	"fmt"
	"math"
	"strings"

	"xent/train"
)

// curve draws held-out bits a byte over steps, on a logarithmic scale, and the
// floor if there is one.
func curve(points []train.Point, floor float64, width, height int) string {
	const margin = 8 // for the numbers at the left
	width -= margin + 2
	lo, hi := math.Inf(1), 0.0
	for _, p := range points {
		lo, hi = min(lo, p.BitsPerByte), max(hi, p.BitsPerByte)
	}
	if floor > 0 {
		lo, hi = min(lo, floor), max(hi, floor)
	}
	if !(lo > 0 && hi > lo && hi < math.Inf(1) && len(points) > 1) {
		return ""
	}
	row := func(bits float64) int {
		return int(math.Round(math.Log(hi/bits) / math.Log(hi/lo) * float64(height-1)))
	}
	grid := make([][]rune, height)
	for i := range grid {
		grid[i] = []rune(strings.Repeat(" ", width))
	}
	if floor > 0 {
		for x := range width {
			grid[row(floor)][x] = '┄'
		}
	}
	last := points[len(points)-1].Step
	for x, at := 0, 0; x < width; x++ {
		step := float64(x) / float64(width-1) * float64(last)
		for at+2 < len(points) && float64(points[at+1].Step) < step {
			at++
		}
		a, b := points[at], points[at+1]
		t := min(max((step-float64(a.Step))/float64(b.Step-a.Step), 0), 1)
		grid[row(a.BitsPerByte*math.Pow(b.BitsPerByte/a.BitsPerByte, t))][x] = '•'
	}
	var out strings.Builder
	for y, line := range grid {
		label := ""
		if y == 0 || y == height-1 || y == height/2 {
			label = fmt.Sprintf("%.3f", hi*math.Pow(lo/hi, float64(y)/float64(height-1)))
		}
		fmt.Fprintf(&out, "%*s ┤%s\n", margin-1, label, strings.TrimRight(string(line), " "))
	}
	fmt.Fprintf(&out, "%*s  0%*s\n", margin-1, "", width-1, fmt.Sprintf("step %s", thousands(last)))
	return out.String()
}

// bars draws one bar a row, scaled to the largest value. A value that is not
// finite has none.
func bars(rows []bar, width int) string {
	finite := func(x float64) bool { return x >= 0 && x < math.Inf(1) }
	names, largest := 0, 0.0
	for _, r := range rows {
		names = max(names, columns(r.name))
		if finite(r.value) {
			largest = max(largest, r.value)
		}
	}
	var out strings.Builder
	for _, r := range rows {
		full := ""
		if finite(r.value) && r.value > 0 {
			eighths := int(math.Round(r.value / largest * float64(width-names-14) * 8))
			full = strings.Repeat("█", max(eighths/8, 0))
			if rest := eighths % 8; rest > 0 {
				full += string([]rune(" ▏▎▍▌▋▊▉")[rest])
			}
		}
		line := fmt.Sprintf("  %s%s %8.4f  %s", r.name, strings.Repeat(" ", names-columns(r.name)), r.value, full)
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.String()
}

type bar struct {
	name  string
	value float64
}
