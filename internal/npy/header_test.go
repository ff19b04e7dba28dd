package npy

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
)

// npy is a file of that header, in version 1.0 or, if it is too long, 2.0.
func npy(header, data string) []byte {
	b := append([]byte(magic), 1, 0)
	if len(header) < 1<<16 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b[6] = 2
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), data...)
}

// shaped is a header of float32.
func shaped(shape string) string {
	return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}"
}

func TestHeaderAccepted(t *testing.T) {
	for _, c := range []struct {
		header string
		typ    Type
		shape  []int
	}{
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }          \n", Float32, []int{1, 2}},
		{"{'shape':(2,),'descr':\"<f4\",'fortran_order':True}", Float32, []int{2}},
		{"  {\n'fortran_order' : False ,\t'shape' : ( 1 , 1 , ) , 'descr' : '<f4'\r\n}\n\n", Float32, []int{1, 1}},
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (1L, 2L), }", Float64, []int{1, 2}},
		{"{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1, 2), }", Float64, []int{1, 1, 2}},
		{"{'descr': '<f8', 'fortran_order': True, 'shape': (4, 0, 2), }", Float64, []int{4, 0, 2}},
		{"{'descr': '=i4', 'fortran_order': False, 'shape': ( ), }", Int32, []int{}},
		{"{'descr': 'i4', 'fortran_order': False, 'shape': (), }", Int32, []int{}},
		{"{'descr': '<i1', 'fortran_order': False, 'shape': (), }", Int8, []int{}},
		{"{'descr': 'bfloat16', 'fortran_order': False, 'shape': (), }", BFloat16, []int{}},
		{"{'descr': '|V2', 'fortran_order': False, 'shape': (), }", Void2, []int{}},
		{shaped("(" + strings.Repeat("1,", maxAxes) + ")"), Float32, slices.Repeat([]int{1}, maxAxes)},
	} {
		h, n, err := readHeader(strings.NewReader(string(npy(c.header, ""))))
		if err != nil || h.typ != c.typ || !slices.Equal(h.shape, c.shape) || n != int64(10+len(c.header)) {
			t.Errorf("%q: %v %v, %d bytes (%v)", c.header, h.typ, h.shape, n, err)
		}
	}
}

// refusedHeaders are texts of headers, and what their errors say.
var refusedHeaders = map[string]string{
	"":                                "want a dictionary, it ends at byte 0",
	"[]":                              "want a dictionary at byte 0",
	"{}":                              `no key "descr"`,
	"{,}":                             "want a string at byte 1",
	"{'descr': '<f4'}":                `no key "fortran_order"`,
	"{'descr': '<f4', 'descr': '<f4'": `"descr" occurs twice`,
	"{'descr' '<f4'":                  "want a colon",
	"{'descr': '<f4' 'shape'":         "want a comma or }",
	"{'descr': '<f4',, 'shape'":       "want a string",
	"{'descr': '<f4":                  "want a string",
	"{'descr': <f4":                   "want a string",
	`{'descr': '\x3cf4'`:              "want a string",
	"{'descr': [('a', '<f4')":         "want the end of a list",
	"{'descr': [('a":                  "want the end of a string",
	`{'descr': [('a\']"', '<f4')], 'fortran_order': False, 'shape': ()}`: `dtype "[('a\\']\"', '<f4')]" is not read`,
	"{'order': 1}":                    `unknown key "order"`,
	"{'fortran_order': 0}":            `want True or False at byte 18, not "0}"`,
	"{'fortran_order': Falsehood}":    "want True or False",
	shaped("(3)"):                     "want a comma",
	shaped("[3]"):                     "want a tuple",
	shaped("(,)"):                     "want a size",
	shaped("(3 4)"):                   "want a comma",
	shaped("(3, 4"):                   "want a comma",
	shaped("(3,,4)"):                  "want a size",
	shaped("(3.0,)"):                  "want a size",
	shaped("(True,)"):                 "want a size",
	shaped("(+3,)"):                   "want a size",
	shaped("(03,)"):                   "want a size",
	shaped("(3LL,)"):                  "want a size",
	shaped("(-3,)"):                   "negative size -3",
	shaped("(99999999999999999999,)"): `a size of "99999999999999999999" is larger than this machine`,
	shaped("(" + strings.Repeat("1,", maxAxes+1) + ")"): "more than 64 axes",
	shaped("(4294967296, 4294967296, 4294967296)"):      "larger than this machine",
	shaped("(1073741824, 1073741824, 0, 1073741824)"):   "larger than this machine",
	shaped("()") + "x": `want the end at byte`,
	"{'descr': '<<f4', 'fortran_order': False, 'shape': ()}":                                  `dtype "<<f4" is not read`,
	"{'descr': '', 'fortran_order': False, 'shape': ()}":                                      `dtype "" is not read`,
	"{'descr': '|V1', 'fortran_order': False, 'shape': ()}":                                   `dtype "|V1" (raw bytes)`,
	"{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': ()}":                           `dtype "('<f4', (2,))"`,
	"{'descr': '" + strings.Repeat("é\t", 99) + "', 'fortran_order': False, 'shape': ()}":     "…",
	"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1, 3)}":                             "Fortran order",
	"{'descr': [" + strings.Repeat("[", 1000) + "], 'fortran_order': False, 'shape': (3,), }": "want the end of a list",
}

