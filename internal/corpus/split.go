package corpus

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"unicode/utf8"
)

// splitByDocument is the number of documents from which a corpus is split by
// whole documents.
const splitByDocument = 20

// Split parts documents into those to learn from and those to be measured on,
// both in the order given. Empty documents are dropped. Which bytes are held
// out does not depend on the order or the names of the documents.
//
// With 20 documents or more, a tenth of them is held out: those ⌊n/10⌋ whose
// texts have the smallest SHA-256, so that a text that occurs twice is on one
// side only. With fewer, the last tenth of each document's bytes is held out
// under the document's name: from the line start nearest to the last tenth's
// beginning, if that leaves it between a twentieth and a fifth of the bytes,
// else from the first rune start there. A document under 10 bytes stays whole,
// on the training side.
//
// The parts share the documents' bytes. Either may be empty: the first where 20
// documents or more all hold the same text, the second where all are short.
func Split(docs []Document) (train, heldout []Document) {
	docs = slices.DeleteFunc(slices.Clone(docs), func(d Document) bool { return len(d.Text) == 0 })
	if len(docs) >= splitByDocument {
		return splitWhole(docs)
	}
	for _, d := range docs {
		at := cut(d.Text)
		train = append(train, Document{Name: d.Name, Text: d.Text[:at:at]})
		if at < len(d.Text) {
			heldout = append(heldout, Document{Name: d.Name, Text: d.Text[at:]})
		}
	}
	return train, heldout
}

func splitWhole(docs []Document) (train, heldout []Document) {
	type hash = [sha256.Size]byte
	compare := func(a, b hash) int { return bytes.Compare(a[:], b[:]) }
	hashes := make([]hash, len(docs))
	for i, d := range docs {
		hashes[i] = sha256.Sum256(d.Text)
	}
	limit := slices.SortedFunc(slices.Values(hashes), compare)[len(docs)/10-1]
	for i, d := range docs {
		if compare(hashes[i], limit) <= 0 {
			heldout = append(heldout, d)
		} else {
			train = append(train, d)
		}
	}
	return train, heldout
}

// cut returns where the part of text that is held out starts.
func cut(text []byte) int {
	n := len(text)
	tenth := n - n/10
	if tenth == n {
		return n
	}
	earliest, latest := n-n/5, n-(n+19)/20 // line starts between these will do
	before := bytes.LastIndexByte(text[:tenth], '\n') + 1
	after := tenth + bytes.IndexByte(text[tenth:], '\n') + 1 // tenth itself where there is none
	hasBefore := before >= earliest
	hasAfter := after > tenth && after <= latest
	switch {
	case hasBefore && (!hasAfter || tenth-before <= after-tenth):
		return before
	case hasAfter:
		return after
	}
	for i := tenth; i < min(tenth+utf8.UTFMax, n); i++ {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return tenth
}

// Hash identifies the texts of a corpus and their order, not their names: the
// SHA-256, in hexadecimal, of every text behind its length as 8 little-endian
// bytes.
func Hash(docs []Document) string {
	h := sha256.New()
	for _, d := range docs {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(d.Text))))
		h.Write(d.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}
