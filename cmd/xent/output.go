package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"xent/internal/durable"
)

// results is standard output. It remembers its first error and writes nothing
// behind it, so that run alone has to look for one.
type results struct {
	w   io.Writer
	err error
}

func (r *results) Write(p []byte) (n int, err error) {
	if r.err == nil {
		n, r.err = r.w.Write(p)
	}
	return n, r.err
}

// fail says why not all was written, and returns the exit code. That its reader
// wanted no more need not be said.
func (r *results) fail(stderr io.Writer) int {
	cause := r.err
	var p *fs.PathError
	if errors.As(cause, &p) {
		cause = p.Err
	}
	if !readerGone(cause) {
		fmt.Fprintln(stderr, "xent: standard output:", cause)
	}
	return exitFailed
}

// An output is the path of a result: "" or "-" is standard output.
type output string

func (o output) isStdout() bool { return o == "" || o == "-" }

// check finds out before the work what would fail after it.
func (o output) check() error {
	if o.isStdout() {
		return nil
	}
	path := string(o)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &fs.PathError{Op: "write", Path: path, Err: syscall.EISDIR}
	}
	if parent, err := os.Stat(filepath.Dir(path)); err != nil || !parent.IsDir() {
		return fmt.Errorf("%s: there is no folder %s", path, filepath.Dir(path))
	}
	return checkName(path)
}

// longerName is how much longer than a name the hidden one is that package durable
// writes under.
const longerName = 23

// checkName refuses a name that the file system has no room for while it is
// written. Whether its folder is one is for others to see.
func checkName(path string) error {
	dir, base := filepath.Split(filepath.Clean(path))
	if info, err := os.Stat(filepath.Clean(dir)); err != nil || !info.IsDir() {
		return nil
	}
	if _, err := os.Lstat(dir + strings.Repeat("x", longerName) + base); err != nil && !errors.Is(err, fs.ErrNotExist) {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return fmt.Errorf("%s: nothing can be written under this name of %d bytes: %w", path, len(base), err)
	}
	return nil
}

// write puts what f writes there: into a file whole or not at all, but straight
// into a device or pipe.
func (o output) write(stdout io.Writer, f func(io.Writer) error) error {
	if o.isStdout() {
		return buffered(stdout, f)
	}
	path := string(o)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() {
		return durable.WriteFile(path, f)
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := buffered(file, f); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func buffered(w io.Writer, f func(io.Writer) error) error {
	b := bufio.NewWriter(w)
	if err := f(b); err != nil {
		return err
	}
	return b.Flush()
}

// printJSON prints one object, indented, with text as it is.
func printJSON(w io.Writer, v any) error {
	e := jsonLines(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// jsonLines returns an encoder of one object a line.
func jsonLines(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
