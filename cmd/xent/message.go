package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xent/internal/corpus"
)

// said is an error of a command as a person reads it: in one line, in the words
// of the command line.
func said(c *cobra.Command, err error) string {
	text := message(err)
	var field *corpus.FieldError
	if errors.As(err, &field) {
		text += ": name the one that holds the text by --text-field"
	}
	if errors.As(err, &usageError{}) {
		text = asVariables(text, c.Flags())
	}
	return escaped(spelled(text, c.Flags().Args()), "")
}

// message is an error's text without the names of system calls: "a.txt: no
// such file or directory" for "stat a.txt: no such file or directory".
func message(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return strings.Replace(err.Error(), p.Error(), p.Path+": "+p.Err.Error(), 1)
	}
	return err.Error()
}

// asVariables calls the flags that variables have set by the names of those.
func asVariables(text string, flags *pflag.FlagSet) string {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Annotations[environmentKey] != nil {
			text = regexp.MustCompile(`--`+f.Name+`($|[^\w-])`).ReplaceAllString(text, variable(f.Name)+"${1}")
		}
	})
	return text
}

// spelled spells paths as they were given: package train keeps absolute ones,
// for a resumed run to find.
func spelled(text string, given []string) string {
	for _, path := range given {
		abs, err := filepath.Abs(path)
		if err != nil || filepath.IsAbs(path) || abs == filepath.Dir(abs) {
			continue
		}
		parts := strings.Split(text, abs)
		text = parts[0]
		for _, after := range parts[1:] {
			whole := after == "" || strings.ContainsAny(after[:1], ":,; "+string(filepath.Separator))
			if whole && (text == "" || strings.HasSuffix(text, " ")) {
				text += path + after
			} else {
				text += abs + after
			}
		}
	}
	return text
}

// nearest returns the name that was probably meant by a mistyped one, "" if there
// is none: one that it begins, or else the first with the fewest mistakes.
func nearest(typed string, names []string) string {
	best, fewest := "", 3
	for _, name := range names {
		n := distance(typed, name)
		if len(typed) > 2 && strings.HasPrefix(name, typed) {
			n = 0
		}
		if n < fewest && n < len(typed) {
			best, fewest = name, n
		}
	}
	return best
}

// distance is how many letters must be put in, left out or exchanged to make b of
// a (Levenshtein's distance).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
