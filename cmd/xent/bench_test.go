package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"xent/internal/bench"
	"xent/internal/gemm"
	"xent/internal/machine"
	"xent/lm"
)

// Every test's `xent bench --quick` is smaller still.
func init() {
	benchQuick = benchSize{
		limits: 1 << 17, runs: 1, rounds: 2, repetitions: 2, rows: 5, classes: []int{257, 1030},
		products: []benchProduct{{16, 17, 18, false, gemm.Float32}, {1, 16, 40, true, gemm.Float32}, {16, 17, 18, false, gemm.BFloat16}},
		n:        6, d: 8, v: 33, largeN: 64, largeD: 16, largeV: 300,
		model:     lm.Spec{Vocab: 64, Context: 16, Width: 16, Layers: 2, Heads: 2, KVHeads: 2, HeadDim: 8, Hidden: 32, Tied: true, RopeTheta: 10000, NormEps: 1e-5},
		sequences: 2,
	}
}

// near fails unless a number of an object is what it should be.
func near(t *testing.T, o map[string]any, name string, want float64) {
	t.Helper()
	if got := number(t, o, name); !(math.Abs(got-want) <= 1e-9*math.Abs(want)) {
		t.Errorf("%s of %v is %v, want %v", name, o["name"], got, want)
	}
}

const timesNames = " seconds seconds_min seconds_max repetitions"

// TestBenchJSON holds the object to its schema, and rates and shares to the times
// that they come from.
func TestBenchJSON(t *testing.T) {
	o := decoded(t, must(t, "", "bench", "--quick", "--json", "--threads", "2"))
	want := "schema_version command options machine limits limits_one_thread results total_seconds"
	streams := bench.NewLoops(1).Streams()
	if !streams {
		want += " nonfinite"
	}
	hasNames(t, "bench", o, want)
	hasNames(t, "machine", o["machine"], "cpu cores backend go")
	if m := o["machine"].(map[string]any); m["cpu"] != machine.CPU() || m["backend"] != gemm.Backend() || m["go"] != runtime.Version() {
		t.Errorf("machine %v", m)
	}
	if member(t, o, "options.quick") != true || o["command"] != "bench" {
		t.Errorf("options %v", o["options"])
	}
	const rates = "read_gb_per_s copy_gb_per_s nt_copy_gb_per_s fma_gflop_per_s"
	for i, name := range []string{"limits_one_thread", "limits"} {
		z := o[name].(map[string]any)
		hasNames(t, name, z, rates+" threads loops bytes huge_pages min max")
		near(t, z, "threads", float64(1+i))
		near(t, z, "bytes", 1<<17)
		for _, rate := range strings.Fields(rates) {
			if rate == "nt_copy_gb_per_s" && !streams {
				if why := member(t, o, "nonfinite."+rate); z[rate] != nil || why != "no_such_loop" {
					t.Errorf("%s %v: %v", rate, z[rate], why)
				}
				continue
			}
			if low, mid, high := number(t, z, "min."+rate), number(t, z, rate), number(t, z, "max."+rate); !(0 < low && low <= mid && mid <= high) {
				t.Errorf("%s of %s: %v, %v, %v", rate, name, low, mid, high)
			}
		}
	}
	checkResults(t, o["results"].([]any))
}

