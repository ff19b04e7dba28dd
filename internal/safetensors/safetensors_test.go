package safetensors

import (
	"bytes"
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"xent/internal/tensor"
)

// file joins a header and data by the specification.
func file(header, data string) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

var sample = []tensor.Tensor{
	{Name: "w", DType: tensor.F32, Shape: []int{2, 1}, Data: []byte{0, 0, 128, 63, 0, 0, 0, 64}},
	{Name: "empty", DType: tensor.F64, Shape: []int{3, 0}, Data: []byte{}},
	{Name: "scalar <é>", DType: tensor.BF16, Shape: []int{}, Data: []byte{128, 63}},
	{Name: "h", DType: tensor.F16, Shape: []int{1}, Data: []byte{0, 60}},
}

func TestRoundTrip(t *testing.T) {
	meta := map[string]string{"format": "pt", "a": "b"}
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := Write(b, sample, meta); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two writes differ")
	}
	if n := binary.LittleEndian.Uint64(first.Bytes()); n%8 != 0 {
		t.Errorf("header of %d bytes is not padded to 8", n)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, first.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Tensors, sample) || !maps.Equal(f.Metadata, meta) || f.Foreign != nil {
		t.Errorf("read back %+v", f)
	}
	if Digest(f.Tensors) != Digest(sample) {
		t.Error("the digest changed on the way through a file")
	}
}

// TestWriteBytes pins the exact bytes, worked out by hand from the format.
func TestWriteBytes(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample[:1], nil); err != nil {
		t.Fatal(err)
	}
	want := file(`{"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}} `[:56], string(sample[0].Data))
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("wrote %q\nwant  %q", b.Bytes(), want)
	}
}

func TestForeignAndOrder(t *testing.T) {
	f, err := Parse(file(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"q":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}  `, "abcdefgh"))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Tensors) != 1 || string(f.Tensors[0].Data) != "efgh" || f.Metadata != nil {
		t.Errorf("tensors %+v, metadata %v", f.Tensors, f.Metadata)
	}
	if _, err := f.Find("b"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"q": "F8_E4M3", "missing": "no tensor missing"} {
		if _, err := f.Find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Find(%s): %v, want it to say %s", name, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	huge := binary.LittleEndian.AppendUint64(nil, 1<<40)
	cases := []struct {
		name string
		b    []byte
		want string
	}{
		{"empty", nil, "0 bytes"},
		{"huge header", huge, "the format allows"},
		{"truncated header", file(`{"a":`, "")[:10], "truncated"},
		{"not an object", file(`["a"]`, ""), "not a JSON object"},
		{"open object", file(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}`, "abcd"), "header: broken JSON at byte 52 of 52: unexpected end"},
		{"open value", file(`{"a":{"dtype":"F32","shape":[`, "abcd"), "header: broken JSON at byte"},
		{"nothing after a name", file(`{"a"`, ""), "header: broken JSON at byte"},
		{"broken value", file(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":F32}}`, ""), "header: broken JSON at byte 68 of 72: invalid character 'F' looking for beginning of value"},
		{"broken name", file(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,0]},b}`, ""), "header: broken JSON at byte 54 of 55: invalid character 'b'"},
		{"comma at the end", file(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},}`, ""), "header: broken JSON at byte 55 of 55"},
		{"two lines", file(`{"a\nb":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), `header: "a\nb" is no name`},
		{"long name", file(`{"`+strings.Repeat("a", 1001)+`":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), `aaa" is no name: at most 1000 bytes`},
		{"dtype of two lines", file(`{"a":{"dtype":"F\r8","shape":[0],"data_offsets":[0,0]}}`, ""), `tensor a: dtype: "F\r8" is no name`},
		{"65 dimensions", file(`{"a":{"dtype":"F32","shape":[0`+strings.Repeat(",0", 64)+`],"data_offsets":[0,0]}}`, ""), "a shape of 65 dimensions"},
		{"text after", file(`{} x`, ""), "more follows"},
		{"invalid UTF-8", file("{\"\xff\":1}", ""), "UTF-8"},
		{"twice", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "abcdefgh"), "a is described twice"},
		{"metadata of numbers", file(`{"__metadata__":{"a":1}}`, ""), "header: __metadata__: unexpected number"},
		{"no dtype", file(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, "abcd"), "no dtype"},
		{"no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, "abcd"), "no shape"},
		{"no offsets", file(`{"a":{"dtype":"F32","shape":[1]}}`, "abcd"), "data_offsets"},
		{"backward", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, "abcd"), "not a range"},
		{"negative size", file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, "abcd"), "negative"},
		{"fraction", file(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, "abcd"), "header: tensor a: shape: unexpected number 1.5"},
		{"a long number", file(`{"a":{"dtype":"F32","shape":[`+strings.Repeat("1", 999)+`],"data_offsets":[0,4]}}`, "abcd"), "header: tensor a: shape: unexpected number 11111"},
		{"a string", file(`{"a":"F32"}`, "abcd"), "header: tensor a: unexpected string"},
		{"wrong size", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, "abcd"), "4 bytes for shape [2]"},
		{"overflow", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, ""), "0 bytes for shape"},
		{"truncated data", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "abc"), "truncated"},
		{"remainder", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "abcde"), "1 bytes after tensor a"},
		{"hole", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}`, "abcde"), "1 bytes between the header and tensor a"},
		{"overlap", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, "abcdef"), "b overlaps tensor a"},
	}
	for _, c := range cases {
		_, err := Parse(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		checkError(t, err)
	}
}

// checkError holds an error to what a person can read.
func checkError(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 2*maxName+1000 || strings.Contains(err.Error(), "json: ")) {
		t.Errorf("not a short line in the file's terms: %q", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	bad := [][]tensor.Tensor{
		{sample[0], sample[0]},
		{{Name: metadataKey, DType: tensor.F32, Shape: []int{}, Data: make([]byte, 4)}},
		{{Name: "a", DType: tensor.F32, Shape: []int{2}, Data: make([]byte, 4)}},
	}
	for _, tensors := range bad {
		var b bytes.Buffer
		if err := Write(&b, tensors, nil); err == nil || b.Len() > 0 {
			t.Errorf("%v: error %v after %d bytes", tensors, err, b.Len())
		}
	}
}

func TestReadNamesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, []byte("short"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
		t.Errorf("error %v does not name the file", err)
	}
}
