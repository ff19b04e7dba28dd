package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"xent/internal/durable"
)

// TestFullDisk: wherever the disk or a quota is full, the line names the file and
// says what to do; a model that was there goes on being one, and what was cut off
// can be resumed.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	file(t, "corpus.txt", counted(9000))
	args := append([]string{"train", "corpus.txt", "-o", "m", "--steps", "2", "--checkpoint-every", "1", "--eval-every", "1", "--quiet"}, shape...)
	for at := 0; ; at += 7 {
		ops, kind := 0, durable.OpKind(0)
		full := []error{syscall.ENOSPC, syscall.EDQUOT}[at%2]
		durable.TestHook = func(op durable.Op) error {
			if ops++; ops <= at || op.Kind == durable.OpRemove {
				return nil
			}
			if kind == 0 {
				kind = op.Kind
			}
			return full
		}
		r := call(t, "", args...)
		durable.TestHook = nil
		if ops <= at {
			return // every operation had its turn
		}
		if r.code == exitDone && kind == durable.OpWrite { // of the lock's number, which does not matter
			os.RemoveAll("m")
			continue
		}
		if r.code != exitFailed || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, full.Error()) || !strings.Contains(r.err, "m") || strings.Contains(r.err, ".partial") {
			t.Fatalf("full at operation %d, %v: code %d\n%s%s", at, kind, r.code, r.out, r.err)
		}
		if _, err := os.Stat("m"); err != nil {
			if left, _ := os.ReadDir("."); len(left) != 1 {
				t.Fatalf("full at operation %d: %v", at, left)
			}
			continue
		}
		if !strings.Contains(r.err, "xent train --resume m") {
			t.Errorf("full at operation %d: nothing to go on with in %q", at, r.err)
		}
		must(t, "", "train", "--resume", "m", "--quiet")
		if err := os.RemoveAll("m"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExplodingLoss: the best model so far is kept.
func TestExplodingLoss(t *testing.T) {
	t.Chdir(t.TempDir())
	file(t, "corpus.txt", counted(9000))
	r := call(t, "", append([]string{"train", "corpus.txt", "-o", "m", "--steps", "50", "--rate", "1000", "--weight-decay", "0", "--quiet"}, shape...)...)
	f := fault{code: exitFailed, want: "training diverged at step "}
	f.check(t, r)
	if want := "is kept in m; try again with a peak rate below 1000 (--rate)"; !strings.Contains(r.err, want) {
		t.Errorf("%q lacks %q", r.err, want)
	}
	must(t, "", "eval", "m", "--text", "a")
}

// TestMemoryLimit: a container's or GOMEMLIMIT's bound is kept.
func TestMemoryLimit(t *testing.T) {
	t.Chdir(t.TempDir())
	for flags, advice := range map[string]string{
		"--width 4096":              "--size micro",
		"--batch-tokens 1000000":    "--micro-tokens ",
		"--batch-tokens 1000000000": "--batch-tokens 1024",
		"--batch-tokens 1000000000 --micro-tokens 128 --width 4096": "--size small --batch-tokens 4096",
	} {
		c := exec.Command(os.Args[0], append([]string{"train", lessons(), "--steps", "1"}, strings.Fields(flags)...)...)
		c.Env = append(os.Environ(), asXent+"="+asGiven, "GOMEMLIMIT=500MiB")
		r := child(t, c)
		f := fault{code: exitFailed, want: "and GOMEMLIMIT leaves 524 MB: "}
		f.check(t, r)
		if !strings.Contains(r.err, "MB): "+advice) {
			t.Errorf("%s: no %s in %q", flags, advice, r.err)
		}
	}
}

// child runs a process of its own.
func child(t *testing.T, c *exec.Cmd) result {
	t.Helper()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// TestForbidden: what the user may not read or write is said with its name.
func TestForbidden(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != filepath.Dir(d); d = filepath.Dir(d) {
		os.Chmod(d, 0o755) // for another user than root
	}
	t.Chdir(dir)
	model := unfinished(t, dir)
	secret := file(t, filepath.Join(dir, "secret.txt"), counted(9000))
	if err := os.Mkdir("locked", 0o777); err != nil {
		t.Fatal(err)
	}
	hidden := file(t, filepath.Join(dir, "locked", "in.txt"), counted(9000))
	for path, mode := range map[string]os.FileMode{secret: 0, "locked": 0, filepath.Join(model, "state"): 0o555, model: 0o555, filepath.Join(model, "state", "lock"): 0o444, dir: 0o555} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o777) })
	}
	for _, f := range []fault{
		{name: "unreadable corpus", args: "train " + secret + " --steps 1 -o /tmp/xent-never", code: 1, want: secret + ": permission denied"},
		{name: "unreadable folder", args: "train " + hidden + " --steps 1 -o /tmp/xent-never", code: 1, want: hidden + ": permission denied"},
		{name: "read-only folder", args: "train corpus.txt --steps 1 -o n", code: 1, want: "n cannot be made: nothing can be written in ."},
		{name: "read-only model", args: "train --resume " + model, code: 1, want: filepath.Join(model, "state", "lock") + ": permission denied"},
		{name: "a reader of a read-only model", args: "eval " + model + " --text a --json"},
	} {
		t.Run(f.name, func(t *testing.T) {
			before := ""
			if os.Getuid() != 0 {
				before = fmt.Sprint(snapshot(t, model))
			}
			r := child(t, unprivileged(t, strings.Fields(f.args)...))
			if f.code == exitDone {
				if r.code != exitDone {
					t.Errorf("%+v", r)
				}
				return
			}
			f.check(t, r)
			if os.Getuid() != 0 && before != fmt.Sprint(snapshot(t, model)) {
				t.Error("the model changed")
			}
		})
	}
}
