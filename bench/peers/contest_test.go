package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSummary(t *testing.T) {
	if s := (series{9, 1, 4}).summary(); s != (summary{4, 1, 9}) || s.spread() != 2 {
		t.Errorf("%+v", s)
	}
	if s := (series{1, 4, 2, 8}).summary(); s != (summary{3, 1, 8}) {
		t.Errorf("%+v", s)
	}
	// Ratios are of the same round: the ratio of medians is 1 here.
	ours, peer := series{1, 2, 4}, series{2, 6, 2}
	if got := peer.over(ours); !slices.Equal(got, series{2, 3, 0.5}) || got.summary().Median != 2 {
		t.Errorf("%v", got)
	}
	if got := ours.rates(8); !slices.Equal(got, series{8, 4, 2}) {
		t.Errorf("%v", got)
	}
}

// scripted is a side whose runs take given times, again and again.
func scripted(name string, order *[]string, seconds ...float64) side {
	i := -1
	return side{name: name, time: func(runs int) (float64, error) {
		*order = append(*order, fmt.Sprintf("%s %d", name, runs))
		i++
		return seconds[i%len(seconds)] * float64(runs), nil
	}}
}

// TestContest: everybody warms up until it lasts, then all take turns; what is reported
// comes from the same round.
func TestContest(t *testing.T) {
	var order []string
	c := contest{title: "work", unit: "GB/s", work: 12, limited: 10,
		// The first time is that of the warming up.
		limit: scripted("limit", &order, 1, 1, 2, 4),
		sides: []side{scripted("xent", &order, 0.5, 0.5, 2, 3, 12), scripted("peer", &order, 6, 6, 6, 3)}}
	o, err := c.run(t.Context(), pace{rounds: 3, lasting: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"limit 1", "xent 1", "xent 2", "peer 1", "limit 1", "xent 2", "peer 1", "limit 1", "xent 2", "peer 1", "limit 1", "xent 2", "peer 1"}
	if !slices.Equal(order, want) {
		t.Errorf("%q", order)
	}
	r := newReport()
	r.add(o)
	got := r.Contests[0]
	got.Idle = 0
	// Rounds: limit 1, 2, 4 s; xent 2, 3, 12 s; peer 6, 6, 3 s.
	wants := contestReport{Title: "work", Unit: "GB/s", Rounds: 3,
		Limit: sideReport{Name: "limit", Runs: 1, Seconds: 2, Min: 1, Max: 4, Rate: 5, Share: 1},
		Sides: []sideReport{
			{Name: "xent", Runs: 2, Seconds: 3, Min: 2, Max: 12, Rate: 4, Share: 0.6, Ratio: 1, RatioMin: 1, RatioMax: 1},
			{Name: "peer", Runs: 1, Seconds: 6, Min: 3, Max: 6, Rate: 2, Share: 0.4, Ratio: 2, RatioMin: 0.25, RatioMax: 3},
		}}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", wants) {
		t.Errorf("%+v, want\n%+v", got, wants)
	}
}

