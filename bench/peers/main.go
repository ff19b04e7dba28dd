// Command peers measures xent beside the strongest peers on the same work, in turn, in
// one run: PyTorch, oneDNN, OpenBLAS and llm.c. README.md says how to install them.
//
//	go run ./bench/peers
//	go run ./bench/peers -t 2 -only loss,gradient -rounds 21
//	go run ./bench/peers -json > peers.json
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"xent/internal/par"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if ctx.Err() != nil { // the terminal has interrupted the peers too, whatever they say
		fmt.Fprintln(os.Stderr, "peers: interrupted")
		os.Exit(130)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// names are what can be measured, in the order of the results.
var names = []string{"loss", "gradient", "product", "linear", "step"}

// A benchmark is a run of all that is asked for.
type benchmark struct {
	sizes   *sizes
	place   *place
	only    []string
	threads []int
	rounds  int
	settle  time.Duration
	log     io.Writer
	report  *report
	found   int // contests that ran
}

// run does what the arguments ask for.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(log)
	root := flags.String("root", os.Getenv("XENT_PEERS"), "`folder` of a system that has the peers (default: $XENT_PEERS, or this system)")
	python := flags.String("python", "python3", "`command` of a Python that has torch")
	llmc := flags.String("llmc", os.Getenv("XENT_LLMC"), "`folder` of llm.c's source (default: $XENT_LLMC, or none)")
	threads := flags.String("t", "", "`numbers` of threads, with commas (default: 1 and all)")
	only := flags.String("only", "", "measure `names` alone, with commas: "+strings.Join(names, ", "))
	rounds := flags.Int("rounds", 11, "`number` of rounds; half as many of what takes seconds")
	asJSON := flags.Bool("json", false, "print one JSON object")
	small := flags.Bool("quick", false, "small sizes, to see that everything works; the numbers mean nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("no argument is wanted, but %q was given", flags.Arg(0))
	}
	b := &benchmark{sizes: &full, rounds: *rounds, settle: 50 * time.Millisecond, log: log, report: newReport()}
	if *small {
		b.sizes, b.report.Quick = &quick, true
	}
	if err := b.ask(*threads, *only); err != nil {
		return err
	}
	var err error
	if b.place, err = newPlace(*root, *python, *llmc); err != nil {
		return err
	}
	defer b.place.close()
	if err := b.all(ctx); err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(b.report)
	}
	return b.report.print(out)
}

// ask resolves what is to be measured.
func (b *benchmark) ask(threads, only string) error {
	if b.rounds < 1 {
		return fmt.Errorf("-rounds %d: want 1 or more", b.rounds)
	}
	b.threads = slices.Compact([]int{1, par.Workers(0)})
	if threads != "" {
		b.threads = nil
		for t := range strings.SplitSeq(threads, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(t))
			if err != nil || n < 1 {
				return fmt.Errorf("-t %s: want numbers of threads, such as 1,2", threads)
			}
			b.threads = append(b.threads, n)
		}
	}
	b.only = names
	if only != "" {
		b.only = nil
		for name := range strings.SplitSeq(only, ",") {
			if name = strings.TrimSpace(name); !slices.Contains(names, name) {
				return fmt.Errorf("-only %s: want some of %s", only, strings.Join(names, ", "))
			}
			b.only = append(b.only, name)
		}
	}
	return nil
}

// wants reports whether something of these names is to be measured.
func (b *benchmark) wants(some ...string) bool {
	return slices.ContainsFunc(some, func(name string) bool { return slices.Contains(b.only, name) })
}

// slow is the number of rounds of what takes seconds.
func (b *benchmark) slow() int { return (b.rounds + 1) / 2 }

// all runs all contests.
func (b *benchmark) all(ctx context.Context) error {
	start := time.Now()
	for _, n := range b.threads {
		if b.wants("loss", "gradient") {
			for _, v := range b.sizes.classes {
				if err := b.losses(ctx, v, n); err != nil {
					return err
				}
			}
		}
		for _, group := range []struct {
			name string
			run  func(context.Context, int) error
		}{{"product", b.products}, {"linear", b.linear}, {"step", b.steps}} {
			if b.wants(group.name) {
				if err := group.run(ctx, n); err != nil {
					return err
				}
			}
		}
	}
	if b.found == 0 {
		return fmt.Errorf("no peer runs here: %s", strings.Join(b.report.Missing, "; "))
	}
	b.report.Seconds = time.Since(start).Seconds()
	return nil
}

// run runs a contest and reports it.
func (b *benchmark) run(ctx context.Context, c *contest, rounds int) error {
	fmt.Fprintln(b.log, c.title)
	o, err := c.run(ctx, pace{rounds: rounds, lasting: b.sizes.lasting, settle: b.settle})
	if err != nil {
		return err
	}
	b.found++
	b.report.add(o)
	return nil
}

// missing notes a peer that cannot be run, and reports whether it is one.
func (b *benchmark) missing(err error) bool {
	if err != nil && !slices.Contains(b.report.Missing, err.Error()) {
		b.report.Missing = append(b.report.Missing, err.Error())
		fmt.Fprintln(b.log, err)
	}
	return err != nil
}

// met notes the versions of a peer.
func (b *benchmark) met(p *process) {
	for name, version := range p.ready.Versions {
		b.report.Versions[name] = version
	}
}

// title is that of a contest on so many threads.
func (b *benchmark) title(threads int, format string, args ...any) string {
	s := fmt.Sprintf(format, args...) + ", " + strconv.Itoa(threads) + " thread"
	if threads > 1 {
		s += "s"
	}
	return s
}
