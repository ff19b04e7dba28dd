package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xent/lm"
	"xent/train"
)

// A training is what `xent train` was asked for.
type training struct {
	train.Options
	resume      string
	json, quiet bool
	settings    map[string]any
}

func trainCommand(s *streams) *cobra.Command {
	t := training{Options: train.Options{Stdin: s.in, Started: time.Now(), Optimizer: train.DefaultOptimizer()}}
	c := &cobra.Command{
		Use:   "train [FILE|DIR|-]…",
		Short: "Train a language model from text, or from stories of known entropy",
		Long: `Trains a language model and measures it on text it has not seen.

Without arguments it learns from a source of little stories whose entropy is
known exactly, so that the best possible loss is drawn as a floor. Otherwise it
learns from text files, folders, JSON lines (.jsonl) and any of them compressed
(.gz, .zst); a tenth is held out and never trained on.

Ctrl-C saves and prints how to go on. A number of steps gives the same model
every time; how many steps fit into a number of minutes depends on the machine.`,
		Example: `  xent train
  xent train notes/ letters.txt -o my-model --minutes 10
  xent train corpus.jsonl.zst --text-field body --size small --minutes 60
  xent train --resume my-model`,
		RunE: func(c *cobra.Command, args []string) error {
			t.Paths, t.settings = args, settings(c.Flags())
			if err := t.check(c.Flags()); err != nil {
				return err
			}
			return t.run(c.Context(), s)
		},
	}
	t.flags(c)
	c.RegisterFlagCompletionFunc("size", cobra.FixedCompletions([]string{"nano", "micro", "small"}, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("optimizer", cobra.FixedCompletions([]string{"muon", "adamw"}, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("precision", cobra.FixedCompletions([]string{"fp32", "bf16"}, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("schedule", cobra.FixedCompletions([]string{"wsd", "cosine"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (t *training) flags(c *cobra.Command) {
	section(c, "Run", func(f *pflag.FlagSet) {
		f.StringVarP(&t.Out, "output", "o", "", "model `FOLDER` to make (default: xent-run-N, the next free number)")
		f.StringVar(&t.resume, "resume", "", "continue the run in `FOLDER`, with the options it began with; FILE|DIR|- if its text has moved")
		f.StringVar(&t.TextField, "text-field", "text", "take the text of JSON lines from `FIELD`")
		f.BoolVar(&t.StdinLines, "jsonl", false, "standard input holds JSON lines")
		f.Uint64Var(&t.Seed, "seed", 1, "random seed `N` of weights and order")
	})
	section(c, "Budget (one of)", func(f *pflag.FlagSet) {
		f.Float64Var(&t.Minutes, "minutes", 0, fmt.Sprintf("`M` minutes of wall time, from start to exit (default %v), or fewer where the text would be learnt by heart", train.DefaultMinutes))
		f.IntVar(&t.Steps, "steps", 0, "`N` steps of the optimiser")
		f.Int64Var(&t.MaxTokens, "max-tokens", 0, "`N` tokens to learn from, repetitions counted")
	})
	z := &t.Shape
	section(c, "Model", func(f *pflag.FlagSet) {
		f.StringVar(&t.Size, "size", "", "`SIZE` of the model: nano, micro or small (default: micro; nano if the machine is slow and the budget a time)")
		f.IntVar(&z.Vocab, "vocab", 0, "vocabulary of `N` tokens; 257 means single bytes (default: the size's)")
		f.IntVarP(&z.Context, "ctx", "c", 0, "context of `N` tokens (default: the size's)")
		f.IntVar(&z.Width, "width", 0, "width of `N` numbers a token (default: the size's)")
		f.IntVar(&z.Layers, "layers", 0, "`N` layers (default: the size's)")
		f.IntVar(&z.Heads, "heads", 0, "`N` attention heads (default: --width / --head-dim)")
		f.IntVar(&z.KVHeads, "kv-heads", 0, "`N` heads of keys and values (default: --heads)")
		f.IntVar(&z.HeadDim, "head-dim", 0, "heads of `N` columns (default: the size's)")
		f.IntVar(&z.Hidden, "hidden", 0, "feed-forward part of `N` columns (default: 8/3 of --width)")
		f.BoolVar(&t.Tied, "tied", false, "the head is the embedding: fewer parameters, slower learning")
	})
	section(c, "Optimiser", func(f *pflag.FlagSet) {
		f.StringVar(&t.Optimizer.Name, "optimizer", t.Optimizer.Name, "`NAME`: muon, for the matrices of the layers (adamw for the rest), or adamw")
		f.Float64Var(&t.Optimizer.PeakRate, "rate", 0, "learning rate `R` at its peak (default: the size's, for the optimiser)")
		f.StringVar(&t.Optimizer.Schedule, "schedule", t.Optimizer.Schedule, "learning rate by `NAME`: wsd, constant and then falling, or cosine")
		f.Float64Var(&t.Optimizer.WeightDecay, "weight-decay", 0, "weight decay `R` of matrices (default: 0.2, or 0.1 for adamw)")
		f.Float64Var(&t.BPEDropout, "bpe-dropout", train.DefaultBPEDropout, "split tokens of text that is read again with probability `P`, which falls to 0")
		f.IntVar(&t.BatchTokens, "batch-tokens", 0, "about `N` tokens a step (default: the size's)")
		f.StringVar(&t.Precision, "precision", "fp32", "`NAME` of what the layers multiply: fp32, or bf16, faster where the processor has it, coarser everywhere")
		f.IntVar(&t.MicroTokens, "micro-tokens", 0, "`N` tokens computed at a time: less memory, the same digits (default: a whole step)")
	})
	section(c, "Output", func(f *pflag.FlagSet) {
		f.IntVar(&t.EvalEvery, "eval-every", 0, "`STEPS` between held-out evaluations (default: about 20 in all)")
		f.IntVar(&t.CheckpointEvery, "checkpoint-every", 0, "`STEPS` between checkpoints (default: with each evaluation)")
		f.BoolVar(&t.json, "json", false, "print the result as one JSON object")
		f.BoolVarP(&t.quiet, "quiet", "q", false, "no progress")
	})
	section(c, "Machine", func(f *pflag.FlagSet) {
		f.IntVarP(&t.Workers, "threads", "t", 0, "compute with `N` threads (default: all); changes no digit")
	})
}

// resumable are the flags that mean something beside --resume.
var resumable = []string{"resume", "json", "quiet", "threads"}

// check refuses flags that contradict each other.
func (t *training) check(flags *pflag.FlagSet) (err error) {
	if err := checkThreads(t.Workers); err != nil {
		return err
	}
	if flags.Changed("resume") && t.resume == "" {
		return usagef("--resume: want a folder")
	}
	if slices.Contains(t.Paths, "") {
		return usagef("an empty name is no file; . is the folder that you are in")
	}
	if t.resume == "" {
		return t.checkNew(flags)
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if slices.Contains(resumable, f.Name) {
			return
		}
		delete(t.settings, strings.ReplaceAll(f.Name, "-", "_")) // it decided nothing
		if f.Changed && f.Annotations[environmentKey] == nil {
			err = usagef("--resume %s goes on with the options it began with: leave out --%s", t.resume, f.Name)
		}
	})
	return err
}

// checkNew is check for a run that begins.
func (t *training) checkNew(flags *pflag.FlagSet) error {
	var budgets []string
	for _, name := range exclusive[0] {
		if flags.Changed(name) {
			budgets = append(budgets, "--"+name)
		}
	}
	if len(budgets) > 1 {
		return usagef("give one budget only, not %s", strings.Join(budgets, " and "))
	}
	t.optimizer(flags)
	switch p := t.BPEDropout; {
	case !(p >= 0):
		return usagef("--bpe-dropout %v: want a probability below 1", p)
	case p == 0:
		t.BPEDropout = -1 // 0 stands for the default there
	}
	err := positive(flags, append(exclusive[0], "rate", "vocab", "ctx", "width", "layers", "heads", "kv-heads", "head-dim",
		"hidden", "batch-tokens", "micro-tokens", "eval-every", "checkpoint-every")...)
	if err == nil {
		err = checkLines(flags, t.Paths)
	}
	if err == nil && t.Out != "" {
		err = checkName(t.Out)
	}
	return err
}

// optimizer takes what was not given from the defaults of the optimiser that was.
func (t *training) optimizer(flags *pflag.FlagSet) {
	given, z := t.Optimizer, train.Muon()
	if adamW := train.AdamW(); given.Name == adamW.Name {
		z = adamW
	}
	z.Name, z.PeakRate, z.Schedule = given.Name, given.PeakRate, given.Schedule
	if flags.Changed("weight-decay") {
		z.WeightDecay = given.WeightDecay
	}
	t.Optimizer = z
}

// positive refuses flags that were set to 0 or less: left out, they have a
// default, but 0 is not a way to ask for it.
func positive(flags *pflag.FlagSet, names ...string) error {
	for _, name := range names {
		f := flags.Lookup(name)
		if n, err := strconv.ParseFloat(f.Value.String(), 64); f.Changed && err == nil && !(n > 0) {
			return usagef("--%s %s: want a positive number", name, f.Value)
		}
	}
	return nil
}

func (t *training) run(ctx context.Context, s *streams) error {
	view := &trainView{screen: newScreen(s.err, t.quiet)}
	t.Progress = view.show
	view.status("preparing the text")
	var report *train.Report
	var err error
	switch {
	case t.resume != "":
		report, err = train.Resume(ctx, t.resume, t.Options)
	case t.Out != "":
		report, err = train.Run(ctx, t.Options)
	default:
		report, err = t.numbered(ctx, view)
	}
	view.clear()
	switch {
	case err != nil:
	case t.json:
		err = printReportJSON(s.out, report, t.settings)
	default:
		view.end()
		err = printReport(ctx, s.out, report, t.resume != "", lineWidth(s.out))
	}
	return t.explain(ctx, err, t.resume != "" || view.begun != nil)
}

// numbered trains into the first of xent-run-1, xent-run-2, … that does not
// exist, and into the next one when another run has taken that name by the
// time the folder is made. The budget goes on counting from the start.
func (t *training) numbered(ctx context.Context, view *trainView) (*train.Report, error) {
	for n := 1; n < math.MaxInt32; n++ {
		t.Out = fmt.Sprintf("xent-run-%d", n)
		if _, err := os.Lstat(t.Out); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		report, err := train.Run(ctx, t.Options)
		switch {
		case !errors.Is(err, fs.ErrExist) || view.begun != nil:
			return report, err
		case slices.Contains(t.Paths, "-"):
			return nil, fmt.Errorf("%w: another run took the name, and standard input cannot be read twice; give --output", err)
		}
	}
	return nil, errors.New("no free name xent-run-N; give --output")
}

// explain puts errors into the words of the command line, and adds what a
// person can do. saved says that there is a run to go on with.
func (t *training) explain(ctx context.Context, err error, saved bool) error {
	var option *train.OptionError
	var shape *lm.SpecError
	var diverged *train.DivergedError
	var need *train.NeedError
	var save *train.SaveError
	var moved *train.MovedError
	switch {
	case errors.As(err, &option):
		return usagef("%s %v: want %s", flagName(option.Option), option.Value, option.Want)
	case errors.As(err, &shape):
		return usagef("%s: %s", flagName(shape.Field), shape.Why)
	case errors.As(err, &diverged):
		return fmt.Errorf("%w (--rate)", err)
	case errors.As(err, &save):
		return fmt.Errorf("%w: xent train --resume %s", err, shellWord(save.Out))
	case errors.As(err, &moved):
		return fmt.Errorf("%w: xent train --resume %s FILE…", err, shellWord(moved.Out))
	case errors.As(err, &need):
		return advised(need)
	case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return t.stopped(err, saved)
	}
	return err
}

// advised adds the flags by which a run would fit.
func advised(need *train.NeedError) error {
	var flags []string
	add := func(given bool, flag string, value any) {
		if given {
			flags = append(flags, fmt.Sprintf("%s %v", flag, value))
		}
	}
	add(need.Size != "", "--size", need.Size)
	add(need.BatchTokens > 0, "--batch-tokens", need.BatchTokens)
	add(need.MicroTokens > 0, "--micro-tokens", need.MicroTokens)
	if len(flags) == 0 {
		return need
	}
	return fmt.Errorf("%w: %s", need, strings.Join(flags, " "))
}

// stopped says how to go on, if there is anything to go on with.
func (t *training) stopped(err error, saved bool) error {
	if !saved {
		return &stoppedError{"interrupted before the first step; nothing was written", err}
	}
	dir, what, same := cmp.Or(t.resume, t.Out), "stopped", ""
	var interrupted *train.InterruptedError
	if errors.As(err, &interrupted) {
		what = fmt.Sprintf("stopped at step %s of %s", thousands(interrupted.Step), thousands(interrupted.Steps))
		if interrupted.Stdin {
			same = ", with the same standard input"
		}
	}
	return &stoppedError{fmt.Sprintf("%s; everything is saved in %s\nGo on with: xent train --resume %s%s", what, dir, shellWord(dir), same), err}
}

// flagOf names the flags that set options of package train.
var flagOf = map[string]string{
	"Out": "output", "Size": "size", "Minutes": "minutes", "Steps": "steps", "MaxTokens": "max-tokens", "BatchTokens": "batch-tokens",
	"MicroTokens": "micro-tokens", "BPEDropout": "bpe-dropout", "Precision": "precision", "EvalEvery": "eval-every", "CheckpointEvery": "checkpoint-every", "Workers": "threads",
	"Vocab": "vocab", "Context": "ctx", "Width": "width", "Layers": "layers", "Heads": "heads", "KVHeads": "kv-heads",
	"HeadDim": "head-dim", "Hidden": "hidden", "Optimizer.PeakRate": "rate", "Optimizer.Name": "optimizer", "Optimizer.Schedule": "schedule", "Optimizer.WeightDecay": "weight-decay",
}

// flagName is the flag of an option, or the option's own name.
func flagName(option string) string {
	if flag, ok := flagOf[option]; ok {
		return "--" + flag
	}
	return option
}
