//go:build !windows

package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"xent/train"
)

// TestReaderOfMessagesGone: a run whose standard error nobody reads any more goes
// on, and saves when it is told to end.
func TestReaderOfMessagesGone(t *testing.T) {
	t.Chdir(t.TempDir())
	c := exec.Command(os.Args[0], append([]string{"train", lessons(), "-o", "m", "--steps", "1000000", "--eval-every", "1"}, shape...)...)
	c.Env = append(os.Environ(), asXent+"="+asGiven)
	messages, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	for lines := bufio.NewScanner(messages); lines.Scan() && !strings.HasPrefix(lines.Text(), "         1 "); {
	}
	messages.Close()
	saved := func() string { return read(t, "m/state/checkpoint") }
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if before := saved(); time.Now().After(deadline) {
			t.Fatal("nothing is saved any more")
		} else if time.Sleep(50 * time.Millisecond); saved() != before {
			break // at least one more line was written to nobody
		}
	}
	c.Process.Signal(os.Interrupt)
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("it ended with %v", c.ProcessState)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	step := 0
	train.Resume(ctx, "m", train.Options{Progress: func(e train.Event) {
		if b, ok := e.(*train.Begun); ok {
			step = b.Step
			cancel()
		}
	}})
	if step < 2 {
		t.Errorf("resumed after step %d", step)
	}
}

// TestClosedPipe: nothing is said to who stopped reading.
func TestClosedPipe(t *testing.T) {
	c := exec.Command(os.Args[0], "source", "--stories", "100000")
	c.Env = append(os.Environ(), asXent+"="+asGiven)
	var errs strings.Builder
	c.Stderr = &errs
	stories, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	bufio.NewReader(stories).ReadByte()
	stories.Close()
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitFailed || errs.Len() > 0 {
		t.Errorf("it ended with %v: %q", c.ProcessState, &errs)
	}
}

// TestNoSignals: where no signal is to end the program, none does.
func TestNoSignals(t *testing.T) {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
	signal.Ignore(all...)
	defer signal.Reset(all...)
	ctx, stop := untilSignal(t.Context())
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if ctx.Err() != nil {
		t.Error("a window was resized, and the program ends")
	}
}

// TestIgnoredSignals: a program that was started to ignore signals does.
func TestIgnoredSignals(t *testing.T) {
	c := exec.Command("sh", "-c", `trap "" INT HUP; exec "$0" eval "$1" -`, os.Args[0], tinyModel(t))
	c.Env = append(os.Environ(), asXent+"="+asGiven)
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Skip(err)
	}
	defer c.Process.Kill()
	time.Sleep(300 * time.Millisecond)
	c.Process.Signal(syscall.SIGHUP)
	c.Process.Signal(os.Interrupt)
	time.Sleep(300 * time.Millisecond)
	in.Write([]byte("text"))
	in.Close()
	if c.Wait(); c.ProcessState.ExitCode() != exitDone {
		t.Errorf("it ended with %v", c.ProcessState)
	}
}
