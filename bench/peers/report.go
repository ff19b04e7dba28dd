package main

import (
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"

	"xent/internal/gemm"
	"xent/internal/machine"
)

// A report is the object that -json prints.
type report struct {
	Schema   int               `json:"schema_version"`
	Quick    bool              `json:"quick"`
	Machine  machineReport     `json:"machine"`
	Versions map[string]string `json:"versions"` // of the peers
	Missing  []string          `json:"missing"`  // peers that could not be run, and why
	Contests []contestReport   `json:"contests"`
	Seconds  float64           `json:"total_seconds"`
}

type machineReport struct {
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`
	Backend string `json:"backend"`
	Go      string `json:"go"`
	Xent    string `json:"xent"` // the revision
}

type contestReport struct {
	Title  string       `json:"title"`
	Unit   string       `json:"unit"` // of rates
	Rounds int          `json:"rounds"`
	Limit  sideReport   `json:"limit"`
	Sides  []sideReport `json:"sides"` // the first is xent
	Idle   float64      `json:"idle_cpu"`
}

// A sideReport has medians, and for seconds and ratio the range. A ratio is the
// side's time over xent's in the same round: above 1, xent is faster.
type sideReport struct {
	Name     string             `json:"name"`
	Runs     int                `json:"runs"` // of a measurement
	Seconds  float64            `json:"seconds"`
	Min      float64            `json:"seconds_min"`
	Max      float64            `json:"seconds_max"`
	Rate     float64            `json:"rate"`
	Share    float64            `json:"of_limit"`
	Ratio    float64            `json:"ratio"`
	RatioMin float64            `json:"ratio_min"`
	RatioMax float64            `json:"ratio_max"`
	Values   map[string]float64 `json:"values,omitempty"`
	Memory   int64              `json:"bytes_beyond_inputs,omitempty"`
}

func newReport() *report {
	return &report{Schema: 1, Versions: map[string]string{}, Missing: []string{}, Contests: []contestReport{},
		Machine: machineReport{machine.CPU(), machine.Cores(), gemm.Backend(), runtime.Version(), revision()}}
}

// revision is that of the source, as far as the build or git knows it.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value[:min(len(s.Value), 9)]
			}
		}
	}
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=9", "--exclude=*").Output()
	if err != nil {
		return "of unknown revision"
	}
	return strings.TrimSpace(string(out))
}

// add reports a contest.
func (r *report) add(o *outcome) {
	c := contestReport{Title: o.contest.title, Unit: o.contest.unit, Rounds: len(o.seconds[0]), Idle: o.idle}
	limit := o.seconds[0].rates(o.contest.limited)
	ours := o.seconds[1]
	for i, seconds := range o.seconds {
		s := &o.contest.limit
		rates := limit
		if i > 0 {
			s, rates = &o.contest.sides[i-1], seconds.rates(o.contest.work)
		}
		t, ratio := seconds.summary(), seconds.over(ours).summary()
		side := sideReport{Name: s.name, Runs: o.runs[i], Seconds: t.Median, Min: t.Min, Max: t.Max,
			Rate: rates.summary().Median, Share: rates.over(limit).summary().Median}
		if i == 0 {
			c.Limit = side
			continue
		}
		side.Ratio, side.RatioMin, side.RatioMax = ratio.Median, ratio.Min, ratio.Max
		side.Values, side.Memory = o.values[i-1], o.memory[i-1]
		c.Sides = append(c.Sides, side)
	}
	r.Contests = append(r.Contests, c)
}
