package main

import (
	"fmt"
	"math"
	"strings"

	"xent/train"
)

// A trainView shows a run's events on a screen.
type trainView struct {
	*screen
	begun *train.Begun
}

func (v *trainView) show(e train.Event) {
	switch e := e.(type) {
	case *train.Begun:
		v.begin(e)
	case *train.Progress:
		v.status("step %s/%s  loss %.3f  held-out %.3f bits/byte  %s tok/s  %s left",
			thousands(e.Step), thousands(e.Steps), float64(e.Loss), e.HeldOut, thousands(int(e.TokensPerSecond)), duration(e.Left))
	case *train.Evaluated:
		v.evaluated(e)
	case *train.Overfitting:
		v.line("  Overfitting: held-out text has become harder since step %s (%.4f → %.4f bits/byte)\n"+
			"  while training text became easier. The model of step %s is kept.",
			thousands(e.BestStep), e.Best, e.Held, thousands(e.BestStep))
	}
}

func (v *trainView) begin(e *train.Begun) {
	v.begun = e
	spec, c := e.Spec, e.Corpus
	verb := "learning"
	if e.Step > 0 {
		verb = fmt.Sprintf("going on from step %s,", thousands(e.Step))
	}
	if c.Source {
		v.line("%s: %s from the built-in stories, whose entropy is known", e.Out, verb)
	} else {
		v.line("%s: %s from %s, %s (%s); held out: %s", e.Out, verb, count(c.Documents, "document"),
			count(c.Bytes, "byte"), count(c.Tokens, "token"), count(c.HeldBytes, "byte"))
		if n := len(c.Skipped); n > 0 {
			v.line("  skipped   %s that are not text, the first %s", count(n, "file"), c.Skipped[0])
		}
	}
	v.line("  model     %s parameters: %d layers of width %d, %d heads, vocabulary %s, context %d",
		amount(float64(e.Parameters)), spec.Layers, spec.Width, spec.Heads, thousands(spec.Vocab), spec.Context)
	about := ""
	if e.Expected > 0 {
		about = ", about " + duration(e.Expected)
	}
	v.line("  training  %s steps of %s tokens%s; %sB of memory, %sB of disk", thousands(e.Steps), thousands(e.BatchTokens), about,
		amount(float64(e.Memory)), amount(float64(e.Disk)))
	var beat []string
	for _, b := range c.Baselines {
		beat = append(beat, fmt.Sprintf("%s %.3f", b.Name, b.BitsPerByte))
	}
	v.line("  to beat   %s bits/byte", strings.Join(beat, ", "))
	if c.Floor > 0 {
		v.line("  floor     %.4f bits/byte, the entropy of the source: no model can be lower", c.Floor)
	}
	v.line("\n      step   training   held-out   held-out\n           nats/token nats/token  bits/byte")
}

func (v *trainView) evaluated(e *train.Evaluated) {
	training := "–"
	if e.TrainNats > 0 {
		training = fmt.Sprintf("%.4f", e.TrainNats)
	}
	note := ""
	switch {
	case e.Step == 0:
		note = fmt.Sprintf("  ln V = %.4f nats", math.Log(float64(v.begun.Spec.Vocab)))
	case v.begun.Corpus.Floor > 0:
		note = fmt.Sprintf("  floor + %.1f %%", 100*(e.BitsPerByte/v.begun.Corpus.Floor-1))
	case e.Best:
		note = "  best"
	}
	v.line("%10s %10s %10.4f %10.4f%s", thousands(e.Step), training, e.HeldNats, e.BitsPerByte, note)
}
