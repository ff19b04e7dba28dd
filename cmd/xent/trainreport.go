package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"xent/internal/source"
	"xent/measure"
	"xent/model"
	"xent/train"
)

// reportWidth is the width that reports are laid out for.
const reportWidth = 80

// printReport tells a person what a run came to, and lets the model speak.
func printReport(ctx context.Context, s *streams, r *train.Report) error {
	p, w := newPalette(s.out), s.out
	if r.AlreadyDone {
		fmt.Fprintf(w, "%s had already finished its %s steps.\n\n", r.Out, thousands(r.Steps))
	}
	fmt.Fprintf(w, "%s on held-out text (%s, %s), bits/byte:\n\n", p.bold(r.Out), count(r.Corpus.HeldDocuments, "document"), count(r.Corpus.HeldBytes, "byte"))
	var rows []bar
	for _, b := range r.Corpus.Baselines {
		rows = append(rows, bar{b.Name, b.BitsPerByte})
	}
	slices.SortFunc(rows, func(a, b bar) int { return -compare(a.value, b.value) })
	rows = append(rows, bar{"this model", r.HeldOut.BitsPerByte})
	if r.Corpus.Floor > 0 {
		rows = append(rows, bar{"the floor", r.Corpus.Floor})
	}
	fmt.Fprint(w, bars(rows, reportWidth))
	fmt.Fprintf(w, "\n  %.4f nats a token, perplexity %.4g, %.1f %% of tokens foreseen;\n  step %s of %s was best, after %s tokens in %s\n",
		float64(r.HeldOut.NatsPerToken), r.HeldOut.Perplexity, 100*r.HeldOut.AccuracyTop1, thousands(r.BestStep), thousands(r.Steps),
		amount(float64(r.Tokens)), duration(r.Elapsed))
	if d := r.Divergence; d != nil {
		fmt.Fprintf(w, "\n  cross-entropy = entropy + KL, nats a story (%s held out):\n  %.2f = %.2f + %.2f ± %.2f, %.1f %% above the floor\n", count(d.Stories, "story"),
			float64(d.Entropy+d.KL), float64(d.Entropy), float64(d.KL), float64(d.StdErr), 100*float64(d.KL/d.Entropy))
	}
	if c := curve(r.Curve, r.Corpus.Floor, reportWidth, 12); c != "" {
		fmt.Fprintf(w, "\n%s\n\n%s", p.bold("Held-out bits/byte while learning")+legend(r.Corpus.Floor), c)
	}
	if err := printSamples(ctx, w, p, r); err != nil {
		return err
	}
	printNext(w, p, r)
	return nil
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func legend(floor float64) string {
	if floor > 0 {
		return " (┄ the floor)"
	}
	return ""
}

const (
	shownSamples      = 3
	checkedSamples    = 20
	sampleTemperature = 0.8
	sampleTokens      = 160
)

// printSamples shows what the model writes. Stories of the source are also
// held to its grammar.
func printSamples(ctx context.Context, w io.Writer, p palette, r *train.Report) error {
	m, err := model.Open(r.Out)
	if err != nil {
		return err
	}
	n := shownSamples
	if r.Divergence != nil {
		n = checkedSamples
		fmt.Fprintf(w, "\n%s\n\n", p.bold("Stories it wrote"))
	} else {
		n = 1
		fmt.Fprintf(w, "\n%s\n\n", p.bold("What it writes"))
	}
	whole := 0
	for i := range n {
		var text []byte
		o := model.SampleOptions{Temperature: sampleTemperature, Seed: uint64(i + 1), MaxTokens: sampleTokens}
		if err := m.Sample(ctx, nil, o, func(piece []byte) bool { text = append(text, piece...); return true }); err != nil {
			return err
		}
		if i < shownSamples {
			fmt.Fprintln(w, wrap(string(text), reportWidth, "  "))
		}
		if _, err := source.Stories().Nats(text); err == nil {
			whole++
		}
	}
	if r.Divergence != nil {
		fmt.Fprintf(w, "  %d of %d such samples, at temperature %g, are stories the source could have told, word for word.\n\n", whole, n, sampleTemperature)
	}
	return nil
}

func printNext(w io.Writer, p palette, r *train.Report) {
	fmt.Fprintf(w, "%s\n\n  xent sample %s --temperature 0.8\n  xent eval %s FILE…\n", p.bold("Next"), r.Out, r.Out)
	if r.Corpus.Source {
		fmt.Fprintln(w, "  xent train YOUR-TEXT…      a model of your own text")
	}
	fmt.Fprintf(w, "\n%s\n", r.Out)
}

// printReportJSON prints the report as one JSON object.
func printReportJSON(w io.Writer, r *train.Report) error {
	baselines := map[string]float64{}
	for _, b := range r.Corpus.Baselines {
		baselines[b.Name] = b.BitsPerByte
	}
	out := struct {
		Schema      int                `json:"schema_version"`
		Command     string             `json:"command"`
		Model       string             `json:"model"`
		Parameters  int                `json:"parameters"`
		Vocab       int                `json:"vocab"`
		Steps       int                `json:"steps"`
		BestStep    int                `json:"best_step"`
		Tokens      int64              `json:"tokens_trained"`
		Seconds     float64            `json:"seconds"`
		AlreadyDone bool               `json:"already_done"`
		HeldOut     measure.Total      `json:"heldout"`
		Floor       *float64           `json:"floor_bits_per_byte,omitempty"`
		Baselines   map[string]float64 `json:"baselines_bits_per_byte"`
		Divergence  *divergenceJSON    `json:"divergence,omitempty"`
		Curve       []train.Point      `json:"curve"`
	}{
		schemaVersion, "train", r.Out, r.Spec.Parameters(), r.Spec.Vocab, r.Steps, r.BestStep, r.Tokens, r.Elapsed.Seconds(), r.AlreadyDone,
		r.HeldOut, nil, baselines, nil, r.Curve,
	}
	if r.Corpus.Floor > 0 {
		out.Floor = &r.Corpus.Floor
	}
	if d := r.Divergence; d != nil {
		out.Divergence = &divergenceJSON{d.Stories, float64(d.CrossEntropy), float64(d.Entropy), float64(d.KL), float64(d.StdErr)}
	}
	return printJSON(w, out)
}

type divergenceJSON struct {
	Stories      int     `json:"stories"`
	CrossEntropy float64 `json:"cross_entropy_nats_per_story"`
	Entropy      float64 `json:"entropy_nats_per_story"`
	KL           float64 `json:"kl_nats_per_story"`
	StdErr       float64 `json:"kl_standard_error"`
}

// printJSON prints one object, indented, as it is.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
