// Command xent trains small language models and measures how surprised any
// model is by any text.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"xent/internal/memory"
)

func main() {
	settle()
	os.Exit(run(context.Background(), os.Stdin, os.Stdout, os.Stderr, os.Args[1:]))
}

// settle sets what belongs to the process, not to a call of run.
func settle() {
	// Whoever reads the messages may end first: in `xent train 2>&1 | tee log` Ctrl-C
	// ends tee too. What is written then has to fail, not kill a program that is about
	// to save.
	signal.Ignore(syscall.SIGPIPE)
	// A container kills what its limit does not hold, garbage or not.
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory.Soft())
	}
}
