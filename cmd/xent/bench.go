package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"xent/internal/bench"
	"xent/internal/gemm"
	"xent/internal/machine"
	"xent/internal/memory"
	"xent/internal/par"
)

// A benchCall is what `xent bench` was asked for.
type benchCall struct {
	quick, large bool
	json, quiet  bool
	threads      int
	only         string
	settings     map[string]any
	names        []string // of what is measured, in order
}

// benchNames are what can be measured, in the order of the results.
var benchNames = []string{"loss", "loss_gradient", "matmul", "linear_loss", "train_step"}

func benchCommand(s *streams) *cobra.Command {
	var b benchCall
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine could be, and how fast xent is on it",
		Long: `Measures what this machine can do at most, reading and copying memory and
multiplying and adding, and then what share of it the loss, its gradient, matrix
products, the loss over hidden states and a training step reach.

All are timed several times, in turn with the limit that they are held against:
rates are medians, shares are of the limit in the same minute. The spread says
how far apart the times were; where it is large, something else was running.`,
		Example: `  xent bench
  xent bench --quick
  xent bench --only loss,loss_gradient --threads 1
  xent bench --large --only linear_loss
  GODEBUG=cpu.avx512f=off xent bench      # the loops and the limits of AVX2
  xent bench --json > bench.json`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			b.settings = settings(c.Flags())
			if err := b.check(); err != nil {
				return err
			}
			return b.run(c.Context(), s)
		},
	}
	c.Flags().BoolVar(&b.quick, "quick", false, "measure less, in some seconds; small matrices flatter caches")
	c.Flags().BoolVar(&b.large, "large", false, "also compute, once, a linear loss whose logits would take 8.4 GB; minutes, and 5 GB of memory")
	c.Flags().StringVar(&b.only, "only", "", "measure `NAMES` alone, with commas: "+strings.Join(benchNames, ", ")+" (default: all)")
	c.Flags().IntVarP(&b.threads, "threads", "t", 0, "compute with one and with `N` threads (default: all)")
	c.Flags().BoolVar(&b.json, "json", false, "print one JSON object")
	c.Flags().BoolVarP(&b.quiet, "quiet", "q", false, "no progress")
	c.RegisterFlagCompletionFunc("only", cobra.FixedCompletions(benchNames, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// check refuses what cannot be meant, and resolves what is to be measured.
func (b *benchCall) check() error {
	if err := checkThreads(b.threads); err != nil {
		return err
	}
	b.names = benchNames
	if b.only == "" {
		return nil
	}
	asked := strings.Split(b.only, ",")
	for i, name := range asked {
		if asked[i] = strings.TrimSpace(name); !slices.Contains(benchNames, asked[i]) {
			return usagef("--only %s: want some of %s", name, strings.Join(benchNames, ", "))
		}
	}
	b.names = slices.DeleteFunc(slices.Clone(benchNames), func(name string) bool { return !slices.Contains(asked, name) })
	return nil
}

// wants reports whether something of these names is to be measured.
func (b *benchCall) wants(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(b.names, name) })
}

func (b *benchCall) run(ctx context.Context, s *streams) error {
	size := &benchFull
	if b.quick {
		size = &benchQuick
	}
	if err := b.fits(size); err != nil {
		return err
	}
	view := newScreen(s.err, b.quiet)
	report, err := b.measure(ctx, size, view)
	view.clear()
	if err != nil {
		return err
	}
	if b.json {
		return printJSON(s.out, report)
	}
	return buffered(s.out, report.print)
}

// fits refuses sizes that the memory does not hold, and says what it would.
func (b *benchCall) fits(size *benchSize) error {
	free, limit := memory.Available()
	need := size.bytes(b)
	if need <= free {
		return nil
	}
	advice := "nothing of it would fit"
	var fit []string
	for _, name := range b.names {
		if one := (&benchCall{names: []string{name}}); size.bytes(one) <= free {
			fit = append(fit, name)
		}
	}
	usual := *b
	usual.large = false
	switch quick := benchQuick.bytes(b); {
	case b.large && size.bytes(&usual) <= free:
		advice = "it would fit without --large"
	case !b.quick && quick <= free:
		advice = fmt.Sprintf("--quick would fit (%s)", byteSize(quick))
	case len(fit) > 0:
		advice = "--only " + strings.Join(fit, ",") + " would fit"
	}
	return fmt.Errorf("this would take %s of memory, and %s leaves %s: %s", byteSize(need), limit, byteSize(free), advice)
}

// measure measures all that is asked for.
func (b *benchCall) measure(ctx context.Context, size *benchSize, view *screen) (*benchReport, error) {
	start := time.Now()
	view.status("taking %s of memory", byteSize(size.shared(b)))
	shared, err := bench.NewMemory(int(size.shared(b)))
	if err != nil {
		return nil, err
	}
	defer func() { shared.Free() }()
	threads := []int{1}
	if all := par.Workers(b.threads); all > 1 {
		threads = append(threads, all)
	}
	r := &benchReport{
		Schema: schemaVersion, Command: "bench", Options: b.settings, Results: []any{},
		Machine: benchMachine{machine.CPU(), machine.Cores(), gemm.Backend(), runtime.Version()},
	}
	m := &benchRun{call: b, size: size, view: view, memory: shared, report: r}
	for _, n := range threads {
		m.loops = append(m.loops, bench.NewLoops(n))
	}
	steps := []func(context.Context) error{m.limits, m.losses, m.products, m.linear, m.large, m.step}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.Seconds = finite(time.Since(start).Seconds())
	return r, nil
}
