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
	best  int // step of the best model
}

func (v *trainView) show(e train.Event) {
	switch e := e.(type) {
	case *train.Begun:
		v.begin(e)
	case *train.Resumed:
		v.resumed(e)
	case *train.Progress:
		line := fmt.Sprintf("step %s/%s  %s left  loss %.3f  held-out %.3f bits/byte",
			thousands(e.Step), thousands(e.Steps), duration(e.Left), float64(e.Loss), e.HeldOut)
		// What is missed least comes last, if there is room; a narrow terminal cuts the rest.
		if speed := fmt.Sprintf("  %s tok/s", thousands(int(e.TokensPerSecond))); columns(line+speed) < v.width {
			line += speed
		}
		v.status("%s", line)
	case *train.Evaluated:
		v.evaluated(e)
	case *train.Overfitting:
		v.paragraph("  ", "Overfitting: since step %s held-out text has become harder (%.4f, now %.4f bits/byte) while "+
			"training text became easier. The model of step %s is kept.", thousands(e.BestStep), e.Best, e.Held, thousands(e.BestStep))
	}
}

// begin says what will be done.
func (v *trainView) begin(e *train.Begun) {
	v.begun = e
	spec, c := e.Spec, e.Corpus
	from := "from the built-in stories, whose entropy is known"
	if !c.Source {
		about := ""
		if c.CountedBytes < c.Bytes {
			about = "about "
		}
		from = fmt.Sprintf("from %s, %s, %s%s", count(c.Documents, "document"), count(c.Bytes, "byte"), about, count(c.Tokens, "token"))
	}
	if e.Step > 0 {
		from += fmt.Sprintf("; going on after step %s", thousands(e.Step))
	}
	var beat []string
	for _, b := range c.Baselines {
		beat = append(beat, fmt.Sprintf("%s %.3f", b.Name, b.BitsPerByte))
	}
	about := ""
	if e.Expected > 0 {
		about = ", about " + duration(e.Expected)
	}
	v.line("%s", escaped(e.Out, ""))
	v.item("learning", "%s", from)
	if c.PassedOver != "" {
		v.item("skipped", "%s", escaped(c.PassedOver, ""))
	}
	v.item("held out", "%s", heldOut(c))
	v.item("model", "%s: %s of width %d, %s, vocabulary %s, context %d", count(e.Parameters, "parameter"),
		count(spec.Layers, "layer"), spec.Width, count(spec.Heads, "head"), thousands(spec.Vocab), spec.Context)
	v.item("training", "%s of about %s%s; %s of memory, %s of disk", count(e.Steps, "step"), count(e.BatchTokens, "token"), about, byteSize(e.Memory), byteSize(e.Disk))
	of := ""
	if !c.Source && c.CountedBytes < c.Bytes {
		of = fmt.Sprintf("; the tokenizer and the counts are made from %s, spread over all", count(c.CountedBytes, "byte"))
	}
	v.item("to beat", "%s bits/byte%s", strings.Join(beat, ", "), of)
	if c.Floor > 0 {
		v.item("floor", "%.4f bits/byte, the entropy of the source: no model can be lower", c.Floor)
	}
	v.line("")
	v.row("step", "training", "held-out", "held-out", "")
	v.row("", "nats/token", "nats/token", "bits/byte", "")
}

// warn writes what is to be known also where no progress is wanted.
func (v *trainView) warn(format string, args ...any) {
	v.clear()
	fmt.Fprint(v.w, wrap(fmt.Sprintf(format, args...), v.width, ""))
}

// row writes a row of the table, with a note behind it, or below it where that
// would not fit.
func (v *trainView) row(step, training, nats, bits, note string) {
	const numbers = 3 * (1 + 10)
	line := fmt.Sprintf("%*s %10s %10s %10s", min(10, v.width-numbers), step, training, nats, bits)
	switch {
	case note == "":
	case columns(line)+2+columns(note) <= v.width:
		line += "  " + note
	default:
		line += "\n" + strings.TrimSuffix(wrap(note, v.width, "    "), "\n")
	}
	v.line("%s", line)
}

// heldOut says how much text is held out, and what of it is measured when.
func heldOut(c train.Corpus) string {
	held := count(c.HeldBytes, "byte")
	if c.EvaluatedBytes < c.HeldBytes {
		held += fmt.Sprintf("; the table below measures %s of them, the report at the end ", thousands(c.EvaluatedBytes))
		if c.MeasuredBytes < c.HeldBytes {
			return held + thousands(c.MeasuredBytes)
		}
		held += "all"
	}
	return held
}

// resumed warns of a run that goes on elsewhere than it began, or has been
// elsewhere.
func (v *trainView) resumed(e *train.Resumed) {
	why := "A part of this run was computed with another back end or Go."
	var then, here []string
	if e.Backend != e.BackendThen {
		then, here = append(then, "matrix products by "+e.BackendThen), append(here, e.Backend)
	}
	if e.Go != e.GoThen {
		then, here = append(then, e.GoThen), append(here, e.Go)
	}
	if len(then) > 0 {
		why = fmt.Sprintf("This run began with %s; here it is %s.", strings.Join(then, " and "), strings.Join(here, " and "))
	}
	v.warn("%s It goes on, but its last digits will not be those of an uninterrupted run.", why)
}

func (v *trainView) item(name, format string, args ...any) {
	v.paragraph(fmt.Sprintf("  %-10s", name), format, args...)
}

func (v *trainView) paragraph(label, format string, args ...any) {
	v.line("%s", strings.TrimSuffix(labelled(label, fmt.Sprintf(format, args...), v.width), "\n"))
}

func (v *trainView) evaluated(e *train.Evaluated) {
	training := "–"
	if e.TrainNats > 0 {
		training = fmt.Sprintf("%.4f", e.TrainNats)
	}
	if e.Best {
		v.best = e.Step
	}
	note := ""
	switch {
	case e.Step == 0:
		note = fmt.Sprintf("ln V = %.4f nats", math.Log(float64(v.begun.Spec.Vocab)))
	case e.Excess == e.Excess: // the same stories, so no luck in it
		note = aboveFloor(1 + e.Excess)
	case !e.Best:
		note = v.bestStep() + " was better"
	}
	v.row(thousands(e.Step), training, fmt.Sprintf("%.4f", e.HeldNats), fmt.Sprintf("%.4f", e.BitsPerByte), note)
	if e.Step == e.Steps {
		v.status("measuring the best model on held-out text")
	}
}

// end sets the report off from what was shown before it.
func (v *trainView) end() {
	if v.begun != nil {
		v.line("")
	}
}

// bestStep names the best evaluation, which a resumed run may not have shown.
func (v *trainView) bestStep() string {
	if v.best == 0 && v.begun.Step > 0 {
		return "an earlier step"
	}
	return "step " + thousands(v.best)
}

// aboveFloor compares with the entropy of the source.
func aboveFloor(ratio float64) string {
	switch {
	case ratio >= 2:
		return fmt.Sprintf("%.1f times the floor", ratio)
	case ratio >= 1:
		return fmt.Sprintf("%.1f %% above the floor", 100*(ratio-1))
	}
	return fmt.Sprintf("%.1f %% below the floor", 100*(1-ratio))
}
