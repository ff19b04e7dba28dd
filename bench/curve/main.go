// Command curve draws the learning curve of a run as an SVG: it reads what
// `xent train --json` prints from standard input and writes the picture to
// standard output.
//
//	go run ./cmd/xent train --json | go run ./bench/curve > docs/curve.svg
package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"strings"
)

func main() {
	if err := draw(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "curve:", err)
		os.Exit(1)
	}
}

// A run is what is read of `xent train --json`.
type run struct {
	Floor     float64 `json:"floor_bits_per_byte"`
	Baselines []struct {
		Name string  `json:"name"`
		Bits float64 `json:"bits_per_byte"`
	} `json:"baselines"`
	Curve []struct {
		Step int     `json:"step"`
		Bits float64 `json:"heldout_bits_per_byte"`
	} `json:"curve"`
}

// The picture's size and the margins of the plot inside it, in pixels.
const (
	width, height            = 760, 380
	left, right, top, bottom = 60, 150, 20, 45
)

type line struct {
	Y     float64
	Label string
	Class string
}

type picture struct {
	Width, Height, Left, Right, Bottom int
	Path                               string
	Lines, Ticks                       []line
	LastX, LastY                       float64
	Last                               string
	Steps                              []struct {
		X     float64
		Label int
	}
}

func draw(r io.Reader, w io.Writer) error {
	var in run
	if err := json.NewDecoder(r).Decode(&in); err != nil {
		return fmt.Errorf("reading the run: %w", err)
	}
	if len(in.Curve) < 2 {
		return fmt.Errorf("a run with %d evaluations has no curve", len(in.Curve))
	}
	lo, hi := math.Inf(1), 0.0
	for _, p := range in.Curve {
		lo, hi = min(lo, p.Bits), max(hi, p.Bits)
	}
	if in.Floor > 0 {
		lo = min(lo, in.Floor)
	}
	lo /= 1.15
	last := in.Curve[len(in.Curve)-1]
	x := func(step int) float64 {
		return left + float64(step)/float64(last.Step)*(width-left-right)
	}
	y := func(bits float64) float64 { // logarithmic
		return top + math.Log(hi/bits)/math.Log(hi/lo)*(height-top-bottom)
	}
	p := picture{Width: width, Height: height, Left: left, Right: width - right, Bottom: height - bottom}
	var path strings.Builder
	for i, c := range in.Curve {
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], x(c.Step), y(c.Bits))
	}
	p.Path, p.LastX, p.LastY, p.Last = path.String(), x(last.Step), y(last.Bits), fmt.Sprintf("model %.4f", last.Bits)
	for _, b := range in.Baselines {
		if b.Bits < hi && b.Bits > lo {
			p.Lines = append(p.Lines, line{y(b.Bits), fmt.Sprintf("%s %.3f", b.Name, b.Bits), "base"})
		}
	}
	if in.Floor > 0 {
		p.Lines = append(p.Lines, line{y(in.Floor), fmt.Sprintf("floor %.4f", in.Floor), "floor"})
	}
	for _, bits := range []float64{0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 8} {
		if bits > lo && bits < hi {
			p.Ticks = append(p.Ticks, line{Y: y(bits), Label: fmt.Sprint(bits)})
		}
	}
	for i := range 5 {
		step := last.Step * i / 4
		p.Steps = append(p.Steps, struct {
			X     float64
			Label int
		}{x(step), step})
	}
	return svg.Execute(w, p)
}

var svg = template.Must(template.New("svg").Parse(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{.Width}} {{.Height}}" font-family="system-ui, sans-serif" font-size="12">
<style>
text { fill: #444 } .grid { stroke: #e5e5e5 } .base { stroke: #999; stroke-dasharray: 2 4 } .floor { stroke: #b3261e; stroke-dasharray: 6 4 }
.curve { fill: none; stroke: #1a56a8; stroke-width: 2 } .strong { fill: #1a56a8; font-weight: 600 }
</style>
<rect width="100%" height="100%" fill="#fff"/>
{{range .Ticks}}<path class="grid" d="M{{$.Left}} {{.Y}}H{{$.Right}}"/><text x="{{$.Left}}" dx="-8" dy="4" y="{{.Y}}" text-anchor="end">{{.Label}}</text>
{{end}}{{range .Lines}}<path class="{{.Class}}" d="M{{$.Left}} {{.Y}}H{{$.Right}}"/><text x="{{$.Right}}" dx="8" dy="4" y="{{.Y}}">{{.Label}}</text>
{{end}}<path class="curve" d="{{.Path}}"/><circle cx="{{.LastX}}" cy="{{.LastY}}" r="3.5" fill="#1a56a8"/><text class="strong" x="{{.LastX}}" y="{{.LastY}}" dx="8" dy="-8">{{.Last}}</text>
{{range .Steps}}<text x="{{.X}}" y="{{$.Bottom}}" dy="18" text-anchor="middle">{{.Label}}</text>
{{end}}<text x="{{.Left}}" y="{{.Height}}" dy="-8">steps</text><text x="{{.Left}}" y="14" dx="8">held-out bits/byte, logarithmic</text>
</svg>
`))