func TestHeaderRefused(t *testing.T) {
	for header, want := range refusedHeaders {
		for _, stream := range []bool{false, true} {
			_, err := open(npy(header, ""), stream)
			if err == nil {
				t.Errorf("accepted: %q", header)
				continue
			}
			checkError(t, err, "x.npy: ")
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v; want %s", header, err, want)
			}
		}
	}
}

func TestPreambleRefused(t *testing.T) {
	whole := string(npy(shaped("()"), "abcd"))
	for file, want := range map[string]string{
		"":                     "empty",
		"\x93NUM":              "not a .npy array",
		"<html>…":              `it starts with "<html>"`,
		magic + "\x04\x00":     "version 4.0",
		magic + "\x00\x00":     "version 0.0",
		magic + "\x01\x01\x00": "version 1.1",
		magic + "\x01\x00\x76": "ends within the header",
		whole[:40]:             "ends within the header",
		magic + "\x01":         "ends within the header",
		"PK\x03\x04" + whole:   "zip archive",
		magic + "\x02\x00\xff\xff\xff\xff" + whole:                                                 "a header of 4294967295 bytes",
		magic + "\x03\x00" + string(rune(len(shaped("(3L,)")))) + "\x00\x00\x00" + shaped("(3L,)"): "want a size",
	} {
		_, err := open([]byte(file), false)
		if err == nil {
			t.Errorf("accepted: %q", file)
			continue
		}
		checkError(t, err, "x.npy: ")
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", file, err, want)
		}
	}
}

func TestElements(t *testing.T) {
	for _, c := range []struct {
		shape []int
		size  int
		want  int // −1: too large
	}{
		{nil, 8, 1}, {[]int{0}, 8, 0}, {[]int{3, 4}, 8, 12},
		{[]int{math.MaxInt}, 1, math.MaxInt},
		{[]int{math.MaxInt, 2}, 1, -1},
		{[]int{math.MaxInt, math.MaxInt, math.MaxInt}, 1, -1},
		{[]int{0, math.MaxInt, math.MaxInt}, 1, -1},
	} {
		got, err := elements(c.shape, c.size)
		if (err != nil) != (c.want < 0) || err == nil && got != c.want {
			t.Errorf("%v: %d (%v), want %d", c.shape, got, err, c.want)
		}
	}
	if n, err := elements([]int{math.MaxInt}, 8); math.MaxInt == math.MaxInt64 && err == nil {
		t.Errorf("%d elements of 8 bytes were accepted", n)
	}
}