// checkResults checks each result, and that there are all of them, in order.
func checkResults(t *testing.T, results []any) {
	t.Helper()
	size := map[string]float64{"f32": 4, "bf16": 2, "f16": 2}
	var kinds []string
	for _, x := range results {
		o := x.(map[string]any)
		kind := o["name"].(string)
		if low, mid, high := number(t, o, "seconds_min"), number(t, o, "seconds"), number(t, o, "seconds_max"); !(0 < low && low <= mid && mid <= high) {
			t.Errorf("%s: times %v, %v, %v", kind, low, mid, high)
		}
		near(t, o, "repetitions", 2)
		seconds, unit := number(t, o, "seconds"), "gflop_per_s"
		switch kind {
		case "loss", "loss_gradient":
			names, passes := "name type n v threads gb_per_s limit_gb_per_s of_limit", 1.0
			if unit = "gb_per_s"; kind == "loss" {
				names += " read_gb_per_s l1_gb_per_s"
				limit := number(t, o, "read_gb_per_s")
				if o["l1_gb_per_s"] != nil { // the test's rows may be over too soon to tell
					limit = min(limit, number(t, o, "l1_gb_per_s"))
				}
				near(t, o, "limit_gb_per_s", limit)
			} else {
				names, passes = names+" in_place", 2
				kind += map[bool]string{true: " in place"}[o["in_place"].(bool)]
			}
			hasNames(t, kind, o, names+timesNames)
			near(t, o, "gb_per_s", passes*size[o["type"].(string)]*number(t, o, "n")*number(t, o, "v")/seconds/1e9)
		case "matmul":
			hasNames(t, kind, o, "name type m n k transposed threads gflop_per_s limit_gflop_per_s of_limit"+timesNames)
			near(t, o, "gflop_per_s", 2*number(t, o, "m")*number(t, o, "n")*number(t, o, "k")/seconds/1e9)
		case "linear_loss":
			hasNames(t, kind, o, "name n d v threads matmul_seconds workspace_bytes"+timesNames)
			if unit = ""; !(number(t, o, "matmul_seconds") > 0) || number(t, o, "workspace_bytes") != 64<<20 {
				t.Errorf("%v", o)
			}
		case "train_step":
			hasNames(t, kind, o, "name type parameters tokens threads tokens_per_second gflop_per_s limit_gflop_per_s of_limit"+timesNames)
			near(t, o, "tokens_per_second", 32/seconds)
			near(t, o, "parameters", float64(benchQuick.model.Parameters()))
		}
		if unit != "" {
			near(t, o, "of_limit", number(t, o, unit)/number(t, o, "limit_"+unit))
		}
		kinds = append(kinds, kind)
	}
	var want []string
	for range 3 * 2 * 2 { // types, classes, threads
		want = append(want, "loss", "loss_gradient in place", "loss_gradient")
	}
	want = append(want, "matmul", "matmul", "matmul", "matmul", "matmul", "matmul", "linear_loss", "linear_loss", "train_step", "train_step", "train_step", "train_step")
	if !slices.Equal(kinds, want) {
		t.Errorf("results %q, want %q", kinds, want)
	}
}

// TestBenchTable: what people see is a table of 80 columns that has all of it.
func TestBenchTable(t *testing.T) {
	r := call(t, "", "bench", "--quick", "--threads", "2")
	fits(t, r.out)
	for _, want := range []string{gemm.Backend(), "1 thread", "2 threads", "limits", "past the caches", "5 × 1,030 bf16", "  loss and gradient in place", "16 × 17 × 18",
		"1 × 16 × 40 (B transposed)", "16 × 17 × 18 bf16", "linear loss, 6 × 8 × 33", "its three products", "training step", "tokens/s"} {
		if !strings.Contains(r.out, want) || r.code != exitDone {
			t.Errorf("no %q in %d\n%s%s", want, r.code, r.out, r.err)
		}
	}
	if got := strings.Contains(r.out, "loops in plain Go"); got != (bench.NewLoops(1).Name() == "generic") {
		t.Errorf("of the loops it says\n%s", r.out)
	}
	if one := must(t, "", "bench", "--quick", "-t", "1"); strings.Contains(one, "2 threads") || !strings.Contains(one, "1 thread") {
		t.Errorf("on one thread:\n%s", one)
	}
}

// TestBenchLayout: numbers stand in their columns, whatever order they come in.
func TestBenchLayout(t *testing.T) {
	rates := benchRates{60.25, 41, finite(math.NaN()), 116}
	limits := func(threads int) benchLimits {
		return benchLimits{benchRates: rates, Threads: threads, Loops: "generic", Bytes: 1 << 30, HugePages: true, Min: &rates, Max: &rates}
	}
	loss := func(threads int, rate finite, inPlace *bool) *lossResult {
		return &lossResult{N: 1024, V: 50257, Type: "f32", Threads: threads, InPlace: inPlace, Rate: rate, Limit: 60, Share: rate / 60, benchTimes: benchTimes{2, 1, 2, 5}}
	}
	r := benchReport{Machine: benchMachine{"", 2, "avx2", "go1.26"}, One: limits(1), Limits: limits(2), Results: []any{
		loss(1, 30, nil), loss(1, 15, new(true)), loss(2, 54, nil), loss(2, 30, new(true)),
		&matmulResult{M: 16, N: 2048, K: 2048, Transposed: true, Threads: 1, Rate: 58, Share: 0.5, benchTimes: benchTimes{2, 2, 2, 5}},
		&linearResult{N: 2048, D: 768, V: 50257, Threads: 2, Products: 1, Workspace: 64 << 20, benchTimes: benchTimes{1.25, 1, 1.5, 5}},
		&stepResult{Parameters: 13767552, Tokens: 4096, Threads: 2, PerSecond: 2048, Rate: 150, Limit: 200, Share: 0.75, benchTimes: benchTimes{2, 2, 2, 5}},
	}}
	var out bytes.Buffer
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	want := `unknown CPU, 2 logical cores, back end avx2, go1.26

                                                 1 thread              2 threads
limits (1.07 GB, huge pages)           GB/s        spread     GB/s        spread
  read                                 60.2           0 %     60.2           0 %
  copy                                 41.0           0 %     41.0           0 %
  copy past the caches                    –             –        –             –
  multiply and add, GFLOP/s           116.0           0 %    116.0           0 %

1,024 × 50,257 f32                     GB/s  share spread     GB/s  share spread
  loss                                 30.0   50 %   50 %     54.0   90 %   50 %
  loss and gradient in place           15.0   25 %   50 %     30.0   50 %   50 %

products                            GFLOP/s  share spread  GFLOP/s  share spread
  16 × 2048 × 2048 (B transposed)      58.0   50 %    0 %

linear loss, 2,048 × 768 × 50,257
  1.25 s on 2 threads, 1.25 × its three products alone (1 s); spread 40 %;
  workspace 67.1 MB

training step, 13.8 M parameters
  2 s for 4,096 tokens on 2 threads, 2,048 tokens/s; 150 GFLOP/s, 75 % of the
  limit; spread 0 %
`
	table, notes, _ := strings.Cut(out.String(), "\nRates are")
	if table != want || !strings.Contains(strings.Join(strings.Fields(notes), " "), "The limits are those of loops in plain Go") {
		t.Errorf("%s", &out)
	}
	fits(t, out.String())
}

