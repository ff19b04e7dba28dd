package main

import (
	"bufio"
	"context"
	"fmt"
	"math"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xent/model"
)

func sampleCommand(s *streams) *cobra.Command {
	var o model.SampleOptions
	var prompt string
	var number, threads int
	c := &cobra.Command{
		Use:   "sample MODEL",
		Short: "Let a model write",
		Long: `Continues a prompt with a model, token by token. The prompt is printed first.
Equal seeds give equal texts; temperature 0 always takes the likeliest token.
A terminal is shown control characters escaped; a file or pipe gets the bytes.`,
		Example: `  xent sample xent-run-1
  xent sample my-model --prompt "Dear Ada," --temperature 0.7 --top-k 40`,
		Args:              exactlyModel,
		ValidArgsFunction: modelFirst(cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkSample(&o, number, threads); err != nil {
				return err
			}
			m, err := model.Open(args[0])
			if err != nil {
				return err
			}
			if _, ok := m.BOS(); !ok && prompt == "" {
				return usagef("%s declares no BOS to begin with: give a --prompt", m.Name())
			}
			m.SetWorkers(threads)
			w := bufio.NewWriter(forEyes(s.out))
			for i := range number {
				if i > 0 {
					fmt.Fprintln(w)
				}
				if err := write(c.Context(), w, m, prompt, o); err != nil {
					return err
				}
				o.Seed++
			}
			return nil
		},
	}
	section(c, "Text", func(f *pflag.FlagSet) {
		f.StringVar(&prompt, "prompt", "", "continue `STRING` (default: begin a document)")
		f.IntVarP(&o.MaxTokens, "tokens", "n", 256, "at most `N` tokens; 0 means until the document ends")
		f.IntVar(&number, "number", 1, "write `N` texts")
	})
	section(c, "Choice of tokens", func(f *pflag.FlagSet) {
		f.Float64Var(&o.Temperature, "temperature", 0.8, "divide the logits by `T`: 0 is greedy, 1 the model's own distribution")
		f.IntVar(&o.TopK, "top-k", 0, "only the `K` likeliest tokens (default: all)")
		f.Float64Var(&o.TopP, "top-p", 0, "only the likeliest tokens that together reach probability `P` (default: all)")
		f.Uint64Var(&o.Seed, "seed", 1, "random seed `N`; each further text adds 1")
	})
	section(c, "Machine", func(f *pflag.FlagSet) {
		f.IntVarP(&threads, "threads", "t", 0, "compute with `N` threads (default: all); changes no text")
	})
	return c
}

func checkSample(o *model.SampleOptions, number, threads int) error {
	switch {
	case !(o.Temperature >= 0 && o.Temperature < math.Inf(1)):
		return usagef("--temperature %v: want a number from 0 on", o.Temperature)
	case o.TopK < 0:
		return usagef("--top-k %d: want a number from 1 on, or 0 for all", o.TopK)
	case !(o.TopP >= 0 && o.TopP <= 1):
		return usagef("--top-p %v: want a number between 0 and 1", o.TopP)
	case o.MaxTokens < 0:
		return usagef("--tokens %d: want a number from 1 on, or 0 for no limit", o.MaxTokens)
	case number < 1:
		return usagef("--number %d: want a number from 1 on", number)
	}
	return checkThreads(threads)
}

// write streams one text, prompt and all, and ends its last line.
func write(ctx context.Context, w *bufio.Writer, m *model.Model, prompt string, o model.SampleOptions) error {
	last := byte(0)
	show := func(piece []byte) bool {
		if len(piece) > 0 {
			last = piece[len(piece)-1]
		}
		w.Write(piece)
		return w.Flush() == nil // a word at a time reaches the reader
	}
	show([]byte(prompt))
	err := m.Sample(ctx, []byte(prompt), o, show)
	if last != '\n' {
		w.WriteByte('\n')
	}
	if flushed := w.Flush(); flushed != nil {
		return flushed
	}
	return err
}
