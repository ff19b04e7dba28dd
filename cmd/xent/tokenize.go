package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"xent/model"
	"xent/tokenizer"
)

func tokenizeCommand(s *streams) *cobra.Command {
	var in input
	var decode, asJSON bool
	c := &cobra.Command{
		Use:   "tokenize MODEL [FILE|DIR|-]…",
		Short: "Show the tokens of texts, or the text of tokens",
		Long: `Shows how a model's tokenizer cuts texts: the pieces, or with --json one object
a document, {"ids":[…],"offsets":[[start,end],…]}, offsets in bytes. No BOS is
added. With --decode it reads such objects, or lists of ids, one a line, and
writes the texts.`,
		Example: `  xent tokenize xent-run-1 --text "an old crab"
  xent tokenize my-model notes.txt --json | xent tokenize my-model --decode -`,
		Args: atLeastModel,
		RunE: func(c *cobra.Command, args []string) error {
			in.paths = append(args[1:], in.files...)
			if len(in.paths) == 0 && in.text == "" {
				in.paths = []string{"-"}
			}
			if err := in.check(); err != nil {
				return err
			}
			m, err := model.Open(args[0])
			if err != nil {
				return err
			}
			tok := m.Tokenizer()
			w := bufio.NewWriter(s.out)
			if decode {
				err = decodeFiles(w, tok, &in, s.in)
			} else {
				err = encodeDocuments(c.Context(), w, tok, &in, s.in, asJSON)
			}
			return errors.Join(err, w.Flush())
		},
	}
	in.flags(c)
	f := c.Flags()
	f.BoolVar(&decode, "decode", false, "from ids to text")
	f.BoolVar(&asJSON, "json", false, "one JSON object a document")
	return c
}

func encodeDocuments(ctx context.Context, w *bufio.Writer, tok *tokenizer.Tokenizer, in *input, stdin io.Reader, asJSON bool) error {
	e := json.NewEncoder(w)
	for doc, err := range in.documents(ctx, stdin) {
		if err != nil {
			return err
		}
		ids, spans := tok.EncodeOffsets(doc.Text)
		if asJSON {
			if ids == nil {
				ids, spans = []int32{}, [][2]int{}
			}
			if err := e.Encode(struct {
				IDs     []int32  `json:"ids"`
				Offsets [][2]int `json:"offsets"`
			}{ids, spans}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s: %s, %s\n", doc.Name, count(len(ids), "token"), count(len(doc.Text), "byte"))
		w.WriteString(pieces(doc.Text, spans))
	}
	return nil
}

// pieces writes the tokens of a text between bars, in lines of 80 columns;
// what is not printable is escaped.
func pieces(text []byte, spans [][2]int) string {
	var out strings.Builder
	column := 0
	for _, s := range spans {
		quoted := strconv.Quote(string(text[s[0]:s[1]]))
		piece := strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
		width := len([]rune(piece)) + 1
		if column+width > reportWidth-1 && column > 0 {
			out.WriteString("|\n")
			column = 0
		}
		out.WriteString("|" + piece)
		column += width
	}
	if column > 0 {
		out.WriteString("|\n")
	}
	return out.String()
}

func decodeFiles(w *bufio.Writer, tok *tokenizer.Tokenizer, in *input, stdin io.Reader) error {
	if in.text != "" {
		return decodeLines(w, tok, "--text", strings.NewReader(in.text))
	}
	for _, path := range in.paths {
		if path == "-" {
			if err := decodeLines(w, tok, path, stdin); err != nil {
				return err
			}
			continue
		}
		f, err := os.Open(path)
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
func decodeLines(w *bufio.Writer, tok *tokenizer.Tokenizer, name string, r io.Reader) error {
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			ids, bad := parseIDs(line)
			if bad != nil {
				return fmt.Errorf("%s:%d: %w", name, number, bad)
			}
			for _, id := range ids {
				if id < 0 || int(id) >= tok.Vocab() {
					return fmt.Errorf("%s:%d: token %d is outside [0, %d)", name, number, id, tok.Vocab())
				}
			}
			w.Write(tok.Decode(nil, ids))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

func parseIDs(line []byte) (ids []int32, err error) {
	if line[0] == '[' {
		err = json.Unmarshal(line, &ids)
		return ids, err
	}
	var object struct {
		IDs *[]int32 `json:"ids"`
	}
	if err := json.Unmarshal(line, &object); err != nil {
		return nil, err
	}
	if object.IDs == nil {
		return nil, errors.New(`want a list of ids, or an object with the field "ids"`)
	}
	return *object.IDs, nil
}
