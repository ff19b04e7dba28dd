// Package corpus turns files, folders and streams into documents, keeps more of
// them than the memory holds, and splits them into a part to learn from and a part
// to be measured on.
//
// A text file is one document. A .jsonl or .ndjson file holds one document a
// line, each line a JSON object with a text field. Either may be compressed
// (.gz, .zst). Standard input, which has no name, holds one text or JSON lines,
// as the caller says, and is decompressed if it begins as gzip or zstd do. A
// folder stands for the files below it. The bytes of a text are taken as they
// are: line ends, byte-order marks, NUL and invalid UTF-8 too.
package corpus

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Document is a text that nothing else in the corpus continues.
type Document struct {
	Name string // the path as it was given or found, "path:line" for a JSON line, "-" for standard input
	Text []byte // the reader's to keep
}

// Options say how to read. The zero value is ready to use.
type Options struct {
	TextField  string    // field of a JSON line that holds the text; "" means "text"
	Stdin      io.Reader // what the path "-" reads, plain, gzip or zstd; nil means that "-" is an error
	StdinLines bool      // standard input holds JSON lines instead of one text
	TextOnly   bool      // what is no text is an error where it is named itself
}

// A Report counts what a reader met.
type Report struct {
	Documents int      // documents yielded
	Bytes     int64    // of their texts
	Binary    []string // files of folders that were passed over because they are no text
	Hidden    int      // files and folders in folders that were passed over because of their names
	Models    int      // folders in folders that were passed over because xent made them
}

// PassedOver lists, in words, what was found in folders and not read; "" where
// there was nothing of that kind.
func (r *Report) PassedOver() string {
	var all []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			all = append(all, "1 "+one)
		case n > 1:
			all = append(all, fmt.Sprintf("%d %s", n, many))
		}
	}
	if n := len(r.Binary); n > 0 {
		add(n, "file that is no text ("+r.Binary[0]+")", "files that are no text (the first is "+r.Binary[0]+")")
	}
	add(r.Hidden, "name that begins with a dot", "names that begin with a dot")
	add(r.Models, "model", "models")
	return strings.Join(all, ", ")
}

// Each calls yield with the documents of every path, in the order of the
// paths, and returns yield's first error as it is.
//
// A folder yields the regular files below it, every folder's names in byte
// order; names that start with a dot are passed over, and so are models that xent
// made (folders with an xent.json) and files that are no text: with a NUL byte, or
// of a format that is known (the report counts them all). A file that is named
// itself is read whatever it holds, unless TextOnly is set. Links to files are
// followed, links to folders only where they are named themselves.
//
// Only one document is in memory at a time. Errors name the file, and the line
// in JSON lines; the report counts what came before them.
func Each(ctx context.Context, paths []string, o Options, yield func(Document) error) (Report, error) {
	r := newReader(ctx, o, each(yield))
	for _, path := range paths {
		if err := r.path(path); err != nil {
			return r.report, err
		}
	}
	return r.report, nil
}

// each gives whole documents to a function.
type each func(Document) error

func (yield each) whole(d Document) error { return yield(d) }

func (yield each) stream(name string, in io.Reader, size int64) (int64, error) {
	text, err := readAll(in, size)
	if err != nil {
		return 0, err
	}
	return int64(len(text)), yield(Document{Name: name, Text: text})
}

// A consumer takes the documents that a reader meets.
type consumer interface {
	// whole takes a document that is in memory already.
	whole(Document) error
	// stream takes the document that in holds, of about size bytes, and returns
	// its length. An error of in means that there is no such
	// document.
	stream(name string, in io.Reader, size int64) (int64, error)
}

type reader struct {
	ctx       context.Context
	options   Options
	to        consumer
	report    Report
	stdinRead bool
}

func newReader(ctx context.Context, o Options, to consumer) *reader {
	if o.TextField == "" {
		o.TextField = "text"
	}
	return &reader{ctx: ctx, options: o, to: to}
}

// path reads one path as the caller named it.
func (r *reader) path(path string) error {
	if path == "-" {
		return r.stdin()
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return r.folder(path)
	}
	return r.file(path, false)
}

func (r *reader) stdin() error {
	switch {
	case r.options.Stdin == nil:
		return errors.New("-: there is no standard input to read")
	case r.stdinRead:
		return errors.New("-: standard input is named twice")
	}
	r.stdinRead = true
	plain, err := decompressStream(Interruptible(r.ctx, r.options.Stdin))
	if err != nil {
		return fmt.Errorf("-: %w", err)
	}
	defer plain.Close()
	if r.options.StdinLines {
		return r.lines("-", plain)
	}
	return r.text("-", plain, 0, false)
}

// folder reads what lies below root. The separator at its end makes WalkDir
// enter a root that is a link.
func (r *reader) folder(root string) error {
	top := strings.TrimRight(root, string(filepath.Separator)) + string(filepath.Separator)
	return filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == top {
			return nil
		}
		if e.IsDir() && isModel(path) {
			r.report.Models++
			return fs.SkipDir
		}
		if strings.HasPrefix(e.Name(), ".") {
			r.report.Hidden++
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			e = fs.FileInfoToDirEntry(info)
		}
		if !e.Type().IsRegular() {
			return nil
		}
		return r.file(path, true)
	})
}

// isModel reports whether a folder is a model that xent made, which nobody means
// to learn from: people train in the folder that holds their text.
func isModel(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "xent.json"))
	return err == nil
}

// file reads one file in the form its name tells. In a folder (found), a file
// that is not text is passed over.
func (r *reader) file(path string, found bool) error {
	f, size, err := Open(r.ctx, path)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, name, err := decompress(f, path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer plain.Close()
	if namesLines(name) {
		return r.lines(path, plain)
	}
	return r.text(path, plain, size, found)
}

// namesLines reports whether a file of this name, decompressed, holds JSON lines.
func namesLines(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".jsonl" || ext == ".ndjson"
}

// MayHoldLines reports whether Each reads JSON lines from a path other than "-": a
// file that is named so, or perhaps in a folder.
func MayHoldLines(path string) bool {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return true
	}
	_, name := compressedName(path)
	return namesLines(name)
}

// text takes all of in, about size bytes, as one document. If it was found in a
// folder and is no text, it is passed over.
func (r *reader) text(name string, in io.Reader, size int64, found bool) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	n, err := r.stream(name, in, size, found || r.options.TextOnly)
	var noText *notTextError
	if found && errors.As(err, &noText) {
		r.report.Binary = append(r.report.Binary, name)
		return nil
	}
	var bad *inputError
	if errors.As(err, &bad) {
		return locate(name, bad.error)
	}
	r.count(n)
	return err
}

// stream gives in to who takes the documents, unless it must be text and is not.
func (r *reader) stream(name string, in io.Reader, size int64, mustBeText bool) (int64, error) {
	if mustBeText {
		b := bufio.NewReaderSize(in, 512)
		first, _ := b.Peek(magicLength) // fewer at the end; an error comes again when that is read
		if f := formatOf(first); f != nil {
			return 0, &inputError{&notTextError{format: f}}
		}
		in = b
	}
	return r.to.stream(name, &checked{ctx: r.ctx, in: in, mustBeText: mustBeText}, size)
}

// emit hands a document on, unless the reader was told to stop.
func (r *reader) emit(d Document) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.count(int64(len(d.Text)))
	return r.to.whole(d)
}

func (r *reader) count(n int64) {
	r.report.Documents++
	r.report.Bytes += n
}
