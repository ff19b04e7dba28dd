// Package npy reads and writes arrays in NumPy's formats: .npy, one array, and
// reading only, .npz, a zip archive of them. Arrays may be larger than memory:
//
//	a, err := npy.Open("logits.npy")   // or NewReader, or an Archive's Open
//	…
//	defer a.Close()
//	n, v := a.Shape()[0], a.Shape()[1]
//	block := make([]float32, 64*v)
//	for i := 0; i < n; i += 64 {
//		rows := block[:min(64, n-i)*v]
//		err := npy.Read(a, rows)
//		…
//	}
//
// Read goes from the first element to the last, from files, pipes and archives
// alike; Rows gives access in any order to a file on disk.
//
// # What is read
//
// Format versions 1.0 to 3.0 of little- and big-endian bool, int8 to int64,
// uint8 to uint64, float16, float32 and float64, with up to 64 axes in C order.
// NumPy has no bfloat16: np.save writes the one of ml_dtypes, and MLX its own,
// as two-byte void values. That is [Void2] until [Array.AssumeBFloat16]. Any
// other dtype is an error that names it, and so is an array in Fortran order.
//
// A file must hold its array and nothing else. np.load ignores what follows the
// array, but that is mostly a second array, or rows that the header was never
// told of. Sizes are compared when a file or an archive's member is opened. A
// pipe must end where the array ends, and there an archive's checksum is
// compared: from those, nothing is certain before the last element is read.
//
// Whatever the header promises, opening takes little memory, and [ReadAll]
// takes memory for the bytes that are there.
//
// Errors of reading are one line that names the file, or the name given to
// NewReader; those of writing leave that to the caller, who knows the file.
package npy

import "fmt"

// A Type is the type of an array's elements.
type Type uint8

// The types. Float16 and BFloat16 are kept as uint16, their bits.
const (
	Bool Type = iota
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Float16  // IEEE 754 binary16
	BFloat16 // the upper half of a float32
	Float32
	Float64
	Void2 // two bytes whose meaning the file does not tell; see Array.AssumeBFloat16
)

// types holds what NumPy calls each Type, and its size in bytes.
var types = [...]struct {
	name, code string
	size       int
}{
	Bool: {"bool", "b1", 1},
	Int8: {"int8", "i1", 1}, Int16: {"int16", "i2", 2}, Int32: {"int32", "i4", 4}, Int64: {"int64", "i8", 8},
	Uint8: {"uint8", "u1", 1}, Uint16: {"uint16", "u2", 2}, Uint32: {"uint32", "u4", 4}, Uint64: {"uint64", "u8", 8},
	Float16: {"float16", "f2", 2}, BFloat16: {"bfloat16", "V2", 2}, Float32: {"float32", "f4", 4}, Float64: {"float64", "f8", 8},
	Void2: {"V2", "V2", 2},
}

// Size returns the bytes of one element.
func (t Type) Size() int { return types[t].size }

// String returns NumPy's name of the type, such as float32.
func (t Type) String() string {
	if int(t) < len(types) {
		return types[t].name
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// A Value is what elements are read into and written from.
type Value interface {
	float32 | float64 | uint16 | int32 | int64
}
