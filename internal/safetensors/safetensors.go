// Package safetensors reads and writes the safetensors format, from its
// specification (github.com/huggingface/safetensors, "Format"):
//
//	8 bytes   N, the header's length, unsigned, little-endian
//	N bytes   a JSON object {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [BEGIN, END]}, …},
//	          padded with spaces; the key "__metadata__" holds a map of strings instead
//	the rest  the tensors' bytes, little-endian and row-major, offsets counted from here
//
// Tensors must cover the rest of the file without overlap, hole or remainder,
// and no name may occur twice. Beyond the specification, names are at most 1000
// bytes of printable characters and shapes have at most 64 dimensions. Whatever
// the bytes are, memory stays within a small multiple of their number.
package safetensors

import (
	"fmt"

	"xent/internal/tensor"
)

// maxHeader is the longest header the reference implementation accepts.
const maxHeader = 100_000_000

const metadataKey = "__metadata__"

// A File is what a safetensors file holds.
type File struct {
	Tensors  []tensor.Tensor   // in the order of their bytes, which they share with the input
	Foreign  []Foreign         // tensors of types that this program does not compute with
	Metadata map[string]string // nil when the file has none
}

// A Foreign tensor is known by its description only.
type Foreign struct {
	Name, DType string
	Shape       []int
}

// Find returns the named tensor. The error says whether it is missing or of a
// type that cannot be used.
func (f *File) Find(name string) (tensor.Tensor, error) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, nil
		}
	}
	for _, t := range f.Foreign {
		if t.Name == name {
			return tensor.Tensor{}, fmt.Errorf("tensor %s has type %s; only F32, BF16, F16 and F64 can be used", name, t.DType)
		}
	}
	return tensor.Tensor{}, fmt.Errorf("no tensor %s", name)
}

// dtypeOf returns the storage type that the format calls name.
func dtypeOf(name string) (tensor.DType, bool) {
	for _, d := range []tensor.DType{tensor.F32, tensor.BF16, tensor.F16, tensor.F64} {
		if d.String() == name {
			return d, true
		}
	}
	return 0, false
}
