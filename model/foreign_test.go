package model

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestForeignFiles: what people find or put in the place of weights is named.
func TestForeignFiles(t *testing.T) {
	dir := saved(t, tiny(1))
	for start, want := range map[string]string{
		"GGUF\x03\x00\x00\x00\x00":                          "a GGUF model",
		"PK\x03\x04\x00\x00\x08\x08\x00archive/data.pkl":    "a zip archive, as PyTorch's are",
		"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.":          "a PyTorch file of the old form",
		"\x89HDF\r\n\x1a\n\x00":                             "an HDF5 file",
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00":              "compressed with gzip",
		"version https://git-lfs.github.com/spec/v1\noid 1": "a Git LFS pointer",
		"\ufeff\n <!DOCTYPE html><title>Not found":          "a web page",
		"<HTML lang=en>":                                    "a web page",
		"<?xml version=\"1.0\"?><Error>":                    "XML, as servers send",
		`{"error":"Repository not found"}`:                  "JSON, as servers send",
		"plain text and no more":                            "not a safetensors file",
	} {
		edit(t, filepath.Join(dir, weightsFile), func([]byte) []byte { return append([]byte(start), make([]byte, 2000)...) })
		checkOpen(t, want, dir, weightsFile, want)
		checkOpen(t, want, dir, weightsFile, "not a safetensors file")
	}
	b := header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`)
	for n := range b { // a good beginning is nothing else, nor are a few bytes
		path := filepath.Join(dir, weightsFile)
		edit(t, path, func([]byte) []byte { return b[:n] })
		if what := foreign(path); what != "" {
			t.Errorf("%q is %s", b[:n], what)
		}
	}
}

// header returns the beginning of a safetensors file.
func header(text string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
}

// TestFewBytesOfWeights: a file of a hundred bytes, whatever it announces, costs
// no more than the rest of the folder.
func TestFewBytesOfWeights(t *testing.T) {
	dir := saved(t, tiny(1))
	path := filepath.Join(dir, weightsFile)
	remove(weightsFile)(t, dir)
	var err error
	without := allocated(func() { _, err = Open(dir) })
	if err == nil {
		t.Fatal("there are no weights")
	}
	for name, b := range map[string][]byte{
		"a long header":     binary.LittleEndian.AppendUint64(nil, 100_000_000),
		"an endless header": bytes.Repeat([]byte{255}, 100),
		"large shapes":      header(`{"model.norm.weight":{"dtype":"F32","shape":[4294967295,4294967295],"data_offsets":[0,9999999999]}}`),
		"many dimensions":   header(`{"model.norm.weight":{"dtype":"F32","shape":[` + strings.Repeat("1,", 20) + `1],"data_offsets":[0,0]}}`),
		"deep":              header("{" + strings.Repeat(`"a":{`, 18)),
		"zeros":             make([]byte, 100),
	} {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		n := allocated(func() { _, err = Open(dir) })
		if err == nil || n > without+64<<10 {
			t.Errorf("%s: %d bytes are allocated, %d without the file (%v)", name, n, without, err)
		}
	}
}

// TestHoleOfWeights: weights whose file is a hole of terabytes, alone or as a
// shard, are refused before they are read.
func TestHoleOfWeights(t *testing.T) {
	for _, name := range []string{weightsFile, "a.safetensors"} {
		dir := saved(t, tiny(1))
		path := filepath.Join(dir, name)
		if err := os.Rename(filepath.Join(dir, weightsFile), path); err != nil {
			t.Fatal(err)
		}
		index := []byte(`{"weight_map":{"model.norm.weight":"a.safetensors"}}`)
		if err := os.WriteFile(filepath.Join(dir, indexFile), index, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 3<<40); err != nil {
			t.Skip("no holes here:", err)
		}
		want := "belong to no tensor"
		if strconv.IntSize == 32 {
			want = "MB of memory, and a 32-bit program leaves"
		}
		if n := allocated(func() { checkOpen(t, name, dir, name, want) }); n > 1<<20 {
			t.Errorf("%s: %d bytes are allocated", name, n)
		}
	}
}
