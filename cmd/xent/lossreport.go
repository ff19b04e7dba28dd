package main

import (
	"fmt"
	"io"
	"math"

	"xent"
)

// A lossReport is the object that `xent loss --json` prints; docs/json.md says what
// its members mean.
type lossReport struct {
	Schema         int               `json:"schema_version"`
	Command        string            `json:"command"`
	Options        map[string]any    `json:"options"`
	Type           string            `json:"dtype"`
	Rows           int               `json:"rows"`
	Classes        int               `json:"classes"`
	Sum            finite            `json:"sum"`
	Mean           finite            `json:"mean"`
	NLL            finite            `json:"nll"`
	Smoothing      finite            `json:"smoothing"`
	ZLoss          finite            `json:"z_loss"`
	Weight         finite            `json:"weight"`
	RowWeight      finite            `json:"row_weight"`
	Count          int               `json:"count"`
	Correct        int               `json:"correct"`
	Accuracy       finite            `json:"accuracy"`
	Entropy        finite            `json:"entropy"`
	EntropyPerRow  finite            `json:"entropy_per_row"`
	NatsPerTarget  finite            `json:"nats_per_target"`
	Perplexity     finite            `json:"perplexity"`
	BitsPerTarget  finite            `json:"bits_per_target"`
	NonFinite      int               `json:"nonfinite_rows"`
	FirstNonFinite *int              `json:"first_nonfinite_row"` // null for none
	Scale          *finite           `json:"scale,omitempty"`     // of the gradient
	Why            map[string]string `json:"nonfinite,omitempty"`

	call  *lossCall
	in    *lossArrays
	first int // FirstNonFinite, or −1
}

// report reads the total.
func (l *lossCall) report(in *lossArrays, p *lossPass) *lossReport {
	t := p.total.Result()
	r := &lossReport{
		Schema: schemaVersion, Command: "loss", Options: l.settings, Type: in.logits.Type().String(), Rows: in.rows, Classes: in.classes,
		Count: t.Count, Correct: t.Correct, NonFinite: t.NonFinite, Why: map[string]string{}, call: l, in: in, first: p.first - 1,
	}
	if r.first >= 0 {
		r.FirstNonFinite = &r.first
	}
	if l.grad != "" {
		r.Scale = new(finite)
		r.set(r.Scale, "scale", l.factor, &t, 1)
	}
	for _, x := range []struct {
		to           *finite
		name         string
		value, share float64 // share is what value was divided by, if it was
	}{
		{&r.Sum, "sum", t.Sum, 1}, {&r.Mean, "mean", t.Mean(), t.Weight}, {&r.NLL, "nll", t.NLL, 1}, {&r.Smoothing, "smoothing", t.Smoothing, 1},
		{&r.ZLoss, "z_loss", t.ZLoss, 1}, {&r.Weight, "weight", t.Weight, 1}, {&r.RowWeight, "row_weight", t.RowWeight, 1},
		{&r.Accuracy, "accuracy", float64(t.Correct) / float64(t.Count), 1}, {&r.Entropy, "entropy", t.Entropy, 1},
		{&r.EntropyPerRow, "entropy_per_row", t.Entropy / float64(t.Count), 1}, {&r.NatsPerTarget, "nats_per_target", t.NLL / t.RowWeight, 1},
		{&r.Perplexity, "perplexity", t.Perplexity(), 1}, {&r.BitsPerTarget, "bits_per_target", t.Bits(), 1},
	} {
		r.set(x.to, x.name, x.value, &t, x.share)
	}
	return r
}

// set keeps a number, and why it is not finite if so.
func (r *lossReport) set(to *finite, name string, value float64, t *xent.Result, share float64) {
	*to = finite(value)
	switch {
	case !math.IsNaN(value) && !math.IsInf(value, 0):
	case t.Count == 0:
		r.Why[name] = "nothing_counted"
	case share == 0:
		r.Why[name] = "zero_weight"
	case math.IsNaN(value):
		r.Why[name] = "undefined"
	case math.IsInf(t.NLL, 0):
		r.Why[name] = "zero_probability"
	default:
		r.Why[name] = "overflow"
	}
}

// print prints a table for people.
func (r *lossReport) print(w io.Writer, width int) error {
	l := r.call
	head := fmt.Sprintf("%s: %s of %s %s logits", escaped(l.logits, ""), count(r.Rows, "row"), thousands(r.Classes), r.Type)
	if ignored := r.Rows - r.Count; ignored > 0 {
		head += fmt.Sprintf(", of which %s left out", thousands(ignored)+map[bool]string{true: " is", false: " are"}[ignored == 1])
	}
	fmt.Fprintln(w, wrap(head, width, ""))
	for _, line := range []struct {
		name  string
		value float64
		form  string
		shown bool
	}{
		{"mean loss, nats", float64(r.Mean), "%.6f", true},
		{"  smoothing in it", float64(r.Smoothing / r.Weight), "%.6f", l.LabelSmoothing != 0},
		{"  z-loss in it", float64(r.ZLoss / r.Weight), "%.6f", l.ZLoss != 0},
		{"nats/target", float64(r.NatsPerTarget), "%.6f", r.NatsPerTarget != r.Mean},
		{"bits/target", float64(r.BitsPerTarget), "%.6f", true},
		{"perplexity", float64(r.Perplexity), "%.6g", true},
		{"entropy/row, nats", float64(r.EntropyPerRow), "%.6f", true},
		{"accuracy", 100 * float64(r.Accuracy), "%.2f %%", true},
	} {
		if line.shown {
			fmt.Fprintf(w, "  %-20s %14s\n", line.name, orDash(line.value, line.form))
		}
	}
	if r.first >= 0 {
		fmt.Fprintf(w, "\n%s", wrap(fmt.Sprintf("%s without a finite loss; the first is %s", count(r.NonFinite, "row"), r.in.place(r.first)), width, ""))
	}
	if l.grad != "" {
		what := fmt.Sprintf("gradient of %.6g·sum", float64(*r.Scale))
		if r.Count == 0 {
			what = "gradient, all 0,"
		}
		where := "in " + escaped(l.grad, "")
		if output(l.grad).isStdout() {
			where = "on standard output"
		}
		fmt.Fprintf(w, "\n%s", wrap(what+" "+where, width, ""))
	}
	return nil
}
