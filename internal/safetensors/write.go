package safetensors

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"xent/internal/tensor"
)

// Write writes the tensors in the order given, and the metadata unless it is
// nil. The bytes depend on nothing else. Where types are mixed, the wider ones
// should come first, so that every tensor starts at a multiple of its element.
func Write(w io.Writer, tensors []tensor.Tensor, metadata map[string]string) error {
	header, err := header(tensors, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// header returns the JSON object, padded with spaces so that the data starts
// at a multiple of 8.
func header(tensors []tensor.Tensor, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	member := func(name string, value any) error {
		k, err := json.Marshal(name)
		if err != nil {
			return err
		}
		v, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", k, v)
		return nil
	}
	if metadata != nil {
		if err := member(metadataKey, metadata); err != nil { // a map's keys are written sorted
			return nil, err
		}
	}
	seen := map[string]bool{metadataKey: true}
	at := 0
	for _, t := range tensors {
		if seen[t.Name] {
			return nil, fmt.Errorf("safetensors: the name %s is taken", t.Name)
		}
		seen[t.Name] = true
		if n, ok := byteSize(t.Shape, t.DType.Size()); !ok || n != uint64(len(t.Data)) {
			return nil, fmt.Errorf("safetensors: tensor %s: %d bytes for shape %v of %s", t.Name, len(t.Data), t.Shape, t.DType)
		}
		shape := append([]int{}, t.Shape...) // a scalar's shape is [], not null
		e := entry{DType: t.DType.String(), Shape: shape, Offsets: []int{at, at + len(t.Data)}}
		if err := member(t.Name, e); err != nil {
			return nil, err
		}
		at += len(t.Data)
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	return b.Bytes(), nil
}

// Digest returns the SHA-256, in hexadecimal, of the tensors in the order
// given: for each the line "NAME DTYPE [SHAPE]\n", the shape's numbers
// separated by spaces, and then its bytes. It covers all that a reader of the
// tensors sees and nothing of how the header is written.
func Digest(tensors []tensor.Tensor) string {
	h := sha256.New()
	for _, t := range tensors {
		fmt.Fprintf(h, "%s %s %v\n", t.Name, t.DType, t.Shape)
		h.Write(t.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}
