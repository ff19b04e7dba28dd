package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xent/internal/corpus"
	"xent/measure"
)

// An input is where documents come from.
type input struct {
	paths, files []string
	text         string
	hasText      bool // --text "" is a text too
	textField    string
	limit        int
	jsonLines    bool          // on standard input
	read         corpus.Report // once that is done
}

func (in *input) flags(c *cobra.Command) {
	section(c, "Text", func(f *pflag.FlagSet) {
		f.StringArrayVarP(&in.files, "file", "f", nil, "read `FILE` or folder too; - is standard input")
		f.StringVar(&in.text, "text", "", "read `STRING` instead of files")
		f.StringVar(&in.textField, "text-field", "text", "take the text of JSON lines from `FIELD`")
		f.BoolVar(&in.jsonLines, "jsonl", false, "standard input holds JSON lines")
		f.IntVarP(&in.limit, "limit", "L", 0, "read only the first `N` documents (default: all)")
	})
}

// resolve settles where to read from; other, unless empty, is read where the
// command line names nothing.
func (in *input) resolve(c *cobra.Command, args []string, other string) error {
	in.paths = append(args, in.files...)
	text := c.Flags().Lookup("text")
	in.hasText = text.Changed && (len(in.paths) == 0 || text.Annotations[environmentKey] == nil)
	if len(in.paths) == 0 && !in.hasText && other != "" {
		in.paths = []string{other}
	}
	switch {
	case in.hasText && len(in.paths) > 0:
		return usagef("give --text or files, not both")
	case in.limit < 0:
		return usagef("--limit %d: want a number of documents", in.limit)
	case !in.hasText && len(in.paths) == 0:
		return usagef("which text? give files, - for standard input, or --text")
	}
	return checkLines(c.Flags(), in.paths)
}

// errEnough ends a walk that has all the documents wanted.
var errEnough = errors.New("enough documents")

// documents yields the documents one at a time.
func (in *input) documents(ctx context.Context, stdin io.Reader) iter.Seq2[measure.Document, error] {
	if in.hasText {
		return measure.All(measure.Document{Name: "--text", Text: []byte(in.text)})
	}
	return func(yield func(measure.Document, error) bool) {
		n := 0
		o := corpus.Options{TextField: in.textField, Stdin: stdin, StdinLines: in.jsonLines}
		var err error
		in.read, err = corpus.Each(ctx, in.paths, o, func(d corpus.Document) error {
			if n++; !yield(measure.Document{Name: d.Name, Text: d.Text}, nil) || n == in.limit {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(measure.Document{}, err)
		}
	}
}

// warn says what of folders was not read.
func (in *input) warn(w io.Writer) {
	switch passed := escaped(in.read.PassedOver(), ""); {
	case len(in.read.Binary) > 0:
		fmt.Fprintf(w, "xent: warning: passed over: %s; a file named itself is read whatever it holds\n", passed)
	case in.read.Bytes == 0 && passed != "":
		fmt.Fprintf(w, "xent: warning: passed over: %s\n", passed)
	}
}

// checkLines refuses flags about JSON lines where the paths, "-" for standard
// input, hold none. Variables may be meant for other calls.
func checkLines(flags *pflag.FlagSet, paths []string) error {
	jsonl, err := flags.GetBool("jsonl")
	if err != nil {
		return err
	}
	stdin := slices.Contains(paths, "-")
	if given(flags, "jsonl") && jsonl && !stdin {
		return usagef("--jsonl is about standard input, which is not read: files of JSON lines are known by their names, .jsonl or .ndjson")
	}
	if given(flags, "text-field") && !(stdin && jsonl) && !slices.ContainsFunc(paths, corpus.MayHoldLines) {
		hint := "names that end in .jsonl or .ndjson"
		if stdin {
			hint = "--jsonl says that standard input holds some"
		}
		return usagef("--text-field is about JSON lines, which are not read: %s", hint)
	}
	return nil
}
