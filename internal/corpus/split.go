package corpus

import (
	"bytes"
	"cmp"
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
// With 20 documents or more, at most a tenth of them is held out. Documents of
// the same text stay together, so that no text is on both sides; by ascending
// SHA-256 of their texts they are held out as long as ⌊n/10⌋ documents are not
// exceeded, and texts that occur too often for that are passed over. That gives
// exactly ⌊n/10⌋ where no text occurs twice. If every text occurs too often,
// the one that occurs least is held out, of several the one of least SHA-256.
//
// With fewer, the last tenth of each document's bytes is held out under the
// document's name, and the first part is marked Cut: from the line start
// nearest to the last tenth's beginning, if that leaves it between a twentieth
// and a fifth of the bytes, else from the first rune start there. A document
// under 10 bytes stays whole, on the training side; if all are that short,
// whole documents are held out as above.
//
// The parts share the documents' bytes. Where all documents hold the same text
// and cannot be cut, all are to learn from and none is held out; otherwise
// neither part is empty, unless there is no text at all.
func Split(docs []Document) (train, heldout []Document) {
	docs = slices.DeleteFunc(slices.Clone(docs), func(d Document) bool { return len(d.Text) == 0 })
	if len(docs) >= splitByDocument {
		return splitWhole(docs)
	}
	for _, d := range docs {
		at := cut(d.Text)
		if at == len(d.Text) {
			train = append(train, d)
			continue
		}
		train = append(train, Document{Name: d.Name, Text: d.Text[:at:at], Cut: true})
		heldout = append(heldout, Document{Name: d.Name, Text: d.Text[at:], Cut: d.Cut})
	}
	if len(heldout) == 0 {
		return splitWhole(docs)
	}
	return train, heldout
}

type hash = [sha256.Size]byte

func compare(a, b hash) int { return bytes.Compare(a[:], b[:]) }

func splitWhole(docs []Document) (train, heldout []Document) {
	hashes, count := make([]hash, len(docs)), map[hash]int{}
	for i, d := range docs {
		hashes[i] = sha256.Sum256(d.Text)
		count[hashes[i]]++
	}
	held := holdOut(count, len(docs)/10)
	for i, d := range docs {
		if held[hashes[i]] {
			heldout = append(heldout, d)
		} else {
			train = append(train, d)
		}
	}
	return train, heldout
}

// holdOut chooses texts of at most most documents together, or one text of
// several.
func holdOut(count map[hash]int, most int) map[hash]bool {
	distinct := make([]hash, 0, len(count))
	for h := range count {
		distinct = append(distinct, h)
	}
	slices.SortFunc(distinct, compare)
	held, n := map[hash]bool{}, 0
	for _, h := range distinct {
		if n+count[h] <= most {
			held[h] = true
			n += count[h]
		}
	}
	if n == 0 && len(distinct) > 1 {
		rarest := slices.MinFunc(distinct, func(a, b hash) int { return cmp.Compare(count[a], count[b]) })
		held[rarest] = true
	}
	return held
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
	return runeStart(text, tenth)
}

// runeStart returns the first position from at on where a rune starts, or at
// where none starts before four bytes are over: that is not UTF-8.
func runeStart(text []byte, at int) int {
	for i := at; i < min(at+utf8.UTFMax, len(text)); i++ {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return at
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
