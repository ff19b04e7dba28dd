package main

import (
	"fmt"
	"io"

	"xent/measure"
	"xent/model"
)

// printJSON prints the object that programs read: stable names in lower case,
// units in them.
func (e *evaluation) printJSON(w io.Writer, m *model.Model, p measure.Protocol, r *measure.Result) error {
	return printJSON(w, struct {
		Schema   int              `json:"schema_version"`
		Command  string           `json:"command"`
		Model    string           `json:"model"`
		Options  map[string]any   `json:"options"`
		Protocol measure.Protocol `json:"protocol"`
		Skipped  []string         `json:"skipped,omitempty"` // files of folders that are no text
		*measure.Result
	}{schemaVersion, "eval", m.Name(), e.settings, p, e.read.Binary, r})
}

// printEvaluation prints a table for people.
func printEvaluation(w io.Writer, m *model.Model, p measure.Protocol, r *measure.Result, width int) error {
	t := &r.Total
	bos := "no BOS"
	if p.BOS != nil {
		bos = fmt.Sprintf("BOS %d", *p.BOS)
	}
	fmt.Fprint(w, wrap(fmt.Sprintf("%s, %s: windows of %s, stride %d, %s", m.Name(), count(m.Spec().Parameters(), "parameter"),
		count(p.Context, "token"), p.Stride, bos), width, ""))
	missing := ""
	if t.MissingTokens > 0 {
		missing = fmt.Sprintf("; not scored, for want of BOS: %s (%s)", count(t.MissingTokens, "token"), count(t.BytesMissing, "byte"))
	}
	fmt.Fprint(w, wrap(fmt.Sprintf("%s, %s, %s scored%s", count(t.Documents, "document"), count(t.BytesTotal, "byte"), count(t.Tokens, "token"), missing), width, ""))
	fmt.Fprintln(w)
	for _, line := range []struct {
		name  string
		value float64
		form  string
	}{
		{"bits/byte", t.BitsPerByte, "%.4f"},
		{"bits/character", t.BitsPerCharacter, "%.4f"},
		{"bits in all", float64(t.Bits), "%.1f"},
		{"nats/token", float64(t.NatsPerToken), "%.4f"},
		{"entropy/token, nats", float64(t.EntropyPerToken), "%.4f"},
		{"perplexity, token", t.Perplexity, "%.4g"},
		{"perplexity, word", t.WordPerplexity, "%.4g"},
		{"accuracy, top 1", 100 * t.AccuracyTop1, "%.2f %%"},
		{"accuracy, top 5", 100 * t.AccuracyTop5, "%.2f %%"},
	} {
		fmt.Fprintf(w, "  %-20s %12s\n", line.name, orDash(line.value, line.form))
	}
	if len(r.Documents) < 2 {
		return nil
	}
	fmt.Fprintf(w, "\n  %10s %10s %12s  %s\n", "bits/byte", "nats/token", "bytes", "document")
	for _, d := range r.Documents {
		fmt.Fprintf(w, "  %10s %10s %12s  %s\n", orDash(d.BitsPerByte, "%.4f"), orDash(float64(d.NatsPerToken), "%.4f"),
			thousands(d.BytesTotal), clipLeft(escaped(d.Document, ""), width-40))
	}
	return nil
}

// orDash formats a number, and a dash for none.
func orDash(x float64, form string) string {
	if x != x {
		return "–"
	}
	return fmt.Sprintf(form, x)
}
