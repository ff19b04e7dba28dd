package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Writer writes one array, whose shape is known from the start, element after
// element. The file is the same, byte for byte, that np.save writes.
type Writer struct {
	out  io.Writer
	typ  Type
	left int
	err  error
}

// NewWriter writes the header of an array to w. The type is Float16, BFloat16,
// Float32, Float64, Int32 or Int64; NumPy reads BFloat16 back as V2, of which
// x.view(ml_dtypes.bfloat16) makes numbers. No sizes stand for a scalar. Call
// Finish at the end.
func NewWriter(w io.Writer, t Type, shape ...int) (*Writer, error) {
	switch t {
	case Float16, BFloat16, Float32, Float64, Int32, Int64:
	default:
		return nil, fmt.Errorf("arrays of %s are not written", t)
	}
	if len(shape) > maxAxes {
		return nil, fmt.Errorf("a shape of %d axes; NumPy has at most %d", len(shape), maxAxes)
	}
	for _, d := range shape {
		if d < 0 {
			return nil, fmt.Errorf("negative size in shape %s", shapeString(shape))
		}
	}
	n, err := elements(shape, t.Size())
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(formatHeader(t, shape)); err != nil {
		return nil, err
	}
	return &Writer{out: w, typ: t, left: n}, nil
}

// formatHeader returns a header in version 1.0 of the format: with at most
// maxAxes axes it is never too long for it.
func formatHeader(t Type, shape []int) []byte {
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", t.descr(), shapeString(shape))
	if len(shape) > 0 {
		// NumPy leaves room for the first axis to grow to 21 digits in place.
		text += strings.Repeat(" ", 21-len(strconv.Itoa(shape[0])))
	}
	const prefix, align = len(magic) + 2 + 2, 64
	pad := align - (prefix+len(text)+1)%align // NumPy's too: align where 0 would do
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)+pad+1))
	b = append(b, text...)
	b = append(b, strings.Repeat(" ", pad)...)
	return append(b, '\n')
}

// Write writes the next elements. T must be what they are in memory: uint16 for
// Float16 and BFloat16. After an error no more can be written.
func Write[T Value](w *Writer, src []T) error {
	switch {
	case w.err != nil:
		return w.err
	case !native[T](w.typ):
		w.err = fmt.Errorf("elements of type %T for an array of %s", src[:0], w.typ)
	case len(src) > w.left:
		w.err = fmt.Errorf("%d elements, where the array has place for %d more", len(src), w.left)
	default:
		w.left -= len(src)
		_, w.err = w.out.Write(bytesOf(src))
	}
	return w.err
}

// Finish checks that all went well and that all elements are written. It does
// not close what the Writer writes to.
func (w *Writer) Finish() error {
	if w.err == nil && w.left > 0 {
		w.err = fmt.Errorf("%d elements of the array were not written", w.left)
	}
	return w.err
}
