package model

import (
	"bytes"
	"io"
	"os"
)

// foreign says what the file at path is where it begins as some other kind of
// file that people find or put in the place of weights, and what to do. It is ""
// for what may be safetensors, and for what cannot be read, which shows later.
// Such files can be large: this reads their beginning only.
func foreign(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, 512)
	n, _ := io.ReadFull(f, b)
	if b = b[:n]; n <= 8 || b[8] == '{' { // where a header begins, after its length
		return ""
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, kind := range []struct {
		in          []byte
		start, what string
	}{
		{b, "GGUF", "a GGUF model, which this program does not read; take the original model's safetensors"},
		{b, "PK\x03\x04", "a zip archive, as PyTorch's are; save the model as safetensors"},
		{b, "\x80\x02\x8a\nl\xfc\x9cF\xf9", "a PyTorch file of the old form; save the model as safetensors"},
		{b, "\x89HDF\r\n", "an HDF5 file, as Keras's are; save the model as safetensors"},
		{b, "\x1f\x8b", "compressed with gzip; unpack it"},
		{b, "version https://git-lfs.github.com/", "a Git LFS pointer to it; fetch the file itself with git lfs pull"},
		{text, "<!doctype html", "a web page; download the file itself"},
		{text, "<html", "a web page; download the file itself"},
		{text, "<?xml", "XML, as servers send in place of a file; download the file itself"},
		{text, "{", "JSON, as servers send in place of a file; download the file itself"},
	} {
		if bytes.HasPrefix(kind.in, []byte(kind.start)) {
			return kind.what
		}
	}
	return ""
}
