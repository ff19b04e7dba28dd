package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"xent/train"
)

func trainCommand(s *streams) *cobra.Command {
	var o train.Options
	var resume string
	var quiet, asJSON bool
	started := time.Now()
	c := &cobra.Command{
		Use:   "train [FILE|DIR|-]…",
		Short: "Train a language model from text, or from stories of known entropy",
		Long: `Trains a language model and measures it on text it has not seen.

Without arguments it learns from a source of little stories whose entropy is
known exactly, so that the best possible loss is drawn as a floor. Otherwise it
learns from text files, folders, JSON lines (.jsonl) and any of them compressed
(.gz, .zst); a tenth is held out and never trained on.

Ctrl-C saves and prints how to go on.`,
		Example: `  xent train
  xent train notes/ letters.txt -o my-model --minutes 10
  xent train corpus.jsonl.zst --text-field body --size small --minutes 60
  xent train --resume my-model`,
		RunE: func(c *cobra.Command, args []string) error {
			screen := newScreen(s.err, quiet)
			view := &trainView{screen: screen}
			o.Progress, o.Stdin, o.Started, o.Paths = view.show, s.in, started, args
			report, err := trainOrResume(c.Context(), &o, resume, args)
			screen.clear()
			if err != nil {
				return explain(err, &o, resume)
			}
			if asJSON {
				return printReportJSON(s.out, report)
			}
			return printReport(c.Context(), s, report)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.Out, "output", "o", "", "model folder to make (default xent-run-N, the next free number)")
	f.StringVar(&resume, "resume", "", "continue the run of this model folder; needs nothing else")
	f.Float64Var(&o.Minutes, "minutes", 0, fmt.Sprintf("wall time to spend (default %v)", train.DefaultMinutes))
	f.IntVar(&o.Steps, "steps", 0, "optimiser steps to take instead")
	f.Int64Var(&o.MaxTokens, "max-tokens", 0, "tokens to learn from instead")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of weights and order")
	f.StringVar(&o.Size, "size", "", "nano, micro or small (default: what the machine can do in the time)")
	f.StringVar(&o.TextField, "text-field", "text", "field of JSON lines that holds the text")
	f.IntVar(&o.CheckpointEvery, "checkpoint-every", 0, "steps between checkpoints (default: with each evaluation)")
	f.IntVar(&o.EvalEvery, "eval-every", 0, "steps between held-out evaluations (default: about 20 in all)")
	f.IntVar(&o.BatchTokens, "batch-tokens", 0, "tokens of one step")
	f.IntVar(&o.MicroTokens, "micro-tokens", 0, "tokens computed at a time: less memory, the same bits")
	shapeFlags(c, &o.Shape)
	optimizerFlags(c, &o.Optimizer)
	f.IntVarP(&o.Workers, "threads", "t", 0, "threads (default: all); changes no digit")
	f.BoolVar(&asJSON, "json", false, "print the result as one JSON object")
	f.BoolVarP(&quiet, "quiet", "q", false, "no progress")
	return c
}

func shapeFlags(c *cobra.Command, z *train.Shape) {
	f := c.Flags()
	f.IntVar(&z.Vocab, "vocab", 0, "tokens of the vocabulary; 257 is single bytes")
	f.IntVarP(&z.Context, "ctx", "c", 0, "tokens of context")
	f.IntVar(&z.Width, "width", 0, "width of the model")
	f.IntVar(&z.Layers, "layers", 0, "layers")
	f.IntVar(&z.Heads, "heads", 0, "attention heads")
	f.IntVar(&z.KVHeads, "kv-heads", 0, "heads of keys and values")
	f.IntVar(&z.Hidden, "hidden", 0, "width of the feed-forward part")
}

func optimizerFlags(c *cobra.Command, z *train.Optimizer) {
	f := c.Flags()
	f.Float64Var(&z.PeakRate, "rate", 0, "peak learning rate")
	f.StringVar(&z.Schedule, "schedule", "", "wsd or cosine")
	f.Float64Var(&z.WeightDecay, "weight-decay", 0, "weight decay of matrices (default 0.1)")
}

func trainOrResume(ctx context.Context, o *train.Options, resume string, args []string) (*train.Report, error) {
	if resume != "" {
		if len(args) > 0 {
			return nil, usagef("--resume %s continues with its own corpus: leave out %q", resume, args)
		}
		return train.Resume(ctx, resume, *o)
	}
	if o.Out == "" {
		var err error
		if o.Out, err = freeRun(); err != nil {
			return nil, err
		}
	}
	return train.Run(ctx, *o)
}

// freeRun returns the first of xent-run-1, xent-run-2, … that does not exist.
func freeRun() (string, error) {
	for n := 1; n < math.MaxInt32; n++ {
		name := fmt.Sprintf("xent-run-%d", n)
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", errors.New("no free name xent-run-N; give --output")
}

// explain adds what a person can do.
func explain(err error, o *train.Options, resume string) error {
	var option *train.OptionError
	var interrupted *train.InterruptedError
	switch {
	case errors.As(err, &option):
		return usageError{err}
	case errors.As(err, &interrupted):
		return fmt.Errorf("%w\nGo on with: xent train --resume %s", err, interrupted.Out)
	}
	return err
}
