package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xent/measure"
	"xent/model"
)

// An evaluation is what `xent eval` was asked for.
type evaluation struct {
	input
	context, stride  int
	bos              string
	threads          int
	perToken, output string
	json, quiet      bool
	settings         map[string]any
}

func evalCommand(s *streams) *cobra.Command {
	var e evaluation
	c := &cobra.Command{
		Use:   "eval MODEL [FILE|DIR|-]…",
		Short: "Measure how surprised a model is by texts",
		Long: `Measures a model on texts: bits per byte, nats per token, perplexity and more.

Each file, and each line of a .jsonl file, is a document by itself. Every token
is scored exactly once, in windows of the model's context that advance by half
of it; the first token of a document is scored given BOS, the token that begins
documents. Bytes, characters and words count only what scored tokens cover.
Files may be compressed (.gz, .zst).`,
		Example: `  xent eval xent-run-1 letters.txt
  xent eval my-model --text "How surprised are you?" --per-token tokens.jsonl
  xent eval my-model corpus.jsonl.gz --json`,
		Args:              atLeastModel,
		ValidArgsFunction: modelFirst(cobra.ShellCompDirectiveDefault),
		RunE: func(c *cobra.Command, args []string) error {
			if err := e.resolve(c, args[1:], ""); err != nil {
				return err
			}
			e.settings = settings(c.Flags())
			return e.run(c.Context(), s, args[0])
		},
	}
	e.input.flags(c)
	section(c, "Protocol", func(f *pflag.FlagSet) {
		f.IntVarP(&e.context, "ctx", "c", 0, "windows of `N` tokens, BOS included (default: the model's context, at most 2048)")
		f.IntVar(&e.stride, "stride", 0, "`N` text tokens from window to window (default: half of --ctx)")
		f.StringVar(&e.bos, "bos", "auto", "put `TOKEN` before every document: auto (what the model declares), none, eos, or an id")
	})
	section(c, "Output", func(f *pflag.FlagSet) {
		f.StringVarP(&e.output, "output", "o", "", "write the result to `FILE` instead of standard output")
		f.StringVar(&e.perToken, "per-token", "", "write one JSON line for each token to `FILE`")
		f.BoolVar(&e.json, "json", false, "print one JSON object")
		f.BoolVarP(&e.quiet, "quiet", "q", false, "no progress")
	})
	section(c, "Machine", func(f *pflag.FlagSet) {
		f.IntVarP(&e.threads, "threads", "t", 0, "compute with `N` threads (default: all); changes no digit")
	})
	c.RegisterFlagCompletionFunc("bos", cobra.FixedCompletions([]string{"auto", "none", "eos"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// run measures; whatever can be refused is refused before the work.
func (e *evaluation) run(ctx context.Context, s *streams, dir string) error {
	if err := e.checkOutputs(); err != nil {
		return err
	}
	m, err := model.Open(dir)
	if err != nil {
		return err
	}
	m.SetWorkers(e.threads)
	p, err := e.protocol(m)
	if err != nil {
		return err
	}
	screen := newScreen(s.err, e.quiet)
	o := measure.Options{Progress: func(v measure.Event) {
		screen.status("%.4f bits/byte, %s scored, %s finished", v.BitsPerByte, count(v.Tokens, "token"), count(v.Documents, "document"))
	}}
	var result measure.Result
	measured := func() (err error) {
		result, err = measure.Evaluate(ctx, m, m.Tokenizer(), e.documents(ctx, s.in), p, o)
		screen.clear()
		return err
	}
	if e.perToken == "" {
		err = measured()
	} else {
		err = output(e.perToken).write(s.out, func(w io.Writer) error {
			lines := jsonLines(w)
			o.Token = func(t measure.Token) error { return lines.Encode(t) }
			return measured()
		})
	}
	if err != nil {
		return err
	}
	e.warn(s.err)
	if result.Total.Tokens == 0 {
		fmt.Fprintln(s.err, "xent: warning: nothing was scored: there is no text")
	}
	for _, w := range result.Warnings {
		fmt.Fprintf(s.err, "xent: warning: %s (%s)\n", w.Message, count(w.Count, warnedOf(w.Code)))
	}
	return output(e.output).write(s.out, func(w io.Writer) error {
		if e.json {
			return e.printJSON(w, m, p, &result)
		}
		return printEvaluation(w, m, p, &result, lineWidth(s.out))
	})
}

func (e *evaluation) checkOutputs() error {
	if err := checkThreads(e.threads); err != nil {
		return err
	}
	if e.perToken == "-" && output(e.output).isStdout() {
		return usagef("--per-token - would mix with the result: add --output FILE")
	}
	if err := output(e.output).check(); err != nil {
		return err
	}
	return output(e.perToken).check()
}

func checkThreads(n int) error {
	if n < 0 {
		return usagef("--threads %d: want a number from 1 on, or 0 for all", n)
	}
	return nil
}

// protocol resolves context, stride and BOS.
func (e *evaluation) protocol(m *model.Model) (p measure.Protocol, err error) {
	bos, err := e.first(m)
	if err != nil {
		return p, err
	}
	p = measure.Default(m.Context(), bos)
	if e.context != 0 {
		p = measure.Default(e.context, bos)
		p.Context = e.context
	}
	if e.stride != 0 {
		p.Stride = e.stride
	}
	if err := p.Check(m); err != nil {
		return p, protocolError(err)
	}
	return p, nil
}

// protocolError puts an error about a protocol into the words of the flags.
func protocolError(err error) error {
	var p *measure.ProtocolError
	if !errors.As(err, &p) {
		return err
	}
	name := p.Field
	if name == "context" {
		name = "ctx"
	}
	return usagef("--%s %d: %s", name, p.Value, p.Reason)
}

// warnedOf is what a warning counts.
func warnedOf(code string) string {
	if code == measure.WarnNotFinite {
		return "token"
	}
	return "document"
}

// first returns the token to put before every document, nil for none.
func (e *evaluation) first(m *model.Model) (*int32, error) {
	switch e.bos {
	case "auto":
		if id, ok := m.BOS(); ok {
			return &id, nil
		}
		return nil, nil
	case "none":
		return nil, nil
	case "eos":
		id, ok := m.EOS()
		if !ok {
			return nil, usagef("--bos eos: %s does not say which token ends a text; give its id", m.Name())
		}
		return &id, nil
	}
	id, err := strconv.ParseInt(e.bos, 10, 32)
	if err != nil {
		return nil, usagef("--bos %q: want auto, none, eos or a token id", e.bos)
	}
	id32 := int32(id)
	return &id32, nil
}
