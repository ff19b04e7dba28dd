package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"xent/internal/source"
	"xent/model"
	"xent/train"
)

// printReport tells a person what a run came to, in lines of width columns, and
// lets the model speak.
func printReport(ctx context.Context, w io.Writer, r *train.Report, resumed bool, width int) error {
	if r.AlreadyDone {
		printOf(w, r, fmt.Sprintf("had finished all its %s before.", count(r.Steps, "step")), width)
		fmt.Fprintln(w)
	}
	if r.Unmeasured != nil {
		why, then := unmeasured(r)
		fmt.Fprint(w, wrap("Its held-out text cannot be measured: "+escaped(why, ""), width, ""))
		if then != "" {
			fmt.Fprintf(w, "\n  %s\n", then) // to be copied: never broken
		}
		printCurve(w, r, width)
		fmt.Fprintln(w)
		printNext(w, r)
		return nil
	}
	printMeasured(w, r, width)
	took := ", " + duration(r.Elapsed)
	if resumed {
		took = "" // the clock saw a part of the run
	}
	fmt.Fprint(w, wrap(fmt.Sprintf("%s, %s%s; the model of step %s is the best on held-out text, and kept",
		count(r.Steps, "step"), count(r.Tokens, "token"), took, thousands(r.BestStep)), width, "  "))
	if d := r.Divergence; d != nil {
		printDivergence(w, d, width)
	}
	printCurve(w, r, width)
	if err := printSamples(ctx, w, r, width); err != nil {
		return err
	}
	printNext(w, r)
	return nil
}

// unmeasured is why a finished run was not measured again, and the command that
// would do so, if there is one.
func unmeasured(r *train.Report) (why, then string) {
	if errors.As(r.Unmeasured, new(*train.MovedError)) {
		then = fmt.Sprintf("xent train --resume %s FILE…", shellWord(r.Out))
	}
	return message(r.Unmeasured), then
}

// printOf prints what is said of the model's folder behind its name, or below it
// where that would not fit: a path is never broken.
func printOf(w io.Writer, r *train.Report, text string, width int) {
	name := escaped(r.Out, "")
	if columns(name)+1+columns(text) > width {
		fmt.Fprintf(w, "%s\n%s", bold(w, name), wrap(text, width, ""))
	} else {
		fmt.Fprintf(w, "%s %s\n", bold(w, name), text)
	}
}

// printMeasured compares the best model with others on the held-out text.
func printMeasured(w io.Writer, r *train.Report, width int) {
	thing := "document"
	if r.Corpus.Source {
		thing = "story"
	}
	printOf(w, r, fmt.Sprintf("on held-out text (%s, %s), bits/byte:", count(r.Corpus.MeasuredDocuments, thing), count(r.Corpus.MeasuredBytes, "byte")), width)
	fmt.Fprintf(w, "\n%s\n", bars(comparison(r), width))
	fmt.Fprint(w, wrap(fmt.Sprintf("%.4f nats/token, perplexity %.4g; %.1f %% of tokens guessed right",
		float64(r.HeldOut.NatsPerToken), r.HeldOut.Perplexity, 100*r.HeldOut.AccuracyTop1), width, "  "))
}

// printDivergence compares the best model with the source.
func printDivergence(w io.Writer, d *train.Divergence, width int) {
	fmt.Fprintln(w)
	fmt.Fprint(w, wrap(fmt.Sprintf("cross-entropy = entropy + KL, in nats/story over %s:", count(d.Stories, "held-out story")), width, "  "))
	fmt.Fprint(w, wrap(fmt.Sprintf("%.2f = %.2f + %.2f ± %.2f, %s", float64(d.Entropy+d.KL), float64(d.Entropy), float64(d.KL), float64(d.StdErr),
		aboveFloor(float64((d.Entropy+d.KL)/d.Entropy))), width, "  "))
	if d.BelowFloor() {
		fmt.Fprint(w, wrap("Below the floor by more than chance allows: the model has seen what it is measured on, or the measurement is wrong. Please report this.", width, "  "))
	}
}

// printCurve draws how a run went, if there is more than one point to draw.
func printCurve(w io.Writer, r *train.Report, width int) {
	c := curve(r.Curve, r.Corpus.Floor, width, 12)
	if c == "" {
		return
	}
	title := "Held-out bits/byte while learning"
	if r.Corpus.Floor > 0 {
		title += " (┄ the floor)"
	}
	fmt.Fprintf(w, "\n%s\n\n%s", bold(w, strings.TrimSuffix(wrap(title, width, ""), "\n")), c)
}

// comparison lists what others reach, the weakest first, then the model and
// the floor.
func comparison(r *train.Report) (rows []bar) {
	for _, b := range r.Corpus.Baselines {
		rows = append(rows, bar{b.Name, b.BitsPerByte})
	}
	slices.SortFunc(rows, func(a, b bar) int { return -cmp.Compare(a.value, b.value) })
	rows = append(rows, bar{"this model", r.HeldOut.BitsPerByte})
	if r.Corpus.Floor > 0 {
		rows = append(rows, bar{"the floor", r.Corpus.Floor})
	}
	return rows
}

const (
	shownStories      = 3
	checkedStories    = 20
	sampleTemperature = 0.8
	sampleTokens      = 160
)

// printSamples shows what the model writes. Stories of the source are also
// held to its grammar.
func printSamples(ctx context.Context, w io.Writer, r *train.Report, width int) error {
	m, err := model.Open(r.Out)
	if err != nil {
		return err
	}
	title, n := "What it writes", 1
	if r.Corpus.Source {
		title, n = "Stories it writes", checkedStories
	}
	fmt.Fprintf(w, "\n%s\n\n", bold(w, title))
	whole, stories := 0, source.Stories()
	for i := range n {
		var text []byte
		o := model.SampleOptions{Temperature: sampleTemperature, Seed: uint64(i + 1), MaxTokens: sampleTokens}
		if err := m.Sample(ctx, nil, o, func(piece []byte) bool { text = append(text, piece...); return true }); err != nil {
			return err
		}
		if i < shownStories {
			fmt.Fprintln(w, wrap(printable(text), width, "  "))
		}
		if _, err := stories.Nats(text); err == nil {
			whole++
		}
	}
	if r.Corpus.Source {
		told := "are stories"
		if whole == 1 {
			told = "is a story"
		}
		fmt.Fprintln(w, wrap(fmt.Sprintf("Of %d samples at temperature %g, %d %s that the source could have told, word for word.",
			n, sampleTemperature, whole, told), width, "  "))
	}
	return nil
}

// printNext ends with the name of the folder.
func printNext(w io.Writer, r *train.Report) {
	name := shellWord(r.Out)
	fmt.Fprintf(w, "%s\n\n  xent sample %s\n  xent eval %s FILE…\n", bold(w, "Next"), name, name)
	if r.Corpus.Source {
		fmt.Fprintln(w, "  xent train FILE…")
	}
	fmt.Fprintf(w, "\nThe model is in %s\n", escaped(r.Out, ""))
}
