package main

import (
	"bufio"
	"fmt"

	"github.com/spf13/cobra"

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
Equal seeds give equal texts; temperature 0 always takes the likeliest token.`,
		Example: `  xent sample xent-run-1
  xent sample my-model --prompt "Dear Ada," --temperature 0.7 --top-k 40 --seed 2`,
		Args: exactlyModel,
		RunE: func(c *cobra.Command, args []string) error {
			m, err := model.Open(args[0])
			if err != nil {
				return err
			}
			m.SetWorkers(threads)
			w := bufio.NewWriter(s.out)
			for i := range number {
				if i > 0 {
					fmt.Fprintln(w)
				}
				w.WriteString(prompt)
				last := byte('\n')
				if prompt != "" {
					last = prompt[len(prompt)-1]
				}
				err := m.Sample(c.Context(), []byte(prompt), o, func(piece []byte) bool {
					w.Write(piece)
					last = piece[len(piece)-1]
					return w.Flush() == nil // a word at a time reaches the reader
				})
				if last != '\n' {
					w.WriteByte('\n')
				}
				if err := w.Flush(); err != nil {
					return err
				}
				if err != nil {
					return err
				}
				o.Seed++
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&prompt, "prompt", "", "text to continue (default: the beginning of a document)")
	f.Float64Var(&o.Temperature, "temperature", 0.8, "divides the logits: 0 is greedy, 1 the model's own distribution")
	f.IntVar(&o.TopK, "top-k", 0, "only the so many likeliest tokens (default: all)")
	f.Float64Var(&o.TopP, "top-p", 0, "only the likeliest tokens of this share of the mass (default: all)")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the draws; the next text adds 1")
	f.IntVarP(&o.MaxTokens, "tokens", "n", 256, "at most so many tokens; 0: until the document ends")
	f.IntVar(&number, "number", 1, "texts to write")
	f.IntVarP(&threads, "threads", "t", 0, "threads (default: all); changes no text")
	return c
}

func exactlyModel(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("give one model folder, not %d", len(args))
	}
	return nil
}
