package bench

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

// TestAlternate: cases take turns, in their order; those that can are repeated
// until they last, and the time is that of one run.
func TestAlternate(t *testing.T) {
	var order []int
	brief := 0
	times, err := Alternate(t.Context(), 3,
		Case{Run: func() error { order = append(order, 0); return nil }, Once: true},
		Case{Run: func() error { brief++; return nil }},
		Case{Run: func() error { order = append(order, 2); time.Sleep(lasting); return nil }},
	)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 2, 0, 2, 0, 2, 0, 2}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	if brief < 1000 || times[1].Median > 1e-4 || times[2].Min < lasting.Seconds() {
		t.Errorf("%d runs; %+v", brief, times)
	}
	for i, x := range times {
		if x.Repetitions != 3 || !(x.Min <= x.Median && x.Median <= x.Max) {
			t.Errorf("case %d: %+v", i, x)
		}
	}
}

func TestAlternateEnds(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Alternate(t.Context(), 3, Case{Run: func() error { return broken }}); !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	runs := 0
	_, err := Alternate(ctx, 3, Case{Run: func() error { runs++; stop(); return nil }, Once: true}, Case{Run: func() error { t.Error("it goes on"); return nil }})
	if !errors.Is(err, context.Canceled) || runs != 1 {
		t.Errorf("%v after %d runs", err, runs)
	}
}

// TestRates: the fastest time is the greatest rate.
func TestRates(t *testing.T) {
	r := Times{Median: 2, Min: 1, Max: 4, Repetitions: 5}.Rate(8)
	if want := (Times{Median: 4, Min: 2, Max: 8, Repetitions: 5}); r != want {
		t.Errorf("%+v", r)
	}
	if median([]float64{1, 2, 9}) != 2 || median([]float64{1, 2, 4, 9}) != 3 || median([]float64{7}) != 7 {
		t.Error("median")
	}
}

// TestLimits: of several runs the best median is kept, and the range of all.
func TestLimits(t *testing.T) {
	var z Limits
	for _, m := range []float64{3, 5, 4} {
		x := Times{Median: m, Min: m - 1, Max: m + 1, Repetitions: 2}
		z.better(Limits{Workers: 2, Read: x, Copy: x, Stream: Times{math.NaN(), math.NaN(), math.NaN(), 2}, FMA: x})
	}
	if want := (Times{Median: 5, Min: 2, Max: 6, Repetitions: 6}); z.Read != want || z.Copy != want || z.FMA != want || !math.IsNaN(z.Stream.Median) {
		t.Errorf("%+v", z)
	}
	src, dst := filled(t, 1<<16)
	one, two := NewLoops(1), NewLoops(2)
	all, err := MeasureLimits(t.Context(), 2, 2, dst, src, one, two)
	if err != nil {
		t.Fatal(err)
	}
	for i, z := range all {
		for _, x := range []Times{z.Read, z.Copy, z.FMA} {
			if z.Workers != i+1 || x.Repetitions != 4 || !(0 < x.Min && x.Min <= x.Median && x.Median <= x.Max && !math.IsInf(x.Max, 0)) {
				t.Errorf("%d goroutines: %+v", z.Workers, x)
			}
		}
		if math.IsNaN(z.Stream.Median) == one.Streams() {
			t.Errorf("streamed at %v", z.Stream.Median)
		}
	}
}
