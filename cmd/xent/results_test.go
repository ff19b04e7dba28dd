package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A full device takes n bytes and no more.
type full struct {
	n     int
	cause error
	after int // writes behind the error
}

func (f *full) Write(p []byte) (int, error) {
	if len(p) <= f.n {
		f.n -= len(p)
		return len(p), nil
	}
	f.after++
	return f.n, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: f.cause}
}

// TestResultsAreWritten: every command whose standard output takes nothing, or not
// all, says so in one line and fails; where the reader has gone it says nothing.
func TestResultsAreWritten(t *testing.T) {
	model := tinyModel(t)
	t.Chdir(t.TempDir())
	file(t, "z.npy", fixtures["z.npy"])
	file(t, "y.npy", fixtures["y.npy"])
	for _, line := range []string{
		"", "--help", "help", "eval --help", "version", "version --json", "completion bash", "completion fish", "source", "source --stories 100",
		"sample MODEL --number 2 -n 5", "tokenize MODEL --text abc", "tokenize MODEL --text abc --json", "tokenize MODEL --text [97,98] --decode",
		"eval MODEL --text a", "eval MODEL --text a --json", "train --resume MODEL", "train --resume MODEL --json", "eval MODEL --text a --per-token - -o /dev/null",
		"loss --logits z.npy --targets y.npy", "loss --logits z.npy --targets y.npy --json", "loss --logits z.npy --targets y.npy --grad - -o /dev/null",
	} {
		args := strings.Fields(strings.ReplaceAll(line, "MODEL", model))
		for cause, want := range map[syscall.Errno]string{syscall.ENOSPC: "xent: standard output: " + syscall.ENOSPC.Error() + "\n", syscall.EPIPE: ""} {
			if cause == syscall.EPIPE && !readerGone(cause) {
				continue // another error here
			}
			for _, room := range []int{0, 1} {
				out := &full{n: room, cause: cause}
				var errs bytes.Buffer
				code := run(t.Context(), nil, out, &errs, args)
				if code != exitFailed || errs.String() != want || out.after != 1 {
					t.Errorf("xent %s, room for %d bytes, %v: code %d, %d writes behind it\n%s", line, room, cause, code, out.after, &errs)
				}
			}
		}
	}
}

// TestFullDevice: a run whose report cannot be written has failed, though its model
// is there.
func TestFullDevice(t *testing.T) {
	device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no such device here:", err)
	}
	defer device.Close()
	dir := filepath.Join(t.TempDir(), "m")
	var errs bytes.Buffer
	code := run(t.Context(), nil, device, &errs, append([]string{"train", lessons(), "--steps", "1", "-q", "-o", dir}, shape...))
	if want := fmt.Sprintf("xent: standard output: %v\n", syscall.ENOSPC); code != exitFailed || errs.String() != want {
		t.Errorf("code %d, %q", code, &errs)
	}
	must(t, "", "eval", dir, "--text", "a")
}
