package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// schemaVersion is that of every JSON object the commands print.
const schemaVersion = 1

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// A usageError is a mistake in the command line, not in what it names.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run is the program: it returns the exit code. Results go to stdout, progress
// and errors to stderr. SIGINT and SIGTERM end ctx.
func run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once

	ran := false
	root := newRoot(&streams{stdin, stdout, stderr}, &ran)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		fmt.Fprintln(stderr, "xent:", strings.TrimSuffix(err.Error(), ": "+context.Canceled.Error()))
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "xent:", err)
	if errors.As(err, &usageError{}) || !ran {
		fmt.Fprintln(stderr, "Try 'xent --help' or 'xent COMMAND --help'.")
		return exitUsage
	}
	return exitFailed
}

// newRoot builds the command tree. ran is set once a command's own work
// begins: errors before that are wrong usage.
func newRoot(s *streams, ran *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "xent",
		Short: "The cross-entropy of language models: learn it, measure it",
		Long: `xent trains small language models on a CPU, and measures how surprised a
language model is by a text: in nats, bits per byte and perplexity.

  xent train                     learn from stories whose entropy is known
  xent train my-notes/           learn from your own text
  xent eval MODEL my-text.txt    measure
  xent sample MODEL              read what it writes

Every flag can also be set by an environment variable: XENT_THREADS=1 is
--threads 1. Flags come first.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			*ran = true
			return nil
		},
	}
	root.AddGroup(
		&cobra.Group{ID: "learn", Title: "Learn:"},
		&cobra.Group{ID: "measure", Title: "Measure:"},
		&cobra.Group{ID: "look", Title: "Look:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			c.Flags().SortFlags = false
			root.AddCommand(c)
		}
	}
	add("learn", trainCommand(s), sampleCommand(s), sourceCommand(s))
	add("measure", evalCommand(s))
	add("look", tokenizeCommand(s))
	add("", versionCommand(s))
	return root
}

// fromEnvironment sets the flags that the command line left alone from XENT_*
// variables.
func fromEnvironment(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := "XENT_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if f.Changed || !ok || err != nil {
			return
		}
		if e := flags.Set(f.Name, value); e != nil {
			err = usagef("environment variable %s=%q: %v", name, value, e)
		}
	})
	return err
}
