package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// due is what parsing n bytes may allocate. The worst are shapes and metadata
// of many short values, whose slices and maps grow.
func due(n int) uint64 { return 1<<20 + 40*uint64(n) }

// announced is a file that announces a header of n bytes.
func announced(n uint64, rest string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, n), rest...)
}

// hostile are files that announce what they do not hold, or make much of a few
// bytes. Those named "long" have about 100,000 bytes, the others about 100.
func hostile() map[string][]byte {
	const start, end = `{"a":{"dtype":"F32","shape":[`, `],"data_offsets":[0,4]}}`
	var many, map2 strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, `,"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`, i)
		fmt.Fprintf(&map2, `,"%d":""`, i)
	}
	return map[string][]byte{
		"header of 16 EiB":    announced(1<<64-1, `{}`),
		"header of 8 EiB":     announced(1<<63, `{}`),
		"header of 100 MB":    announced(maxHeader, `{"a":`+strings.Repeat(" ", 80)),
		"header too long":     announced(maxHeader+1, `{}`),
		"header of nothing":   announced(0, strings.Repeat("a", 90)),
		"shape of 2^64":       file(start+`4294967296,4294967296`+end, "abcd"),
		"shape of 2^64+1":     file(start+`2147483648,8589934592,1`+end, "abcd"),
		"shape of 0 and 2^62": file(start+`0,4611686018427387904`+strings.Replace(end, "4", "0", 1), ""),
		"shape of 2^62 and 0": file(start+`4611686018427387904,4611686018427387904,0`+end, "abcd"),
		"shape of 1e18":       file(start+`1e18`+end, "abcd"),
		"offsets of 8 EiB":    file(`{"a":{"dtype":"F32","shape":[2305843009213693951],"data_offsets":[0,9223372036854775804]}}`, "abcd"),
		"foreign of 8 EiB":    file(`{"a":{"dtype":"I64","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}`, ""),
		"open lists":          file(`{"a":`+strings.Repeat("[", 90), ""),
		"open objects":        file(strings.Repeat(`{"":`, 25), ""),
		"escapes":             file(`{"`+strings.Repeat(`\ud800`, 15)+`":1}`, ""),
		"long list":           file(start+`0`+strings.Repeat(",0", 50_000)+end, ""),
		"long depth":          file(`{"a":`+strings.Repeat("[", 100_000), ""),
		"long objects":        file(strings.Repeat(`{"a":`, 20_000), ""),
		"long name":           file(`{"`+strings.Repeat("a", 100_000)+`":1}`, ""),
		"long number":         file(start+strings.Repeat("1", 100_000)+end, "abcd"),
		"long dtype":          file(`{"a":{"dtype":"`+strings.Repeat("F", 100_000)+`","shape":[],"data_offsets":[0,0]}}`, ""),
		"long tensors":        file(`{`+many.String()[1:]+`}`, ""),
		"long metadata":       file(`{"__metadata__":{`+map2.String()[1:]+`}}`, ""),
		"long blanks":         file(`{`+strings.Repeat(" ", 100_000)+`}`, ""),
	}
}

// TestMemory: Parse and Read take memory for a file's bytes, whatever they
// announce.
func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	for name, b := range hostile() {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		var err error
		if n := allocated(func() { _, err = Parse(b) }); n > due(len(b)) {
			t.Errorf("%s: %d bytes (%v): %d allocated", name, len(b), err, n)
		}
		checkError(t, err)
		if n := allocated(func() { _, err = Read(path) }); n > due(len(b)) {
			t.Errorf("%s: reading %d bytes (%v): %d allocated", name, len(b), err, n)
		}
	}
}

// FuzzParse checks that whatever is accepted is consistent, tiles the file, and
// can be written and read again, in bounded memory.
func FuzzParse(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, sample, map[string]string{"k": "v"}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(file(`{"q":{"dtype":"I64","shape":[0],"data_offsets":[0,0]}}`, ""))
	f.Add(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "abcd"))
	f.Add(file(`{"q":{"dtype":"U8","shape":[3],"data_offsets":[2,5]},"a":{"dtype":"F16","shape":[1,1,1],"data_offsets":[0,2]}}  `, "abcde"))
	for name, b := range hostile() {
		if !strings.HasPrefix(name, "long") {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		var parsed *File
		var err error
		if n := allocated(func() { parsed, err = Parse(b) }); n > due(len(b)) {
			t.Errorf("%d bytes: %d allocated", len(b), n)
		}
		if !bytes.Equal(b, before) {
			t.Error("the input was changed")
		}
		if err != nil {
			checkError(t, err)
			return
		}
		checkParsed(t, parsed, len(b))
	})
}

// checkParsed holds a file of n bytes that was accepted to what File promises.
func checkParsed(t *testing.T, parsed *File, n int) {
	data := 0
	for _, x := range parsed.Tensors {
		data += len(x.Data)
		if got, err := parsed.Find(x.Name); err != nil || !slices.Equal(got.Shape, x.Shape) || len(x.Data) != x.Elements()*x.DType.Size() {
			t.Fatalf("tensor %s: %v %v of %d bytes (%v)", x.Name, x.DType, x.Shape, len(x.Data), err)
		}
		m, err := x.Matrix()
		if err != nil || m.Rows*m.Cols != x.Elements() {
			t.Fatalf("tensor %s: a matrix of %d by %d (%v)", x.Name, m.Rows, m.Cols, err)
		}
	}
	for _, x := range parsed.Foreign {
		if _, err := parsed.Find(x.Name); err == nil {
			t.Fatalf("tensor %s of type %s was found", x.Name, x.DType)
		}
	}
	if 8+len("{}")+data > n || len(parsed.Foreign) == 0 && len(parsed.Tensors) == 0 && data > 0 {
		t.Fatalf("%d bytes of tensors in a file of %d", data, n)
	}
	var again bytes.Buffer
	if err := Write(&again, parsed.Tensors, parsed.Metadata); err != nil {
		t.Fatal(err)
	}
	twice, err := Parse(again.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if Digest(twice.Tensors) != Digest(parsed.Tensors) || !maps.Equal(twice.Metadata, parsed.Metadata) || len(twice.Foreign) > 0 {
		t.Fatal("the round trip changed the content")
	}
}
