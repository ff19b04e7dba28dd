package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xent"
)

// A lossCall is what `xent loss` was asked for.
type lossCall struct {
	xent.Options
	logits, targets, softTargets, softIndex, softProbs string
	weights, rowWeights                                string
	rest, scale                                        string
	ignore                                             int64
	bfloat16                                           bool
	grad, perRow, output                               string
	json, quiet                                        bool
	factor                                             float64 // of --scale; NaN for mean
	settings                                           map[string]any
}

func lossCommand(s *streams) *cobra.Command {
	var l lossCall
	c := &cobra.Command{
		Use:   "loss",
		Short: "Compute the cross-entropy, and its gradient, of arrays of logits",
		Long: `Computes the cross-entropy of logits saved by any framework as NumPy arrays:
float32, float16, bfloat16 or float64, classes along the last axis. The other
axes are rows; targets have one class for each of them.

Files are .npy, or .npz with the array's name, arrays.npz:logits. They may be
larger than memory: some megabytes are held at a time, and the result is that
of one piece to the last bit, whatever the number of threads. Targets, top-k
lists and weights are held whole.`,
		Example: `  xent loss --logits z.npy --targets y.npy
  xent loss --logits a.npz:z --targets a.npz:y --label-smoothing 0.1 --json
  xent loss --logits z.npy --targets y.npy --softcap 30 --grad g.npy --scale sum
  xent loss --logits student.npy --soft-targets teacher.npy --per-row rows.npy`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			l.settings = settings(c.Flags())
			if err := l.check(c.Flags()); err != nil {
				return err
			}
			return l.run(c.Context(), s)
		},
	}
	l.flags(c)
	c.RegisterFlagCompletionFunc("rest", cobra.FixedCompletions([]string{"error", "uniform", "renormalise"}, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("scale", cobra.FixedCompletions([]string{"mean", "sum"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (l *lossCall) flags(c *cobra.Command) {
	section(c, "Arrays", func(f *pflag.FlagSet) {
		f.StringVar(&l.logits, "logits", "", "the logits, N×V or more axes, in `FILE`; - is standard input")
		f.StringVar(&l.targets, "targets", "", "the classes that came, one integer for each row, in `FILE`")
		f.Int64Var(&l.ignore, "ignore-index", int64(xent.Ignore), "leave out rows whose target is `N`")
		f.StringVar(&l.softTargets, "soft-targets", "", "instead of --targets: probabilities of the logits' shape in `FILE`")
		f.StringVar(&l.softIndex, "soft-index", "", "instead of --targets: the likeliest K classes of each row in `FILE`; --ignore-index is an empty place")
		f.StringVar(&l.softProbs, "soft-probs", "", "the probabilities of --soft-index in `FILE`")
		f.StringVar(&l.rest, "rest", "error", "what --soft-probs lack of 1, by `RULE`: error, uniform (over the classes not listed) or renormalise")
		f.StringVar(&l.rowWeights, "row-weights", "", "multiply each row by its weight in `FILE` (default: 1)")
		f.BoolVar(&l.bfloat16, "bfloat16", false, "2-byte values without a type (V2), as np.save writes bfloat16, are bfloat16")
	})
	section(c, "Loss", func(f *pflag.FlagSet) {
		f.StringVar(&l.weights, "weights", "", "multiply by the target's class weight in `FILE`, V of them (default: 1)")
		f.Float64Var(&l.LabelSmoothing, "label-smoothing", 0, "spread share `E` of each target evenly over the classes (default 0)")
		f.Float64Var(&l.ZLoss, "z-loss", 0, "add `Z`·lse² to each row, lse = log Σ exp logits (default 0)")
		f.Float64Var(&l.SoftCap, "softcap", 0, "logits z become `C`·tanh(z/C) first (default: no cap)")
		f.Float64Var(&l.Temperature, "temperature", 1, "then divide them by `T`")
	})
	section(c, "Output", func(f *pflag.FlagSet) {
		f.StringVar(&l.grad, "grad", "", "write the gradient with respect to the logits, in their type and shape, to `FILE`")
		f.StringVar(&l.scale, "scale", "mean", "`SCALE` of the gradient: mean (that of the mean loss), sum, or what to multiply that of the sum by")
		f.StringVar(&l.perRow, "per-row", "", "write five float64 for each row to `FILE`: nll, lse, entropy, argmax, rank")
		f.StringVarP(&l.output, "output", "o", "", "write the result to `FILE` instead of standard output")
		f.BoolVar(&l.json, "json", false, "print one JSON object")
		f.BoolVarP(&l.quiet, "quiet", "q", false, "no progress")
	})
	section(c, "Machine", func(f *pflag.FlagSet) {
		f.IntVarP(&l.Workers, "threads", "t", 0, "compute with `N` threads (default: all); changes no digit")
	})
}

// check refuses what cannot be meant. Variables may be meant for other calls.
func (l *lossCall) check(flags *pflag.FlagSet) error {
	if err := checkThreads(l.Workers); err != nil {
		return err
	}
	kinds := 0
	for _, path := range []string{l.targets, l.softTargets, l.softIndex} {
		if path != "" {
			kinds++
		}
	}
	switch {
	case l.logits == "":
		return usagef("which logits? --logits FILE, or - for standard input")
	case kinds == 0:
		return usagef("which targets? --targets FILE, --soft-targets FILE, or --soft-index FILE with --soft-probs FILE")
	case kinds > 1:
		return usagef("give --targets, --soft-targets or --soft-index, one of them")
	case l.softIndex != "" && l.softProbs == "":
		return usagef("--soft-index %s: where are its probabilities? --soft-probs FILE", l.softIndex)
	case l.softIndex == "" && given(flags, "soft-probs"):
		return usagef("--soft-probs %s: of which classes? --soft-index FILE", l.softProbs)
	case l.softIndex == "" && given(flags, "rest"):
		return usagef("--rest is about --soft-index, which is not given")
	case l.softTargets != "" && given(flags, "ignore-index"):
		return usagef("--ignore-index is about classes, not probabilities: leave out rows by --row-weights")
	case l.grad == "" && given(flags, "scale"):
		return usagef("--scale is about the gradient, which is not asked for: --grad FILE")
	}
	if _, ok := rests[l.rest]; !ok {
		return usagef("--rest %s: want error, uniform or renormalise", l.rest)
	}
	if err := l.checkScale(); err != nil {
		return err
	}
	if err := l.checkOptions(); err != nil {
		return err
	}
	return l.checkFiles()
}

// rests are the values of --rest.
var rests = map[string]xent.Rest{"error": xent.RestError, "uniform": xent.RestUniform, "renormalise": xent.RestRenormalise}

func (l *lossCall) checkScale() (err error) {
	switch l.scale {
	case "mean":
		l.factor = math.NaN()
	case "sum":
		l.factor = 1
	default:
		l.factor, err = strconv.ParseFloat(l.scale, 64)
		if err != nil || !(math.Abs(l.factor) <= math.MaxFloat32) {
			return usagef("--scale %s: want mean, sum or a number", l.scale)
		}
	}
	return nil
}

// lossFlags names the flags that set options of package xent.
var lossFlags = map[string]string{
	"LabelSmoothing": "label-smoothing", "ZLoss": "z-loss", "SoftCap": "softcap", "Temperature": "temperature",
}

// checkOptions has the library look at the options before any file is read.
func (l *lossCall) checkOptions() error {
	if !(l.Temperature > 0) {
		return usagef("--temperature %v: want a finite number > 0", l.Temperature)
	}
	_, err := xent.New(1, l.Options)
	var option *xent.OptionError
	if errors.As(err, &option) {
		return usagef("--%s %v: %s", lossFlags[option.Option], option.Value, option.Reason)
	}
	return err
}

// A namedPath is what a flag was set to.
type namedPath struct{ flag, path string }

// checkFiles refuses outputs that would destroy an input or each other, before
// anything is read.
func (l *lossCall) checkFiles() error {
	files := []namedPath{
		{"targets", l.targets}, {"soft-targets", l.softTargets}, {"soft-index", l.softIndex}, {"soft-probs", l.softProbs},
		{"weights", l.weights}, {"row-weights", l.rowWeights}, {"logits", l.logits},
	}
	for _, in := range files {
		if in.path == "-" && in.flag != "logits" {
			return usagef("--%s -: only --logits can be standard input", in.flag)
		}
	}
	if l.grad == "-" && l.perRow == "-" {
		return usagef("--grad - and --per-row - would mix: give one of them a file")
	}
	for _, out := range []namedPath{{"grad", l.grad}, {"per-row", l.perRow}, {"output", l.output}} {
		if out.path == "-" && out.flag != "output" && output(l.output).isStdout() {
			return usagef("--%s - would mix with the result: add --output FILE", out.flag)
		}
		if err := output(out.path).check(); err != nil {
			return err
		}
		for _, other := range files {
			if sameFile(out.path, other.path) {
				return usagef("--%s %s is the file of --%s: give another", out.flag, out.path, other.flag)
			}
		}
		files = append(files, out)
	}
	return nil
}

// sameFile reports whether two paths, of which b may name an array in an archive,
// are one regular file, or will be.
func sameFile(a, b string) bool {
	if output(a).isStdout() || output(b).isStdout() {
		return false // or standard input, or not given
	}
	if file, _, ok := archiveMember(b); ok {
		b = file
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y) && x.Mode().IsRegular()
	}
	return errX != nil && errY != nil && placeOf(a) == placeOf(b)
}

// placeOf is the path of a file that may not exist, without links on the way.
func placeOf(path string) string {
	dir, base := filepath.Split(path)
	if real, err := filepath.EvalSymlinks(filepath.Clean(dir)); err == nil {
		dir = real
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Join(dir, base)
}

// run computes and reports.
func (l *lossCall) run(ctx context.Context, s *streams) error {
	in := new(lossArrays)
	defer in.close()
	if err := l.read(ctx, s.in, in); err != nil {
		return err
	}
	loss, err := l.loss(in)
	if err != nil {
		return err
	}
	if err := l.settleScale(in, loss); err != nil {
		return err
	}
	screen := newScreen(s.err, l.quiet)
	p := &lossPass{call: l, in: in, loss: loss, progress: progressOf(screen, in.rows)}
	err = l.written(s.out, l.grad, func(grad io.Writer) error {
		return l.written(s.out, l.perRow, func(perRow io.Writer) error { return p.write(ctx, grad, perRow) })
	})
	screen.clear()
	if p.failed != nil { // which is not about the file that was being written
		err = p.failed
	}
	if err != nil {
		return err
	}
	report := l.report(in, p)
	if report.Count == 0 {
		fmt.Fprintln(s.err, "xent: warning: no row counts: all are ignored, or weigh 0")
	}
	return output(l.output).write(s.out, func(w io.Writer) error {
		if l.json {
			return printJSON(w, report)
		}
		return report.print(w, lineWidth(s.out))
	})
}

// written gives f the output at path, or nil where none is asked for.
func (l *lossCall) written(stdout io.Writer, path string, f func(io.Writer) error) error {
	if path == "" {
		return f(nil)
	}
	return output(path).write(stdout, f)
}

// loss makes the loss, with the words of the command line for what cannot be used.
func (l *lossCall) loss(in *lossArrays) (*xent.Loss, error) {
	o := l.Options
	o.ClassWeights, o.Workers = in.weights, 1 // blocks go in parallel, not rows of a block
	loss, err := xent.New(in.classes, o)
	var option *xent.OptionError
	if errors.As(err, &option) && option.Option == "ClassWeights" {
		return nil, fmt.Errorf("%s: class %d: weight %v: %s", l.weights, option.Index, option.Value, option.Reason)
	}
	return loss, err
}

// settleScale checks the targets of all rows, and turns --scale mean into a number.
func (l *lossCall) settleScale(in *lossArrays, loss *xent.Loss) error {
	weight, err := in.weight(loss)
	if err != nil {
		return l.explain(in, err, 0)
	}
	if l.grad != "" && l.factor != l.factor {
		l.factor = 1 / weight
	}
	return nil
}
