//go:build !windows

package corpus

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestNamedPipe: nobody who writes, and then somebody.
func TestNamedPipe(t *testing.T) {
	dir := t.TempDir()
	deserted, path := filepath.Join(dir, "deserted"), filepath.Join(dir, "pipe")
	if err := errors.Join(syscall.Mkfifo(deserted, 0o666), syscall.Mkfifo(path, 0o666)); err != nil {
		t.Skip("no named pipes here:", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := Each(ctx, []string{deserted}, Options{}, func(Document) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody writes: %v", err)
	}
	go os.WriteFile(path, []byte("a text"), 0)
	docs, _, err := all([]string{path}, Options{})
	if err != nil || len(docs) != 1 || string(docs[0].Text) != "a text" {
		t.Errorf("%v %v", docs, err)
	}
}
