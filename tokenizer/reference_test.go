package tokenizer

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dlclark/regexp2"
)

// gpt2Pattern is the pattern as its authors wrote it.
const gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

// slowEncode is the definition of byte-pair encoding, word for word: over the
// pieces, join the pair of lowest rank, leftmost first, until no pair has a rank.
func slowEncode(t *Tokenizer, text []byte) (ids []int32) {
	ranks := make(map[[2]int32]int)
	for rank, m := range t.merges {
		ranks[[2]int32{m.left, m.right}] = rank
	}
	for len(text) > 0 {
		n := pieceLen(text)
		var piece []int32
		for _, b := range text[:n] {
			piece = append(piece, t.byteID[b])
		}
		for {
			best, at := len(t.merges), -1
			for i := range len(piece) - 1 {
				if r, ok := ranks[[2]int32{piece[i], piece[i+1]}]; ok && r < best {
					best, at = r, i
				}
			}
			if at < 0 {
				break
			}
			piece = slices.Replace(piece, at, at+2, t.merges[best].id)
		}
		ids = append(ids, piece...)
		text = text[n:]
	}
	return ids
}

// slowTrain is the definition of training: count every pair anew at each step.
func slowTrain(docs [][]byte, v int) []merge {
	var pieces [][]int32
	for _, doc := range docs {
		for len(doc) > 0 {
			n := pieceLen(doc)
			var p []int32
			for _, b := range doc[:n] {
				p = append(p, int32(b))
			}
			pieces = append(pieces, p)
			doc = doc[n:]
		}
	}
	tokens := make([]string, 256)
	for b := range tokens {
		tokens[b] = string([]byte{byte(b)})
	}
	var merges []merge
	for len(merges) < v-257 {
		best, ok := slowBest(pieces, tokens)
		if !ok {
			break
		}
		best.id = int32(len(tokens))
		tokens = append(tokens, tokens[best.left]+tokens[best.right])
		merges = append(merges, best)
		for i, p := range pieces {
			for k := 0; k+1 < len(p); k++ {
				if p[k] == best.left && p[k+1] == best.right {
					p = slices.Replace(p, k, k+2, best.id)
				}
			}
			pieces[i] = p
		}
	}
	return merges
}

func slowBest(pieces [][]int32, tokens []string) (best merge, ok bool) {
	counts := make(map[merge]int)
	for _, p := range pieces {
		for k := range len(p) - 1 {
			counts[merge{left: p[k], right: p[k+1]}]++
		}
	}
	most := 1
	order := func(m merge) []int32 { return []int32{tieOrder(m.left), tieOrder(m.right)} }
	for m, n := range counts {
		s := tokens[m.left] + tokens[m.right]
		if n < 2 || len(s) > 256 || slices.Contains(tokens, s) {
			continue
		}
		if n > most || n == most && slices.Compare(order(m), order(best)) < 0 {
			best, most, ok = m, n, true
		}
	}
	return best, ok
}

// alphabets are characters that random texts are made of: few, so that pairs
// repeat; the classes of the pattern and their borders; bytes.
var alphabets = [][]string{
	{"a", "b"},
	{"a", "b", "c", " ", "'"},
	{"the", "in", "'s", "'re", "'", " ", "  ", "\n", ",", "1"},
	{"a", "Z", "é", "\u0301", "中", "ж", "𝔘", "1", "½", "Ⅷ", "٣", "'", "s", "t", "re", "ve", "ll", "d", "m", "S", "!", "€", "🙂", "\u200d",
		" ", "  ", "\t", "\n", "\r\n", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u3000", "\u200b", "\ufeff", "\x1c", "\x00", "\x7f", "\ufffd"},
	{"a", " ", "\xff", "\xc3", "\xa9", "\xe4\xb8", "\xed\xa0\x80", "\xf0\x9f\x99", "\x80", "é", "1", "'s"},
}

func randomText(rng *rand.Rand, alphabet []string, n int) []byte {
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(alphabet[rng.IntN(len(alphabet))])
	}
	return b.Bytes()
}

func randomDocs(rng *rand.Rand, alphabet []string, docs, n int) [][]byte {
	texts := make([][]byte, docs)
	for i := range texts {
		texts[i] = randomText(rng, alphabet, 1+rng.IntN(n))
	}
	return texts
}

