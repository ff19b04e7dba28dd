package tokenizer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unicode"
)

// benchText returns n bytes of made-up prose: words of random syllables with
// frequencies as in Zipf's law, marks and line ends.
func benchText(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"ka", "the", "in", "re", "lo", "st", "er", "mi", "on", "ä", "va", "qu", "et", "sh", "о", "ing"}
	words := make([]string, 50000)
	for i := range words {
		for range 1 + rng.IntN(4) {
			words[i] += syllables[rng.IntN(len(syllables))]
		}
	}
	zipf := rand.NewZipf(rng, 1.1, 3, uint64(len(words)-1))
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(words[zipf.Uint64()])
		b.WriteString([]string{" ", " ", " ", " ", " ", " ", ", ", ".\n", " 1859 ", "'s "}[rng.IntN(10)])
	}
	return b.Bytes()[:n]
}

func BenchmarkTrain(b *testing.B) {
	text := benchText(10 << 20)
	docs := slices.Collect(slices.Chunk(text, 1<<16))
	for _, v := range []int{1024, 8192} {
		b.Run(fmt.Sprintf("impl=heap/v=%d/n=%d", v, len(text)), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Train(slices.Values(docs), Options{Vocab: v}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	text := benchText(1 << 20)
	for _, v := range []int{257, 1024, 8192} {
		tok, err := Train(slices.Values([][]byte{text}), Options{Vocab: v})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("impl=merge/v=%d/n=%d", v, len(text)), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var ids []int32
			for b.Loop() {
				ids = tok.Encode(ids[:0], text)
			}
		})
	}
}

// BenchmarkEncodePiece encodes one piece without a border.
func BenchmarkEncodePiece(b *testing.B) {
	text := benchText(1 << 20)
	tok := mustTrain(b, [][]byte{text}, 1024)
	letters := bytes.Join(bytes.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }), nil)
	for _, n := range []int{16, 48, 64, 1 << 10, 1 << 16, 1 << 19} {
		b.Run(fmt.Sprintf("impl=merge/n=%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			var ids []int32
			for b.Loop() {
				ids = tok.Encode(ids[:0], letters[:n])
			}
		})
	}
}
