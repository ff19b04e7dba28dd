package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/spf13/cobra"

	"xent/internal/corpus"
	"xent/internal/durable"
	"xent/measure"
	"xent/model"
)

// An evaluation is what `xent eval` was asked for.
type evaluation struct {
	input
	context, stride int
	bos             string
	threads         int
	perToken        string
	output          string
	json, quiet     bool
}

func evalCommand(s *streams) *cobra.Command {
	var e evaluation
	c := &cobra.Command{
		Use:   "eval MODEL [FILE|DIR|-]…",
		Short: "Measure how surprised a model is by texts",
		Long: `Measures a model on texts: bits per byte, nats per token, perplexity and more.

Each file, and each line of a .jsonl file, is a document by itself. Every token
is scored exactly once, in windows of the model's context that advance by half
of it; the first token of a document is scored given BOS. What is divided by
bytes, characters or words counts only the text that scored tokens cover.`,
		Example: `  xent eval xent-run-1 letters.txt
  xent eval my-model --text "How surprised are you?" --per-token tokens.jsonl
  xent eval my-model corpus.jsonl.gz --json`,
		Args: atLeastModel,
		RunE: func(c *cobra.Command, args []string) error {
			e.paths = append(args[1:], e.files...)
			return e.run(c.Context(), s, args[0])
		},
	}
	f := c.Flags()
	e.input.flags(c)
	f.IntVarP(&e.context, "ctx", "c", 0, "tokens of a window, BOS included (default: the model's context, at most 2048)")
	f.IntVar(&e.stride, "stride", 0, "text tokens from window to window (default: half of --ctx)")
	f.StringVar(&e.bos, "bos", "auto", "token before every document: auto, none, or an id")
	f.IntVarP(&e.threads, "threads", "t", 0, "threads (default: all); changes no digit")
	f.StringVar(&e.perToken, "per-token", "", "write one JSON line a token to this file")
	f.StringVarP(&e.output, "output", "o", "", "write the result to this file instead of standard output")
	f.BoolVar(&e.json, "json", false, "print one JSON object")
	f.BoolVarP(&e.quiet, "quiet", "q", false, "no progress")
	return c
}

func atLeastModel(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("which model? give its folder first")
	}
	return nil
}

func (e *evaluation) run(ctx context.Context, s *streams, dir string) error {
	m, err := model.Open(dir)
	if err != nil {
		return err
	}
	m.SetWorkers(e.threads)
	p, err := e.protocol(m)
	if err != nil {
		return err
	}
	if err := p.Check(m); err != nil {
		return usageError{err}
	}
	if err := e.check(); err != nil {
		return err
	}
	screen := newScreen(s.err, e.quiet)
	var result measure.Result
	err = withTokenFile(e.perToken, func(token func(measure.Token) error) (err error) {
		result, err = measure.Evaluate(ctx, m, m.Tokenizer(), e.documents(ctx, s.in), p, measure.Options{Token: token, Progress: func(v measure.Event) {
			screen.status("%s scored in %s: %.4f bits/byte", count(v.Tokens, "token"), count(v.Documents, "document"), v.BitsPerByte)
		}})
		return err
	})
	screen.clear()
	if err != nil {
		return err
	}
	for _, w := range result.Warnings {
		screen.line("xent: warning: %s (%d)", w.Message, w.Count)
	}
	return writeTo(e.output, s.out, func(w io.Writer) error {
		if e.json {
			return printEvaluationJSON(w, m, p, &result)
		}
		return printEvaluation(w, m, p, &result)
	})
}

// protocol resolves context, stride and BOS.
func (e *evaluation) protocol(m *model.Model) (measure.Protocol, error) {
	var bos *int32
	switch e.bos {
	case "auto":
		if id, ok := m.BOS(); ok {
			bos = &id
		}
	case "none":
	default:
		id, err := strconv.ParseInt(e.bos, 10, 32)
		if err != nil {
			return measure.Protocol{}, usagef("--bos %q: want auto, none or a token id", e.bos)
		}
		id32 := int32(id)
		bos = &id32
	}
	p := measure.Default(m.Context(), bos)
	if e.context != 0 {
		p = measure.Default(e.context, bos)
		p.Context = e.context
	}
	if e.stride != 0 {
		p.Stride = e.stride
	}
	return p, nil
}

// withTokenFile lets f write token records into path, or nowhere. The file
// appears when f is done.
func withTokenFile(path string, f func(func(measure.Token) error) error) error {
	if path == "" {
		return f(nil)
	}
	return durable.WriteFile(path, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return f(func(t measure.Token) error { return encoder.Encode(t) })
	})
}

