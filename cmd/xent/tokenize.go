package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xent/internal/corpus"
	"xent/model"
	"xent/tokenizer"
)

func tokenizeCommand(s *streams) *cobra.Command {
	var in input
	var decode, asJSON bool
	c := &cobra.Command{
		Use:   "tokenize MODEL [FILE|DIR|-]…",
		Short: "Show the tokens of texts, or the text of tokens",
		Long: `Shows how a model's tokenizer cuts texts: the pieces between bars, or with
--json one object for each document, {"ids":[…],"offsets":[[start,end],…]},
offsets in bytes. No BOS is added. Without files it reads standard input.

With --decode it reads such objects, or bare lists of ids, one a line, and
writes the bytes that were tokenized, one text after another.`,
		Example: `  xent tokenize xent-run-1 --text "an old crab"
  xent tokenize my-model notes.txt --json | xent tokenize my-model --decode -`,
		Args:              atLeastModel,
		ValidArgsFunction: modelFirst(cobra.ShellCompDirectiveDefault),
		RunE: func(c *cobra.Command, args []string) error {
			if decode && (asJSON || in.limit != 0 || in.jsonLines || given(c.Flags(), "text-field")) {
				return usagef("--decode goes with none of --json, --limit, --jsonl and --text-field")
			}
			if err := in.resolve(c, args[1:], "-"); err != nil {
				return err
			}
			tok, err := model.OpenTokenizer(args[0])
			if err != nil {
				return err
			}
			if decode {
				out := forEyes(s.out)
				err := buffered(out, func(w io.Writer) error { return decodeFiles(c.Context(), w, tok, &in, s.in) })
				return cmp.Or(err, finish(out))
			}
			return buffered(s.out, func(w io.Writer) error {
				if asJSON {
					return encodeJSON(c.Context(), w, tok, &in, s.in)
				}
				return showPieces(c.Context(), w, tok, &in, s.in, lineWidth(s.out))
			})
		},
	}
	in.flags(c)
	section(c, "Output", func(f *pflag.FlagSet) {
		f.BoolVar(&asJSON, "json", false, "print one JSON object for each document")
		f.BoolVar(&decode, "decode", false, "turn ids into text")
	})
	return c
}

// showPieces writes the tokens of every document for people.
func showPieces(ctx context.Context, w io.Writer, tok *tokenizer.Tokenizer, in *input, stdin io.Reader, width int) error {
	for doc, err := range in.documents(ctx, stdin) {
		if err != nil {
			return err
		}
		_, spans := tok.EncodeOffsets(doc.Text)
		if _, err := fmt.Fprintf(w, "%s: %s, %s\n%s", escaped(doc.Name, ""), count(len(spans), "token"), count(len(doc.Text), "byte"), pieces(doc.Text, spans, width)); err != nil {
			return err
		}
	}
	return nil
}

// encodeJSON writes one object for each document.
func encodeJSON(ctx context.Context, w io.Writer, tok *tokenizer.Tokenizer, in *input, stdin io.Reader) error {
	lines := jsonLines(w)
	for doc, err := range in.documents(ctx, stdin) {
		if err != nil {
			return err
		}
		ids, spans := tok.EncodeOffsets(doc.Text)
		if ids == nil {
			ids, spans = []int32{}, [][2]int{}
		}
		if err := lines.Encode(tokens{ids, spans}); err != nil {
			return err
		}
	}
	return nil
}

type tokens struct {
	IDs     []int32  `json:"ids"`
	Offsets [][2]int `json:"offsets"`
}

// pieces writes the tokens of a text between bars, in lines of at most width
// columns where pieces are not longer; what is not printable is escaped.
func pieces(text []byte, spans [][2]int, width int) string {
	var out strings.Builder
	column := 0
	for _, s := range spans {
		quoted := strconv.Quote(string(text[s[0]:s[1]]))
		piece := strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
		length := columns(piece) + 1
		if column+length > width-1 && column > 0 {
			out.WriteString("|\n")
			column = 0
		}
		out.WriteString("|" + piece)
		column += length
	}
	if column > 0 {
		out.WriteString("|\n")
	}
	return out.String()
}

// decodeFiles writes the text of the ids in files and on standard input.
func decodeFiles(ctx context.Context, w io.Writer, tok *tokenizer.Tokenizer, in *input, stdin io.Reader) error {
	if in.hasText {
		return decodeLines(w, tok, "--text", strings.NewReader(in.text))
	}
	for _, path := range in.paths {
		if path == "-" {
			if err := decodeLines(w, tok, path, corpus.Interruptible(ctx, stdin)); err != nil {
				return err
			}
			continue
		}
		f, _, err := corpus.Open(ctx, path)
		if err != nil {
			return err
		}
		err = decodeLines(w, tok, path, f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// decodeLines reads {"ids":[…]} or […], one a line.
func decodeLines(w io.Writer, tok *tokenizer.Tokenizer, name string, r io.Reader) error {
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			ids, bad := parseIDs(line, tok.Vocab())
			if bad != nil {
				return fmt.Errorf("%s:%d: %w", name, number, bad)
			}
			if _, err := w.Write(tok.Decode(nil, ids)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

// parseIDs reads the ids of one line, all of them in [0, vocab).
func parseIDs(line []byte, vocab int) ([]int32, error) {
	var err error
	var object struct {
		IDs *[]int32 `json:"ids"`
	}
	if line[0] == '[' {
		err = json.Unmarshal(line, &object.IDs)
	} else {
		err = json.Unmarshal(line, &object)
	}
	if err != nil || object.IDs == nil {
		return nil, errors.New(`want a list of ids such as [1,2], or an object {"ids":[1,2]}`)
	}
	for _, id := range *object.IDs {
		if id < 0 || int(id) >= vocab {
			return nil, fmt.Errorf("there is no token %d: ids are from 0 to %d", id, vocab-1)
		}
	}
	return *object.IDs, nil
}
