package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// byteRune is GPT-2's alphabet: the printable character that stands for each byte
// in a vocabulary file. Bytes that are printable in Latin-1 stand for themselves;
// the others, in order, take U+0100 and on (a space is Ġ, U+0120).
var byteRune = func() (r [256]rune) {
	next := rune(0x100)
	for b := range r {
		switch {
		case b >= '!' && b <= '~', b >= 0xa1 && b <= 0xac, b >= 0xae:
			r[b] = rune(b)
		default:
			r[b] = next
			next++
		}
	}
	return r
}()

// runeByte is the inverse of byteRune; −1 where a character stands for none.
var runeByte = func() (b [0x144]int16) {
	for i := range b {
		b[i] = -1
	}
	for i, r := range byteRune {
		b[r] = int16(i)
	}
	return b
}()

// alphabetOrder is each byte's place when the alphabet is sorted.
var alphabetOrder = func() (order [256]int32) {
	sorted := slices.Sorted(slices.Values(byteRune[:]))
	for i, r := range sorted {
		order[runeByte[r]] = int32(i)
	}
	return order
}()

// appendAlphabet appends bytes written in the alphabet.
func appendAlphabet(dst, bytes []byte) []byte {
	for _, b := range bytes {
		dst = utf8.AppendRune(dst, byteRune[b])
	}
	return dst
}

// fromAlphabet reads bytes written in the alphabet; false if a character is
// outside it.
func fromAlphabet(s string) ([]byte, bool) {
	bytes := make([]byte, 0, len(s))
	for _, r := range s {
		if r >= rune(len(runeByte)) || runeByte[r] < 0 {
			return nil, false
		}
		bytes = append(bytes, byte(runeByte[r]))
	}
	return bytes, true
}