// writeTo writes to the file path, whole or not at all, or to stdout.
func writeTo(path string, stdout io.Writer, f func(io.Writer) error) error {
	if path != "" {
		return durable.WriteFile(path, f)
	}
	w := bufio.NewWriter(stdout)
	if err := f(w); err != nil {
		return err
	}
	return w.Flush()
}

// printEvaluationJSON prints the object that DESIGN's users parse: stable
// names, lower case, units in them.
func printEvaluationJSON(w io.Writer, m *model.Model, p measure.Protocol, r *measure.Result) error {
	return printJSON(w, struct {
		Schema   int              `json:"schema_version"`
		Command  string           `json:"command"`
		Model    string           `json:"model"`
		Protocol measure.Protocol `json:"protocol"`
		*measure.Result
	}{schemaVersion, "eval", m.Name(), p, r})
}

// input is where documents come from.
type input struct {
	paths, files []string
	text         string
	textField    string
	limit        int
}

func (in *input) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVarP(&in.files, "file", "f", nil, "one more file; - is standard input")
	f.StringVar(&in.text, "text", "", "a text instead of files")
	f.StringVar(&in.textField, "text-field", "text", "field of JSON lines that holds the text")
	f.IntVarP(&in.limit, "limit", "L", 0, "only the first so many documents")
}

func (in *input) check() error {
	switch {
	case in.text != "" && len(in.paths) > 0:
		return usagef("give --text or files, not both")
	case in.text == "" && len(in.paths) == 0:
		return usagef("which text? give files, - for standard input, or --text")
	case in.limit < 0:
		return usagef("--limit %d: want a number of documents", in.limit)
	}
	return nil
}

// errEnough ends a walk that has all the documents wanted.
var errEnough = errors.New("enough documents")

// documents yields the documents one at a time.
func (in *input) documents(ctx context.Context, stdin io.Reader) iter.Seq2[measure.Document, error] {
	if in.text != "" {
		return measure.All(measure.Document{Name: "--text", Text: []byte(in.text)})
	}
	return func(yield func(measure.Document, error) bool) {
		n := 0
		_, err := corpus.Each(ctx, in.paths, corpus.Options{TextField: in.textField, Stdin: stdin}, func(d corpus.Document) error {
			if n++; !yield(measure.Document{Name: d.Name, Text: d.Text}, nil) || n == in.limit {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(measure.Document{}, err)
		}
	}
}

// printEvaluation prints a table for people.
func printEvaluation(w io.Writer, m *model.Model, p measure.Protocol, r *measure.Result) error {
	t := &r.Total
	bos := "no BOS"
	if p.BOS != nil {
		bos = fmt.Sprintf("BOS %d", *p.BOS)
	}
	fmt.Fprintf(w, "%s: %s parameters; windows of %d tokens, stride %d, %s\n", m.Name(), amount(float64(m.Spec().Parameters())), p.Context, p.Stride, bos)
	fmt.Fprintf(w, "%s, %s; %s scored", count(t.Documents, "document"), count(t.BytesTotal, "byte"), count(t.Tokens, "token"))
	if t.MissingTokens > 0 {
		fmt.Fprintf(w, ", %s missing (%s)", thousands(t.MissingTokens), count(t.BytesMissing, "byte"))
	}
	fmt.Fprint(w, "\n\n")
	for _, line := range []struct {
		name  string
		value float64
		form  string
	}{
		{"bits/byte", t.BitsPerByte, "%.4f"},
		{"bits/character", t.BitsPerCharacter, "%.4f"},
		{"nats/token", float64(t.NatsPerToken), "%.4f"},
		{"perplexity, token", t.Perplexity, "%.4g"},
		{"perplexity, word", t.WordPerplexity, "%.4g"},
		{"total bits", float64(t.Bits), "%.1f"},
		{"top-1 accuracy", 100 * t.AccuracyTop1, "%.2f %%"},
		{"top-5 accuracy", 100 * t.AccuracyTop5, "%.2f %%"},
		{"entropy/token, nats", float64(t.EntropyPerToken), "%.4f"},
	} {
		fmt.Fprintf(w, "  %-20s %12s\n", line.name, orDash(line.value, line.form))
	}
	if len(r.Documents) < 2 {
		return nil
	}
	fmt.Fprintf(w, "\n  %10s %10s %10s  %s\n", "bits/byte", "nats/token", "bytes", "document")
	for _, d := range r.Documents {
		fmt.Fprintf(w, "  %10s %10s %10s  %s\n", orDash(d.BitsPerByte, "%.4f"), orDash(float64(d.NatsPerToken), "%.4f"), thousands(d.BytesTotal), clip(d.Document, reportWidth-36))
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
