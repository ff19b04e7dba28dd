package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"xent/internal/bench"
)

// A benchReport is the object that `xent bench --json` prints; docs/json.md says what
// its members mean.
type benchReport struct {
	Schema  int               `json:"schema_version"`
	Command string            `json:"command"`
	Options map[string]any    `json:"options"`
	Machine benchMachine      `json:"machine"`
	Limits  benchLimits       `json:"limits"` // on all threads
	One     benchLimits       `json:"limits_one_thread"`
	Results []any             `json:"results"` // *lossResult, *matmulResult, *linearResult, *stepResult
	Seconds finite            `json:"total_seconds"`
	Why     map[string]string `json:"nonfinite,omitempty"`
}

type benchMachine struct {
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`
	Backend string `json:"backend"`
	Go      string `json:"go"`
}

// benchRates are those of the loops that do nothing else.
type benchRates struct {
	Read   finite `json:"read_gb_per_s"`
	Copy   finite `json:"copy_gb_per_s"`
	Stream finite `json:"nt_copy_gb_per_s"`
	FMA    finite `json:"fma_gflop_per_s"`
}

func (r *benchRates) take(z bench.Limits, which func(bench.Times) float64) {
	*r = benchRates{finite(which(z.Read)), finite(which(z.Copy)), finite(which(z.Stream)), finite(which(z.FMA))}
}

type benchLimits struct {
	benchRates
	Threads   int         `json:"threads"`
	Loops     string      `json:"loops"`
	Bytes     int         `json:"bytes"`
	HugePages bool        `json:"huge_pages"`
	Min       *benchRates `json:"min"`
	Max       *benchRates `json:"max"`
}

// benchTimes are what a result's times were.
type benchTimes struct {
	Seconds     finite `json:"seconds"`
	Min         finite `json:"seconds_min"`
	Max         finite `json:"seconds_max"`
	Repetitions int    `json:"repetitions"`
}

func timesOf(t bench.Times) benchTimes {
	return benchTimes{finite(t.Median), finite(t.Min), finite(t.Max), t.Repetitions}
}

func (t *benchTimes) spread() finite { return (t.Max - t.Min) / t.Seconds }

type lossResult struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	N       int    `json:"n"`
	V       int    `json:"v"`
	Threads int    `json:"threads"`
	InPlace *bool  `json:"in_place,omitempty"` // of gradients
	Rate    finite `json:"gb_per_s"`
	Limit   finite `json:"limit_gb_per_s"`
	Share   finite `json:"of_limit"`
	Read    finite `json:"read_gb_per_s,omitzero"` // of the loss alone
	Cached  finite `json:"l1_gb_per_s,omitzero"`   // of the loss alone
	benchTimes
}

type matmulResult struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	M          int    `json:"m"`
	N          int    `json:"n"`
	K          int    `json:"k"`
	Transposed bool   `json:"transposed"`
	Threads    int    `json:"threads"`
	Rate       finite `json:"gflop_per_s"`
	Limit      finite `json:"limit_gflop_per_s"`
	Share      finite `json:"of_limit"`
	benchTimes
}

type linearResult struct {
	Name      string `json:"name"`
	N         int    `json:"n"`
	D         int    `json:"d"`
	V         int    `json:"v"`
	Threads   int    `json:"threads"`
	Products  finite `json:"matmul_seconds"`
	Workspace int64  `json:"workspace_bytes"`
	Growth    int64  `json:"growth_bytes,omitzero"` // of the one whose logits would not fit; 0: not known
	benchTimes
}

type stepResult struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Parameters int    `json:"parameters"`
	Tokens     int    `json:"tokens"`
	Threads    int    `json:"threads"`
	PerSecond  finite `json:"tokens_per_second"`
	Rate       finite `json:"gflop_per_s"`
	Limit      finite `json:"limit_gflop_per_s"`
	Share      finite `json:"of_limit"`
	benchTimes
}

// A benchTable has a line for each thing, and cells for each number of threads.
type benchTable struct {
	w       io.Writer
	threads []int
	labels  []string // of the section's lines, in their order
	cells   map[string]map[int]string
}

const benchLabel = 34 // columns

// print prints one table for people.
func (r *benchReport) print(w io.Writer) error {
	cpu := r.Machine.CPU
	if cpu == "" {
		cpu = "unknown CPU"
	}
	io.WriteString(w, wrap(fmt.Sprintf("%s, %s, back end %s, %s", escaped(cpu, ""), count(r.Machine.Cores, "logical core"), r.Machine.Backend, r.Machine.Go), plainWidth, ""))
	t := &benchTable{w: w, threads: []int{r.One.Threads}}
	if r.Limits.Threads > 1 {
		t.threads = append(t.threads, r.Limits.Threads)
	}
	r.printLimits(t)
	section := ""
	for _, result := range r.Results {
		section = t.result(result, section)
	}
	t.flush()
	notes := "Rates are medians. GB/s are bytes read and written; share: of the limit, which was measured in turn and over the same memory: reading for the loss, or its own rate in the first cache where that is less, the faster copy for gradients, multiplying and adding for what computes, or reading B where a product cannot be faster. spread: longest less shortest time, over the median."
	if r.Limits.Loops == "generic" {
		notes += " The limits are those of loops in plain Go, which are less than the machine's."
	}
	fmt.Fprint(w, "\n", wrap(notes, plainWidth, ""))
	return nil
}

func (r *benchReport) printLimits(t *benchTable) {
	pages := ""
	if r.Limits.HugePages {
		pages = ", huge pages"
	}
	fmt.Fprint(t.w, "\n"+padded(""))
	for _, n := range t.threads {
		fmt.Fprintf(t.w, "%23s", count(n, "thread"))
	}
	t.head(fmt.Sprintf("limits (%s%s)", byteSize(int64(r.Limits.Bytes)), pages), "GB/s", "")
	limits := []*benchLimits{&r.One, &r.Limits}[:len(t.threads)]
	for _, line := range []struct {
		label string
		rate  func(*benchRates) finite
	}{
		{"read", func(x *benchRates) finite { return x.Read }},
		{"copy", func(x *benchRates) finite { return x.Copy }},
		{"copy past the caches", func(x *benchRates) finite { return x.Stream }},
		{"multiply and add, GFLOP/s", func(x *benchRates) finite { return x.FMA }},
	} {
		for _, z := range limits {
			rate := line.rate(&z.benchRates)
			t.cell("  "+line.label, z.Threads, rate, finite(math.NaN()), (line.rate(z.Max)-line.rate(z.Min))/rate)
		}
	}
}

// result adds a line, with a heading before it where the one before was another.
func (t *benchTable) result(result any, section string) string {
	heading := func(title, unit, share string) {
		if title != section {
			t.head(title, unit, share)
			section = title
		}
	}
	switch r := result.(type) {
	case *lossResult:
		heading(fmt.Sprintf("%s × %s %s", thousands(r.N), thousands(r.V), r.Type), "GB/s", "share")
		label := "  loss"
		if r.InPlace != nil {
			label = "  loss and gradient" + map[bool]string{true: " in place", false: ""}[*r.InPlace]
		}
		t.cell(label, r.Threads, r.Rate, r.Share, r.spread())
	case *matmulResult:
		heading("products", "GFLOP/s", "share")
		t.cell("  "+r.label(), r.Threads, r.Rate, r.Share, r.spread())
	case *linearResult:
		heading(fmt.Sprintf("linear loss, %s × %s × %s", thousands(r.N), thousands(r.D), thousands(r.V)), "", "")
		if math.IsNaN(float64(r.Products)) {
			t.line("%.3g s on %s, %.0f GFLOP/s%s", float64(r.Seconds), count(r.Threads, "thread"), 6*float64(r.N)*float64(r.D)*float64(r.V)/1e9/float64(r.Seconds), r.memory())
			break
		}
		t.line("%.3g s on %s, %.3g × its three products alone (%.3g s); spread %s; workspace %s", float64(r.Seconds), count(r.Threads, "thread"),
			float64(r.Seconds/r.Products), float64(r.Products), percent(r.spread()), byteSize(r.Workspace))
	case *stepResult:
		title := fmt.Sprintf("training step, %s parameters", millions(r.Parameters))
		if r.Type == "bf16" {
			title += ", layers' products of bfloat16"
		}
		heading(title, "", "")
		t.line("%.3g s for %s tokens on %s, %s tokens/s; %.0f GFLOP/s, %s of the limit; spread %s", float64(r.Seconds), thousands(r.Tokens), count(r.Threads, "thread"),
			thousands(int(r.PerSecond)), float64(r.Rate), percent(r.Share), percent(r.spread()))
	}
	return section
}

// memory compares what was taken besides the arrays with what the logits would take.
func (r *linearResult) memory() string {
	logits := byteSize(4 * int64(r.N) * int64(r.V))
	if r.Growth == 0 {
		return "; its logits would take " + logits
	}
	return fmt.Sprintf("; %s of memory besides inputs and gradients, where the logits would take %s", byteSize(r.Growth), logits)
}

func (r *matmulResult) label() string {
	label := fmt.Sprintf("%d × %d × %d", r.M, r.N, r.K)
	if r.Transposed {
		label += " (B transposed)"
	}
	if r.Type == "bf16" {
		label += " bf16"
	}
	return label
}

// head begins a section. In its columns are rates of unit, if there is one, and shares.
func (t *benchTable) head(title, unit, share string) {
	t.flush()
	line := title
	if unit != "" {
		line = padded(title) + strings.Repeat(fmt.Sprintf(benchCell, unit, share, "spread"), len(t.threads))
	}
	fmt.Fprintln(t.w, "\n"+strings.TrimRight(line, " "))
}

// benchCell is the form of what a line has for a number of threads.
const benchCell = "%9s %6s %6s"

// padded is a label, and blanks up to the columns.
func padded(label string) string {
	return label + strings.Repeat(" ", max(benchLabel-columns(label), 0))
}

// cell adds to the section's line of that label.
func (t *benchTable) cell(label string, threads int, rate, share, spread finite) {
	if t.cells[label] == nil {
		t.labels = append(t.labels, label)
		t.cells[label] = map[int]string{}
	}
	t.cells[label][threads] = fmt.Sprintf(benchCell, orDash(float64(rate), "%.1f"), orBlank(share), orDash(100*float64(spread), "%.0f %%"))
}

// flush writes the lines of the section.
func (t *benchTable) flush() {
	for _, label := range t.labels {
		line := padded(label)
		for _, n := range t.threads {
			line += t.cells[label][n]
		}
		fmt.Fprintln(t.w, strings.TrimRight(line, " "))
	}
	t.labels, t.cells = nil, map[string]map[int]string{}
}

// line writes a sentence below a heading.
func (t *benchTable) line(format string, args ...any) {
	fmt.Fprint(t.w, wrap(fmt.Sprintf(format, args...), plainWidth, "  "))
}

func percent(x finite) string { return fmt.Sprintf("%.0f %%", 100*float64(x)) }

// orBlank is a share that there may be none of.
func orBlank(x finite) string {
	if math.IsNaN(float64(x)) {
		return ""
	}
	return percent(x)
}

// millions writes 13,767,552 as 13.8 M.
func millions(n int) string { return fmt.Sprintf("%.3g M", float64(n)/1e6) }