// TestBenchOnly: what is not asked for is neither measured nor counted.
func TestBenchOnly(t *testing.T) {
	for only, want := range map[string][]string{
		"loss":                   {"loss"},
		"matmul, loss_gradient ": {"loss_gradient", "matmul"},
		"linear_loss":            {"linear_loss"},
		"train_step":             {"train_step"},
	} {
		o := decoded(t, must(t, "", "bench", "--quick", "--json", "-t", "1", "--only", only))
		var got []string
		for _, x := range o["results"].([]any) {
			got = append(got, x.(map[string]any)["name"].(string))
		}
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("--only %q measures %q", only, got)
		}
	}
	all := &benchCall{names: benchNames}
	if few := (&benchCall{names: []string{"matmul"}}); benchFull.bytes(few) >= benchFull.bytes(all) || benchFull.bytes(few) < int64(benchFull.limits) {
		t.Errorf("matmul takes %d of %d bytes", benchFull.bytes(few), benchFull.bytes(all))
	}
}

// TestBenchLarge: what does not fit as logits is computed within the workspace, and
// what it took is measured where the system tells.
func TestBenchLarge(t *testing.T) {
	o := decoded(t, must(t, "", "bench", "--quick", "--json", "-t", "2", "--large", "--only", "linear_loss"))
	results := o["results"].([]any)
	large := results[len(results)-1].(map[string]any)
	if len(results) != 3 || large["matmul_seconds"] != nil {
		t.Errorf("%v", results)
	}
	near(t, large, "n", 64)
	near(t, large, "v", 300)
	near(t, large, "repetitions", 1)
	if _, known := large["growth_bytes"]; known {
		if growth := number(t, large, "growth_bytes"); !(growth > 0 && growth < workspace) {
			t.Errorf("it took %v bytes", growth)
		}
	}
	out := must(t, "", "bench", "--quick", "-t", "1", "--large", "--only", "linear_loss")
	if fits(t, out); !strings.Contains(out, "linear loss, 64 × 16 × 300") || !strings.Contains(out, "would take 76.8 kB") {
		t.Errorf("%s", out)
	}
	if all, less := (&benchCall{large: true}), (&benchCall{}); benchFull.bytes(all)-benchFull.bytes(less) < 3<<30 {
		t.Errorf("it takes %d bytes, without %d", benchFull.bytes(all), benchFull.bytes(less))
	}
}

// TestCachedRate: the bytes between, in the time between.
func TestCachedRate(t *testing.T) {
	if got := cachedRate(3e9, 1, 2.5); got != 2 {
		t.Errorf("%v GB/s", got)
	}
	if got := cachedRate(3e9, 1, 1); !math.IsNaN(float64(got)) {
		t.Errorf("%v GB/s in no time", got)
	}
}

func TestBenchMistakes(t *testing.T) {
	for args, want := range map[string]string{
		"--only matmuls":     "--only matmuls: want some of loss, loss_gradient, matmul, linear_loss, train_step",
		"--only loss,":       "--only : want some of",
		"--threads -1":       "--threads -1: want a number from 1 on, or 0 for all",
		"more":               `no argument is wanted, but "more" was given`,
		"--quick --thread 1": "did you mean --threads?",
	} {
		r := call(t, "", append([]string{"bench"}, strings.Fields(args)...)...)
		if r.code != exitUsage || !strings.Contains(r.err, want) || r.out != "" {
			t.Errorf("%s: %+v", args, r)
		}
	}
}

