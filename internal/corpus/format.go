package corpus

import (
	"fmt"
	"strings"
)

// A format is one that people take for text, or for what is read as text, by
// mistake.
type format struct {
	at         int
	magic      string // the bytes from at on
	what, then string // a person can do
}

// The first bytes of the formats that are decompressed (RFC 1952 with its only
// method, RFC 8878): no UTF-8 text begins so, but for skippableMagic, which stands
// behind a byte from 0x50 to 0x5f.
const (
	gzipMagic      = "\x1f\x8b\x08"
	zstdMagic      = "\x28\xb5\x2f\xfd"
	skippableMagic = "\x2a\x4d\x18"
)

// formats are told apart by bytes that no text has there.
var formats = []format{
	{0, gzipMagic, "gzip data", "decompress it with gzip -d, or let its name end in .gz"},
	{0, zstdMagic, "zstd data", "decompress it with zstd -d, or let its name end in .zst"},
	{0, "\xfd7zXZ\x00", "xz data", "decompress it with xz -d"},
	{4, "1AY&SY", "bzip2 data", "decompress it with bzip2 -d"},
	{0, "\x04\x22\x4d\x18", "lz4 data", "decompress it with lz4 -d"},
	{257, "ustar", "a tar archive", "unpack it with tar -x and give the folder"},
	{0, "PK\x03\x04", "a zip archive, as .docx, .odt and .epub are too", "unpack it, or save its text"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"},
	{0, "Rar!\x1a\x07", "a RAR archive", "unpack it"},
	{0, "%PDF-", "a PDF file", "extract its text, for example with pdftotext"},
	{0, "PAR1\x15", "a Parquet file", "export it as JSON lines"},
	{0, "SQLite format 3\x00", "an SQLite database", "export its text"},
	{0, "\xff\xfe\x00\x00", "UTF-32 text", "convert it to UTF-8, for example with iconv -f UTF-32 -t UTF-8"},
	{0, "\xff\xfe", "UTF-16 text", "convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8"},
	{0, "\xfe\xff", "UTF-16 text", "convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8"},
	{0, "\xff\xd8\xff", "a JPEG image", ""},
	{0, "\x89PNG\r\n", "a PNG image", ""},
}

// magicLength is how many bytes tell a format.
const magicLength = 257 + len("ustar")

// formatOf returns the format of what begins with these bytes, nil where it may be
// text.
func formatOf(first []byte) *format {
	if isSkippable(first) {
		return &formats[1]
	}
	for i := range formats {
		if f := &formats[i]; len(first) > f.at && strings.HasPrefix(string(first[f.at:]), f.magic) {
			return f
		}
	}
	return nil
}

// isSkippable reports whether a skippable frame of zstd begins so, with which pzstd
// begins its files.
func isSkippable(first []byte) bool {
	return len(first) >= 4 && first[0]>>4 == 5 && string(first[1:4]) == skippableMagic
}

// A notTextError says that what must be text is not: it is of a format that is
// known, or has a NUL byte.
type notTextError struct {
	format *format
	nul    int64
}

func (e *notTextError) Error() string {
	switch {
	case e.format == nil:
		return fmt.Sprintf("byte %d is NUL, so this is no text (UTF-16 must be converted to UTF-8)", e.nul)
	case e.format.then == "":
		return e.format.what + ", not text"
	}
	return e.format.what + ", not text: " + e.format.then
}
