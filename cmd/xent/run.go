package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
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

// A stoppedError is an interruption that has more to say than that.
type stoppedError struct {
	message string
	cause   error
}

func (e *stoppedError) Error() string { return e.message }
func (e *stoppedError) Unwrap() error { return e.cause }

// untilSignal returns a context that also ends with SIGINT, SIGTERM or SIGHUP, the
// end of the terminal. SIGINT and SIGHUP stay ignored where the program was started
// so, as by nohup; of SIGTERM Go does not tell.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	signals := slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
	if len(signals) == 0 { // which would mean all
		return context.WithCancel(ctx)
	}
	ctx, stop := signal.NotifyContext(ctx, signals...)
	// A second Ctrl-C ends the program at once; but timeout(1) and terminals send one
	// signal twice, to the program and to its group.
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, stop) })
	return ctx, stop
}

// run is the program: it returns the exit code. Results go to stdout, progress
// and errors to stderr. Signals that ask the program to end end ctx.
func run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, args []string) int {
	ctx, stop := untilSignal(ctx)
	defer stop()

	ran, out := false, &results{w: stdout}
	root := newRoot(&streams{fromKeyboard(stdin, stderr), out, stderr}, &ran)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	c, err := root.ExecuteContextC(ctx)
	if out.err != nil && (err == nil || errors.Is(err, out.err)) {
		return out.fail(stderr)
	}
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		fmt.Fprintln(stderr, "xent:", escaped(interruption(err), "\n"))
		return exitInterrupted
	case errors.As(err, &usageError{}) || !ran:
		fmt.Fprintf(stderr, "xent: %s\nTry '%s --help'.\n", said(c, err), c.CommandPath())
		return exitUsage
	}
	fmt.Fprintln(stderr, "xent:", said(c, err))
	return exitFailed
}

func interruption(err error) string {
	var stopped *stoppedError
	if errors.As(err, &stopped) {
		return stopped.message
	}
	return "interrupted"
}

func init() { cobra.EnableCommandSorting = false } // help lists commands as newRoot does

// newRoot builds the command tree. ran is set once a command's own work
// begins: errors before that are wrong usage.
func newRoot(s *streams, ran *bool) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "xent",
		Short: "The cross-entropy of language models: learn it, measure it",
		Long: `xent trains small language models on a CPU, and measures how surprised a
language model is by a text: in nats, bits per byte and perplexity.`,
		Example: `  xent train                    learn from stories whose entropy is known
  xent train my-notes/          learn from your own text
  xent eval MODEL my-text.txt   measure
  xent sample MODEL             read what it writes`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			if version {
				return printVersion(s.out, false)
			}
			return c.Help()
		},
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			*ran = true
			return nil
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true // completion.go has one
	root.Flags().BoolVarP(&version, "version", "v", false, "print the version, as xent version does")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError{flagError(c, err)} })
	root.SetUsageFunc(usage)
	root.AddGroup(
		&cobra.Group{ID: "learn", Title: "Learn"},
		&cobra.Group{ID: "measure", Title: "Measure"},
		&cobra.Group{ID: "look", Title: "Look"},
		&cobra.Group{ID: "exact", Title: "Exact"},
		&cobra.Group{ID: "other", Title: "Other"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			c.DisableFlagsInUseLine = true
			c.Flags().SortFlags = false
			completeFlags(c)
			root.AddCommand(c)
		}
	}
	add("learn", trainCommand(s), sampleCommand(s), sourceCommand(s))
	add("measure", evalCommand(s))
	add("look", tokenizeCommand(s))
	add("exact", lossCommand(s), benchCommand(s))
	add("other", versionCommand(s), completionCommand(s))
	help := helpCommand()
	help.GroupID = "other"
	root.SetHelpCommand(help)
	return root
}

// knownCommand refuses what cobra takes for an argument of xent itself.
func knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	if near := nearest(args[0], names); near != "" {
		return usagef("unknown command %q; did you mean %s?", args[0], near)
	}
	return usagef("unknown command %q", args[0])
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("no argument is wanted, but %q was given", args[0])
	}
	return nil
}

func atLeastModel(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("which model? give its folder first")
	}
	return nil
}

func exactlyModel(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usagef("give one model folder, not %d", len(args))
	}
	return atLeastModel(c, args)
}