// TestBenchMemory: sizes that do not fit are refused before any is taken.
func TestBenchMemory(t *testing.T) {
	for args, advice := range map[string]string{"": ": --quick would fit (", "--only train_step": ": --quick would fit ("} {
		c := exec.Command(os.Args[0], append([]string{"bench"}, strings.Fields(args)...)...)
		c.Env = append(os.Environ(), asXent+"="+asGiven, "GOMEMLIMIT=200MiB")
		r := child(t, c)
		f := fault{code: exitFailed, want: "and GOMEMLIMIT leaves 210 MB" + advice}
		f.check(t, r)
	}
	c := exec.Command(os.Args[0], "bench", "--only", "linear_loss", "--large")
	c.Env = append(os.Environ(), asXent+"="+asGiven, "GOMEMLIMIT=2GiB")
	(&fault{code: exitFailed, want: "it would fit without --large"}).check(t, child(t, c))
	c = exec.Command(os.Args[0], "bench", "--only", "matmul,train_step")
	c.Env = append(os.Environ(), asXent+"="+asGiven, "GOMEMLIMIT=30MiB")
	f := fault{code: exitFailed, want: "nothing of it would fit"}
	f.check(t, child(t, c))
}

// TestBenchStops: an interruption ends it between two measurements, and nothing is
// printed of what there was.
func TestBenchStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, errs bytes.Buffer
	if code := run(ctx, nil, &out, &errs, []string{"bench", "--quick"}); code != exitInterrupted || out.Len() > 0 || errs.String() != "xent: interrupted\n" {
		t.Errorf("code %d\n%s%s", code, &out, &errs)
	}
	device := &full{n: 1, cause: syscall.ENOSPC}
	errs.Reset()
	code := run(t.Context(), nil, device, &errs, []string{"bench", "--quick", "-t", "1"})
	if want := "xent: standard output: " + syscall.ENOSPC.Error() + "\n"; code != exitFailed || errs.String() != want {
		t.Errorf("code %d, %q", code, &errs)
	}
}

// TestBenchRun: an error ends it, and a loss that is not finite is one.
func TestBenchRun(t *testing.T) {
	memory, err := bench.NewMemory(1 << 16)
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Free()
	call := &benchCall{names: benchNames}
	m := &benchRun{call: call, size: &benchQuick, view: newScreen(&bytes.Buffer{}, true), memory: memory, loops: []*bench.Loops{bench.NewLoops(1)}, report: &benchReport{}}
	p := newBenchLoss(m, 0, 257)
	bench.Floats(p.logits)[3] = float32(math.NaN())
	if err := p.measure(t.Context(), m, m.loops[0]); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("NaN: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for i, step := range []func(context.Context) error{m.losses, m.products, m.linear, m.step} {
		if err := step(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("step %d: %v", i, err)
		}
	}
}

// TestStepFLOP counts the operations of a step by another way: every matrix
// of every layer, by hand.
func TestStepFLOP(t *testing.T) {
	s := benchFull.model
	c, f := 384, 1024
	perLayer := 4*c*c + 3*c*f
	layers, rest := stepFLOP(s, 4096)
	if want := 6 * 6 * float64(perLayer) * 4096; layers != want {
		t.Errorf("layers %v, want %v", layers, want)
	}
	if want := 6 * float64(8192*c+6*256*c) * 4096; rest != want {
		t.Errorf("rest %v, want %v", rest, want)
	}
	s.Tied = false // the table is only looked up; the head is as large
	if l, r := stepFLOP(s, 4096); l != layers || r != rest {
		t.Errorf("untied: %v and %v, want %v and %v", l, r, layers, rest)
	}
	if n := benchFull.model.Parameters(); n < 13_700_000 || n > 13_900_000 {
		t.Errorf("%d parameters", n)
	}
}

// TestShare: rates and shares of times.
func TestShare(t *testing.T) {
	rate, of, part := share(6, bench.Times{Median: 2, Min: 1, Max: 3}, 4)
	if rate != 3 || of != 4 || part != 0.75 {
		t.Errorf("%v, %v, %v", rate, of, part)
	}
}

func TestTile(t *testing.T) {
	x := make([]int, 7)
	if tile(x, []int{1, 2, 3}); !slices.Equal(x, []int{1, 2, 3, 1, 2, 3, 1}) {
		t.Error(x)
	}
	y := make([]float32, 5000)
	fillNormal(y, 2)
	sum, squares := 0.0, 0.0
	for _, v := range y {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
	}
	if mean, variance := sum/5000, squares/5000; !(math.Abs(mean) < 0.2) || !(math.Abs(variance-4) < 0.5) {
		t.Errorf("mean %v, variance %v", mean, variance)
	}
}