func mustTrain(t testing.TB, docs [][]byte, v int) *Tokenizer {
	t.Helper()
	tok, err := Train(slices.Values(docs), Options{Vocab: v})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestSplitIsThePattern(t *testing.T) {
	re := regexp2.MustCompile(gpt2Pattern, regexp2.None)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		text := randomText(rng, alphabets[rng.IntN(len(alphabets))], 1+rng.IntN(40))
		comparePieces(t, re, text)
	}
	for r := rune(0); r <= 0x10ffff; r += 1 + r/512 { // every class from every block
		comparePieces(t, re, []byte("a"+string(r)+" "+string(r)+"1"+string(r)))
	}
}

// comparePieces compares in characters: both sides read an invalid byte as one
// U+FFFD.
func comparePieces(t *testing.T, re *regexp2.Regexp, text []byte) {
	t.Helper()
	var want, got []int
	for m, err := re.FindRunesMatch([]rune(string(text))); m != nil; m, err = re.FindNextMatch(m) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, m.Length)
	}
	for rest := text; len(rest) > 0; {
		n := pieceLen(rest)
		got = append(got, len([]rune(string(rest[:n]))))
		rest = rest[n:]
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%q: pieces of %v characters, the pattern gives %v", text, got, want)
	}
}

func TestEncodeIsTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range 60 {
		alphabet := alphabets[i%len(alphabets)]
		tok := mustTrain(t, randomDocs(rng, alphabet, 20, 200), 257+rng.IntN(300))
		for range 20 {
			text := randomText(rng, alphabet, 1+rng.IntN(300))
			if got, want := tok.Encode(nil, text), slowEncode(tok, text); !slices.Equal(got, want) {
				t.Fatalf("%q: %v, want %v", text, got, want)
			}
		}
	}
}

// Ranks in any order and pairs that make known tokens occur in files of others.
func TestEncodeWithShuffledRanks(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 60 {
		alphabet := alphabets[i%2]
		trained := mustTrain(t, randomDocs(rng, alphabet, 20, 100), 300)
		merges := slices.Clone(trained.merges)
		rng.Shuffle(len(merges), func(a, b int) { merges[a], merges[b] = merges[b], merges[a] })
		tok, err := build(trained.pieces, merges, trained.added)
		if err != nil {
			t.Fatal(err)
		}
		var e encoder
		for range 20 {
			text := randomText(rng, alphabet, 1+rng.IntN(200))
			want := slowEncode(tok, text)
			if got := tok.Encode(nil, text); !slices.Equal(got, want) {
				t.Fatalf("%q: %v, want %v", text, got, want)
			}
			piece := text[:min(pieceLen(text), shortPiece)]
			if a, b := e.merge(tok, nil, piece), e.mergeLong(tok, nil, piece); !slices.Equal(a, b) {
				t.Fatalf("%q: scan %v, heap %v", piece, a, b)
			}
		}
	}
}

func TestTrainIsTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range 100 {
		docs := randomDocs(rng, alphabets[i%len(alphabets)], 1+rng.IntN(10), 100)
		got := mustTrain(t, docs, 340).merges
		if want := slowTrain(docs, 340); !slices.Equal(got, want) {
			t.Fatalf("docs %q: merges %v, want %v", docs, got, want)
		}
	}
	// One long run: every level of doubling, up to the longest token allowed.
	runs := [][]byte{bytes.Repeat([]byte("ab"), 700), bytes.Repeat([]byte("-"), 1100)}
	if got, want := mustTrain(t, runs, 400).merges, slowTrain(runs, 400); !slices.Equal(got, want) {
		t.Fatalf("runs: merges %v, want %v", got, want)
	}
}

func TestTrainDoesNotDependOnOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	docs := randomDocs(rng, alphabets[2], 300, 200)
	want := mustTrain(t, docs, 600).AppendJSON(nil)
	for range 5 {
		rng.Shuffle(len(docs), func(a, b int) { docs[a], docs[b] = docs[b], docs[a] })
		if got := mustTrain(t, docs, 600).AppendJSON(nil); !bytes.Equal(got, want) {
			t.Fatal("the order of documents changed the tokenizer")
		}
	}
}
