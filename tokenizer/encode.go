package tokenizer

import "math"

// Encode appends the token ids of text to dst and returns it. It never adds BOS
// and treats the names of special tokens as ordinary text. Encoding a text at
// once and in parts differs where a part's end cuts a piece.
func (t *Tokenizer) Encode(dst []int32, text []byte) []int32 {
	var e encoder
	return e.encode(t, dst, text, t.literals)
}

// EncodeOffsets returns the ids that Encode gives and for each the [start, end)
// of its bytes in text. The spans are not empty and tile the text in order.
func (t *Tokenizer) EncodeOffsets(text []byte) (ids []int32, spans [][2]int) {
	ids = t.Encode(nil, text)
	spans = make([][2]int, len(ids))
	start := 0
	for i, id := range ids {
		end := start + len(t.pieces[id])
		spans[i] = [2]int{start, end}
		start = end
	}
	return ids, spans
}

// encode looks for the added tokens of one pass, and encodes what lies between
// them by the next.
func (e *encoder) encode(t *Tokenizer, dst []int32, text []byte, passes []trie) []int32 {
	if len(passes) == 0 {
		return e.ordinary(t, dst, text)
	}
	from := 0
	for i := 0; i < len(text); {
		id, n := passes[0].longest(text[i:])
		if n == 0 {
			i++
			continue
		}
		dst = append(e.encode(t, dst, text[from:i], passes[1:]), id)
		i += n
		from = i
	}
	return e.encode(t, dst, text[from:], passes[1:])
}

// ordinary encodes text that holds no added token.
func (e *encoder) ordinary(t *Tokenizer, dst []int32, text []byte) []int32 {
	if len(t.merges) == 0 {
		for _, b := range text {
			dst = append(dst, t.byteID[b])
		}
		return dst
	}
	for len(text) > 0 {
		// A piece of 2 GiB or more is cut, so that positions fit 32 bits.
		n := min(pieceLen(text), math.MaxInt32)
		dst = e.piece(t, dst, text[:n])
		text = text[n:]
	}
	return dst
}

// piece encodes one piece, which is not empty.
func (e *encoder) piece(t *Tokenizer, dst []int32, piece []byte) []int32 {
	if len(piece) == 1 {
		return append(dst, t.byteID[piece[0]])
	}
	if id, ok := t.whole[string(piece)]; ok {
		return append(dst, id)
	}
	return e.merge(t, dst, piece)
}
