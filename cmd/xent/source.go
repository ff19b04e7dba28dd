package main

import (
	"io"

	"github.com/spf13/cobra"

	"xent/internal/source"
)

func sourceCommand(s *streams) *cobra.Command {
	var number int
	var seed, skip uint64
	c := &cobra.Command{
		Use:   "source",
		Short: "Write stories whose probability is known, as JSON lines",
		Long: `Writes stories of the built-in source, one JSON object a line: the text and
−ln of its exact probability, in nats. No model of these stories can need fewer
nats on average than their entropy.`,
		Example: `  xent source --stories 3
  xent source --stories 100000 --seed 7 > stories.jsonl`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			if number < 0 {
				return usagef("--stories %d: want a number from 0 on", number)
			}
			return buffered(s.out, func(w io.Writer) error {
				src, lines := source.Stories(), jsonLines(w)
				for i := range uint64(number) {
					if err := c.Context().Err(); err != nil {
						return err
					}
					text, nats := src.Story(seed, skip+i)
					if err := lines.Encode(story{string(text), nats}); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f := c.Flags()
	f.IntVar(&number, "stories", 10, "write `N` stories")
	f.Uint64Var(&seed, "seed", 1, "random seed `N` of the endless sequence of stories")
	f.Uint64Var(&skip, "skip", 0, "leave out the first `N` of it (default 0)")
	return c
}

type story struct {
	Text string  `json:"text"`
	Nats float64 `json:"nats"`
}
