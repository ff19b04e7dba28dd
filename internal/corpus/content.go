package corpus

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// A Content tells what a path held, whatever the order and the names of the
// files below it.
type Content struct {
	Documents int   `json:"documents"`
	Bytes     int64 `json:"bytes"`
	Sum       Sum   `json:"sum"`
}

// Plus is the content of both.
func (c Content) Plus(d Content) Content {
	return Content{c.Documents + d.Documents, c.Bytes + d.Bytes, c.Sum.plus(d.Sum)}
}

// A Sum is the SHA-256 of documents, each taken for four numbers of 64 bits
// which are added, modulo 2⁶⁴. As text it is hexadecimal.
type Sum [4]uint64

// sumOf is the Sum of one document.
func sumOf(digest *[sha256.Size]byte) (s Sum) {
	for i := range s {
		s[i] = binary.BigEndian.Uint64(digest[8*i:])
	}
	return s
}

func (s Sum) plus(t Sum) Sum {
	for i := range s {
		s[i] += t[i]
	}
	return s
}

// MarshalText writes 64 hexadecimal digits.
func (s Sum) MarshalText() ([]byte, error) {
	var b [sha256.Size]byte
	for i, n := range s {
		binary.BigEndian.PutUint64(b[8*i:], n)
	}
	return hex.AppendEncode(nil, b[:]), nil
}

// UnmarshalText is the reverse of MarshalText.
func (s *Sum) UnmarshalText(text []byte) error {
	var b [sha256.Size]byte
	if n, err := hex.Decode(b[:], text[:min(len(text), 2*len(b))]); err != nil || n != len(b) || len(text) != 2*len(b) {
		return fmt.Errorf("%q is no sum of documents", text)
	}
	*s = sumOf(&b)
	return nil
}
