package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xent/internal/tensor"
)

// Parse reads a whole file held in b. Tensors share their bytes with b.
func Parse(b []byte) (*File, error) {
	n, err := headerLength(b, int64(len(b)))
	if err != nil {
		return nil, err
	}
	header, data := b[8:8+n], b[8+n:]
	entries, metadata, err := parseLayout(header, len(data))
	if err != nil {
		return nil, err
	}
	f := &File{Metadata: metadata}
	for _, e := range entries {
		d, usable := dtypeOf(e.DType)
		if !usable {
			f.Foreign = append(f.Foreign, Foreign{Name: e.name, DType: e.DType, Shape: e.Shape})
			continue
		}
		t := tensor.Tensor{Name: e.name, DType: d, Shape: e.Shape, Data: data[e.Offsets[0]:e.Offsets[1]:e.Offsets[1]]}
		if size, ok := byteSize(e.Shape, d.Size()); !ok || size != uint64(len(t.Data)) {
			return nil, fmt.Errorf("tensor %s: %d bytes for shape %v of %s", e.name, len(t.Data), e.Shape, e.DType)
		}
		f.Tensors = append(f.Tensors, t)
	}
	return f, nil
}

// headerLength returns the length of the header of a file of size bytes that begins
// with b.
func headerLength(b []byte, size int64) (int64, error) {
	if size < 8 {
		return 0, fmt.Errorf("not a safetensors file: %d bytes, the header's length alone takes 8", size)
	}
	n := binary.LittleEndian.Uint64(b)
	switch {
	case n > maxHeader:
		return 0, fmt.Errorf("not a safetensors file: it announces a header of %d bytes, the format allows %d", n, maxHeader)
	case n > uint64(size-8):
		return 0, fmt.Errorf("truncated: it announces a header of %d bytes and holds %d after the length; copy it again", n, size-8)
	}
	return int64(n), nil
}

// parseLayout reads a header, which must describe data bytes behind it. The entries
// are in the order of their bytes.
func parseLayout(header []byte, data int) ([]entry, map[string]string, error) {
	if len(header) == 0 || header[0] != '{' {
		return nil, nil, errors.New("not a safetensors file: the header is not a JSON object")
	}
	entries, metadata, err := parseHeader(header)
	if err != nil {
		return nil, nil, err
	}
	return entries, metadata, checkLayout(entries, data)
}

// An entry is one tensor's description, as the header has it.
type entry struct {
	name    string
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets []int  `json:"data_offsets"`
}

// parseHeader reads the header key by key, because decoding into a map would
// hide a name that occurs twice.
func parseHeader(header []byte) ([]entry, map[string]string, error) {
	if !utf8.Valid(header) {
		return nil, nil, errors.New("header: not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(header))
	if _, err := dec.Token(); err != nil { // the opening brace
		return nil, nil, headerError(header, err)
	}
	var entries []entry
	var metadata map[string]string
	seen := make(map[string]bool)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, nil, headerError(header, err)
		}
		name := key.(string) // an object's keys are strings, or Token fails
		if err := checkName(name); err != nil {
			return nil, nil, fmt.Errorf("header: %w", err)
		}
		if seen[name] {
			return nil, nil, fmt.Errorf("header: tensor %s is described twice", name)
		}
		seen[name] = true
		if name == metadataKey {
			if err := dec.Decode(&metadata); err != nil {
				return nil, nil, headerError(header, err, metadataKey)
			}
			continue
		}
		e := entry{name: name}
		if err := dec.Decode(&e); err != nil {
			return nil, nil, headerError(header, err, "tensor "+name)
		}
		if err := e.check(); err != nil {
			return nil, nil, fmt.Errorf("header: tensor %s: %w", name, err)
		}
		entries = append(entries, e)
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return nil, nil, headerError(header, err)
	}
	if rest := header[dec.InputOffset():]; len(bytes.TrimLeft(rest, " \t\r\n")) > 0 {
		return nil, nil, errors.New("header: more follows the JSON object")
	}
	return entries, metadata, nil
}

// headerError is encoding/json's err with its place: in is the part of the
// header that has a value of another type, and a mistake of syntax has a byte.
func headerError(header []byte, err error, in ...string) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		place := append([]string{"header"}, in...)
		if wrong.Field != "" {
			place = append(place, wrong.Field)
		}
		return fmt.Errorf("%s: unexpected %.40s", strings.Join(place, ": "), wrong.Value)
	}
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(header, new(struct{})), &syntax) { // from the header's start, unlike a Decoder's
		return fmt.Errorf("header: %w", err)
	}
	return fmt.Errorf("header: broken JSON at byte %d of %d: %w", syntax.Offset, len(header), syntax)
}

// The longest name and the most dimensions of a tensor, so that what is said
// about it stays readable.
const (
	maxName       = 1000
	maxDimensions = 64
)

// checkName refuses names that would break a line, here and in [Digest].
func checkName(name string) error {
	if len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("%.60q is no name: at most %d bytes of printable characters are", name, maxName)
	}
	return nil
}

// check refuses descriptions that are incomplete or meaningless by themselves.
func (e *entry) check() error {
	switch {
	case e.DType == "":
		return errors.New("no dtype")
	case checkName(e.DType) != nil:
		return fmt.Errorf("dtype: %w", checkName(e.DType))
	case e.Shape == nil:
		return errors.New("no shape")
	case len(e.Shape) > maxDimensions:
		return fmt.Errorf("a shape of %d dimensions; %d are the most", len(e.Shape), maxDimensions)
	case len(e.Offsets) != 2:
		return errors.New("data_offsets is not a pair of numbers")
	case e.Offsets[0] < 0 || e.Offsets[1] < e.Offsets[0]:
		return fmt.Errorf("data_offsets %v is not a range", e.Offsets)
	}
	for _, d := range e.Shape {
		if d < 0 {
			return fmt.Errorf("negative size in shape %v", e.Shape)
		}
	}
	return nil
}

// checkLayout sorts the entries by their bytes and refuses overlaps, holes and
// bytes that belong to nobody.
func checkLayout(entries []entry, size int) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]))
	})
	end, last := 0, "the header"
	for _, e := range entries {
		switch {
		case e.Offsets[1] > size:
			return fmt.Errorf("truncated: tensor %s ends at byte %d of %d; copy the file again", e.name, e.Offsets[1], size)
		case e.Offsets[0] < end:
			return fmt.Errorf("tensor %s overlaps %s", e.name, last)
		case e.Offsets[0] > end:
			return fmt.Errorf("%d bytes between %s and tensor %s belong to no tensor", e.Offsets[0]-end, last, e.name)
		}
		end, last = e.Offsets[1], "tensor "+e.name
	}
	if end != size {
		return fmt.Errorf("%d bytes after %s belong to no tensor", size-end, last)
	}
	return nil
}

// byteSize returns the bytes of an array of this shape, and false where the
// number does not fit.
func byteSize(shape []int, elem int) (n uint64, ok bool) {
	n = uint64(elem)
	for _, d := range shape {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 {
			return 0, false
		}
		n = lo
	}
	return n, true
}