// TestCompare: values are compared before anything is timed, each by its tolerance.
func TestCompare(t *testing.T) {
	for peer, fine := range map[float64]bool{1: true, 1 + 0.9e-5: true, 1 + 1.1e-5: false, 1.01: false} {
		for _, within := range []float64{0, 0.02} {
			var order []string
			a, b := scripted("xent", &order, 1), scripted("peer", &order, 1)
			a.check = func() (map[string]float64, error) { return map[string]float64{"loss": 1, "else": 3}, nil }
			b.check = func() (map[string]float64, error) { return map[string]float64{"loss": peer}, nil }
			b.tolerance = within
			c := contest{title: "work", limit: scripted("limit", &order, 1), sides: []side{a, b}, work: 1, limited: 1}
			_, err := c.run(t.Context(), pace{rounds: 1})
			if (err == nil) != (fine || within > 0) || err != nil && len(order) > 0 {
				t.Errorf("%v within %v: %v after %q", peer, within, err, order)
			}
		}
	}
	broken := errors.New("broken")
	s := side{name: "xent", time: func(int) (float64, error) { return 0, broken }}
	c := contest{title: "work", limit: s, sides: []side{s}}
	if _, err := c.run(t.Context(), pace{rounds: 1}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestProcess: a peer answers, says what it does not know, and what it died of.
func TestProcess(t *testing.T) {
	peer := func(fault string) (*process, error) {
		c := exec.Command(os.Args[0], "loss.py", "1", "3", "5")
		c.Env = append(os.Environ(), fakeVariable+"="+fault)
		return start("loss.py", c)
	}
	p, err := peer("sound")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if p.ready.Versions["fake loss.py"] != "1.2" || p.ready.Peak != 1<<20 {
		t.Errorf("%+v", p.ready)
	}
	if _, err := p.request("time nothing 1"); err == nil || err.Error() != "loss.py: no case nothing" {
		t.Error(err)
	}
	s := theirs("peer", p, "forward_eager")
	if values, err := s.check(); err != nil || !(values["loss"] > 0) {
		t.Errorf("%v, %v", values, err)
	}
	if _, err := peer("dead"); err == nil || err.Error() != "loss.py: loss.py: no such thing" {
		t.Error(err)
	}
	g, err := peer("garbage")
	if err != nil {
		t.Fatal(err)
	}
	defer g.stop()
	if _, err := g.request("memory"); err == nil || !strings.Contains(err.Error(), `"what?" is no answer`) {
		t.Error(err)
	}
	g.cmd.Process.Kill()
	if _, err := g.request("memory"); err == nil || !strings.HasPrefix(err.Error(), "loss.py: ") {
		t.Error(err)
	}
}

// TestIdle: what others compute during a measurement is seen; a peer that waits takes
// nothing, to the nanosecond.
func TestIdle(t *testing.T) {
	if _, known := cpuTime(nil); !known {
		t.Skip("the CPU time of other processes is not known here")
	}
	c := exec.Command(os.Args[0], "loss.py", "1", "3", "5")
	c.Env = append(os.Environ(), fakeVariable+"=sound", "GOGC=off")
	p, err := start("loss.py", c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.cmd.Process.Kill()
	all := []side{{name: "xent", time: func(int) (float64, error) {
		time.Sleep(50 * time.Millisecond)
		return 0.05, nil
	}}, theirs("peer", p, "forward_eager")}
	time.Sleep(100 * time.Millisecond) // Go's runtime, unlike a peer's, looks about for a while
	if _, idle, err := measure(t.Context(), all, 0, 1, 0); err != nil || idle > 0.005 {
		t.Errorf("%v s, %v", idle, err)
	}
	if _, err := p.request("busy"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; {
		_, idle, err := measure(t.Context(), all, 0, 1, 0)
		if err != nil || time.Now().After(end) {
			t.Fatalf("%v s, %v", idle, err)
		}
		if idle > 0.01 {
			break
		}
	}
	// Its own time is not that of others.
	if _, idle, err := measure(t.Context(), all[1:], 0, 1, 0); err != nil || idle != 0 {
		t.Errorf("%v s, %v", idle, err)
	}
}

// TestValues: the numbers that scripts/peer.py computes.
func TestValues(t *testing.T) {
	if hash(1, 0) != 1816945705467351922 || hash(1, 1) != 837419315772622792 || hash(3, 5) != 7906158955555900669 {
		t.Error(hash(1, 0), hash(1, 1), hash(3, 5))
	}
	x := make([]float32, 1<<20+8)
	numbers(x, 1, 3)
	if x[0] != -0x1.7e4b86p+2 || x[1] != -0x1.511506p+2 || x[1<<20] != -0x1.b0bea2p-1 || x[1<<20+7] != 0x1.2eca12p+1 {
		t.Error(x[0], x[1], x[1<<20], x[1<<20+7])
	}
	mean, squares := 0.0, 0.0
	for _, v := range x {
		mean, squares = mean+float64(v), squares+float64(v)*float64(v)
	}
	mean, squares = mean/float64(len(x)), squares/float64(len(x))
	if !(mean*mean < 1e-4) || !(squares > 8.95 && squares < 9.05) {
		t.Errorf("mean %v, variance %v", mean, squares)
	}
	if got := indices(2, 5, 50257); !slices.Equal(got, []int32{884, 42171, 10548, 10640, 18522}) {
		t.Error(got)
	}
}
