package npy

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// littleEndian is the byte order of this machine.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// parseDescr returns the type that a header's descr names, and whether its
// bytes are in the other order than this machine's.
func parseDescr(descr string) (t Type, swap bool, err error) {
	code := strings.TrimLeft(descr, "<>=|")
	if len(descr)-len(code) > 1 {
		return 0, false, foreign(descr, "")
	}
	order := strings.TrimSuffix(descr, code)
	swap = order == ">" && littleEndian || order == "<" && !littleEndian // else it is this machine's
	switch code {
	case "bfloat16": // what str(dtype) gives, in headers written by hand
		return BFloat16, swap, nil
	case "V2":
		return Void2, swap, nil
	}
	for t, known := range types {
		if code == known.code {
			return Type(t), swap && known.size > 1, nil
		}
	}
	return 0, false, foreign(descr, code)
}

// kinds are NumPy's kinds of types that are not read.
var kinds = map[byte]string{
	'O': "Python objects",
	'U': "strings", 'S': "strings", 'a': "strings", 'T': "strings",
	'c': "complex numbers",
	'M': "dates", 'm': "time spans",
	'V': "raw bytes",
}

// foreign is the error for a dtype that is not read.
func foreign(descr, code string) error {
	what := ""
	if code != "" && kinds[code[0]] != "" {
		what = " (" + kinds[code[0]] + ")"
	}
	return fmt.Errorf("dtype %s%s is not read; bool, integers up to 64 bits, float16, bfloat16, float32 and float64 are: convert it with .astype() in NumPy", quote(descr), what)
}

// descr returns what np.save writes for t on this machine.
func (t Type) descr() string {
	order := ">"
	switch {
	case t.Size() == 1:
		order = "|"
	case littleEndian:
		order = "<"
	}
	return order + types[t].code
}

// quote shows a piece of a header, which may be long or unprintable.
func quote(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%q…", s[:60])
	}
	return fmt.Sprintf("%q", s)
}
