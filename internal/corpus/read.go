package corpus

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// compressedName returns how a file of this name is compressed, ".gz", ".zst" or
// "" for not at all, and the name it has when it is not.
func compressedName(path string) (ext, name string) {
	suffix := filepath.Ext(path)
	switch ext = strings.ToLower(suffix); ext {
	case ".gz", ".zst":
		return ext, strings.TrimSuffix(path, suffix)
	}
	return "", path
}

// decompress returns the plain bytes of f and the name they would have,
// judging by the name path alone.
func decompress(f io.Reader, path string) (plain io.ReadCloser, name string, err error) {
	ext, name := compressedName(path)
	switch ext {
	case ".gz":
		plain, err = openGzip(f)
	case ".zst":
		plain, err = openZstd(f)
	default:
		plain = io.NopCloser(f)
	}
	return plain, name, err
}

// decompressStream returns the plain bytes of in, which has no name to judge
// by, only its first bytes.
func decompressStream(in io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(in, 1<<16)
	first, _ := b.Peek(len(zstdMagic)) // fewer at the end; an error comes again when that is read
	switch {
	case bytes.HasPrefix(first, []byte(gzipMagic)):
		return openGzip(b)
	case string(first) == zstdMagic, isSkippable(first):
		return openZstd(b)
	}
	return io.NopCloser(b), nil
}

func openGzip(f io.Reader) (io.ReadCloser, error) {
	z, err := newGzipReader(f)
	if err != nil {
		return nil, compressed("gzip", err)
	}
	return decoder{"gzip", z, func() { z.z.Close() }}, nil
}

func openZstd(f io.Reader) (io.ReadCloser, error) {
	z, err := newZstdReader(f)
	if err != nil {
		return nil, compressed("zstd", err)
	}
	return decoder{"zstd", z, z.decoder.Close}, nil
}

// A decoder names its format in errors.
type decoder struct {
	format string
	r      io.Reader
	close  func()
}

func (d decoder) Close() error { d.close(); return nil }

func (d decoder) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF {
		err = compressed(d.format, err)
	}
	return n, err
}

func compressed(format string, err error) error {
	var p *fs.PathError
	var needs unsupported
	switch {
	case errors.As(err, &p), stopped(err):
		return err // the file's or nobody's trouble, not the format's
	case errors.Is(err, errTrailing):
		return fmt.Errorf("the %s data is sound, but something else follows it; %s -dc gives what stands before that", format, format)
	case errors.As(err, &needs):
		return fmt.Errorf("the %s data needs %w", format, needs)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the %s data ends early", format)
	}
	return fmt.Errorf("broken %s data: %w", format, err)
}

// errTrailing says that behind data of a format stand bytes that are none.
var errTrailing = errors.New("trailing bytes")

// trails reports whether rest, the first bytes behind some data, begins nothing
// like more of it, cut or not.
func trails(rest []byte, magic string) bool {
	n := min(len(rest), len(magic))
	return string(rest[:n]) != magic[:n]
}

// locate puts the name before an error, except a stop or where it is there.
func locate(name string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) || stopped(err) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// stopped reports whether err says that a context has ended.
func stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// An inputError is a reader's, not one of who takes the documents.
type inputError struct{ error }

func (e *inputError) Unwrap() error { return e.error }

// A checked reader stops when its context ends and, if what it reads must be
// text, at the first NUL byte. Its errors are inputErrors.
type checked struct {
	ctx        context.Context
	in         io.Reader
	mustBeText bool
	at         int64
}

func (c *checked) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, &inputError{err}
	}
	n, err := c.in.Read(p)
	if i := bytes.IndexByte(p[:n], 0); c.mustBeText && i >= 0 {
		return 0, &inputError{&notTextError{nul: c.at + int64(i)}}
	}
	c.at += int64(n)
	if err != nil && err != io.EOF {
		err = &inputError{err}
	}
	return n, err
}

// readAll reads in to its end. Room for size bytes is made once the first few
// are there.
func readAll(in io.Reader, size int64) ([]byte, error) {
	text := make([]byte, 0, 4096)
	for {
		if len(text) == cap(text) {
			text = slices.Grow(text, max(int(size)+1-len(text), 1)) // 1 more, so that the end shows without growing
		}
		n, err := in.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		if err == io.EOF {
			return slices.Clip(text), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// lines reads JSON lines. Lines of white space alone are passed over.
func (r *reader) lines(name string, in io.Reader) error {
	b := bufio.NewReaderSize(in, 1<<16)
	for number := 1; ; number++ {
		line, err := b.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return locate(fmt.Sprintf("%s:%d", name, number), err)
		}
		end := err == io.EOF
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			place := fmt.Sprintf("%s:%d", name, number)
			text, err := textField(line, r.options.TextField)
			if f := formatOf(line); err != nil && number == 1 && f != nil {
				return fmt.Errorf("%s: %w", name, &notTextError{format: f})
			}
			if err != nil {
				return fmt.Errorf("%s: %w", place, err)
			}
			if err := r.emit(Document{Name: place, Text: text}); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// textField returns the string that a JSON object has under field. An escaped
// half of a surrogate pair becomes U+FFFD, for which UTF-8 has no form.
func textField(line []byte, field string) ([]byte, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("not valid UTF-8, as JSON has to be")
	}
	if text, ok := quickField(line, field); ok {
		return text, nil
	}
	return anyField(line, field)
}

// anyField is textField, by encoding/json and with its errors.
func anyField(line []byte, field string) ([]byte, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil || object == nil {
		var wrongType *json.UnmarshalTypeError
		if err == nil || errors.As(err, &wrongType) {
			return nil, errors.New("not a JSON object")
		}
		return nil, fmt.Errorf("broken JSON: %w", err)
	}
	value, ok := object[field]
	if !ok {
		return nil, &FieldError{field, fieldNames(object)}
	}
	var text *string
	if err := json.Unmarshal(value, &text); err != nil || text == nil {
		return nil, fmt.Errorf("field %q is not a string", field)
	}
	return []byte(*text), nil
}

// A FieldError says that a JSON line lacks Options.TextField.
type FieldError struct {
	Field string
	has   string // instead
}

func (e *FieldError) Error() string { return fmt.Sprintf("no field %q, only %s", e.Field, e.has) }

// fieldNames lists an object's fields for an error's reader.
func fieldNames(object map[string]json.RawMessage) string {
	const most = 8
	names := slices.Sorted(maps.Keys(object))
	quoted := make([]string, 0, most+1)
	for _, n := range names[:min(len(names), most)] {
		quoted = append(quoted, fmt.Sprintf("%.40q", n))
	}
	switch {
	case len(names) == 0:
		return "an empty object"
	case len(names) > most:
		quoted = append(quoted, "…")
	}
	return strings.Join(quoted, ", ")
}
