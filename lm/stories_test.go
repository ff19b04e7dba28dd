package lm

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xent"
	"xent/internal/tensor"
)

// stories opens a file of the stories260K model, or skips.
func stories(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", "models", "stories260K", name))
	if err != nil {
		t.Skip("needs ../shared/data/models/stories260K beside the module: ", err)
	}
	return b
}

// readLlama2c reads a checkpoint of llama2.c's first format: seven int32, then
// the tensors of each kind for all layers, float32. Its rotary positions turn
// neighbouring columns, so rows of queries and keys are reordered as
// transformers' convert_llama_weights_to_hf.py does.
func readLlama2c(b []byte) *Weights {
	var h [7]int32
	binary.Read(bytes.NewReader(b), binary.LittleEndian, &h)
	b = b[28:]
	c, f, layers, heads, kvHeads := int(h[0]), int(h[1]), int(h[2]), int(h[3]), int(h[4])
	d := c / heads
	s := Spec{Vocab: int(h[5]), Context: int(h[6]), Width: c, Layers: layers, Heads: heads, KVHeads: kvHeads, HeadDim: d, Hidden: f, Tied: true, RopeTheta: 10000, NormEps: 1e-5}
	take := func(rows, cols int) tensor.Matrix {
		m := Memory(nil).matrix(rows, cols)
		for i := range m.Data() {
			m.Data()[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		b = b[4*rows*cols:]
		return m
	}
	halves := func(m tensor.Matrix) tensor.Matrix {
		x := Memory(nil).matrix(m.Rows, m.Cols)
		for i := range m.Rows {
			head, j := i/d, i%d // row j < d/2 was 2j, row j+d/2 was 2j+1
			copy(x.Row(i), m.Row(head*d+j%(d/2)*2+j/(d/2)))
		}
		return x
	}
	same := func(m tensor.Matrix) tensor.Matrix { return m }
	w := &Weights{Spec: s, Layers: make([]Layer, layers), Embedding: take(s.Vocab, c)}
	for _, field := range []struct {
		index, rows, cols int // index into Layer.fields
		change            func(tensor.Matrix) tensor.Matrix
	}{
		{0, 1, c, same}, {1, c, c, halves}, {2, kvHeads * d, c, halves}, {3, kvHeads * d, c, same}, {4, c, c, same},
		{5, 1, c, same}, {6, f, c, same}, {8, c, f, same}, {7, f, c, same}, // gate, down, up
	} {
		for l := range layers {
			*w.Layers[l].fields()[field.index] = field.change(take(field.rows, field.cols))
		}
	}
	w.Norm = take(1, c)
	w.Head = w.Embedding
	return w
}

// pieces reads llama2.c's tokenizer.bin: the longest length, then for each
// token a score, a length and the bytes.
func pieces(b []byte) []string {
	var p []string
	for b = b[4:]; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b[4:]))
		p = append(p, string(b[8:8+n]))
		b = b[8+n:]
	}
	return p
}

// TestStories runs the stories260K model: greedy decoding must write the text
// that its documentation shows, which llama2.c's run writes too.
func TestStories(t *testing.T) {
	w, doc, pieces := readLlama2c(stories(t, "stories260K.bin")), string(stories(t, "stories260K.md")), pieces(stories(t, "tok512.bin"))
	_, doc, _ = strings.Cut(doc, "-t 0.0\n")
	want, _, _ := strings.Cut(doc, "\n```")
	r := newRunner(t, w, 64, 2)
	c, logits := r.NewCache(0), make([]float32, w.Spec.Vocab)
	const bos = 1
	tokens := []int32{bos}
	var got strings.Builder
	for range 256 {
		if err := r.Extend(c, tokens[len(tokens)-1:], logits); err != nil {
			t.Fatal(err)
		}
		best := int32(0)
		for i, z := range logits {
			if z > logits[best] {
				best = int32(i)
			}
		}
		tokens = append(tokens, best)
		if best == bos {
			break
		}
		piece := pieces[best]
		if piece == "<0x0A>" {
			piece = "\n"
		}
		got.WriteString(piece)
	}
	if text := strings.TrimPrefix(got.String(), " "); text != want {
		t.Errorf("wrote\n%s\nwant\n%s", text, want)
	}

	// A float64 forward pass and llama.cpp both gave 0.100137 nats for the
	// first 15 tokens.
	b := Batch{Tokens: tokens[:15], Targets: tokens[1:16], Ends: []int{15}}
	var total xent.Total
	if err := r.Loss(&total, b, nil, nil); err != nil {
		t.Fatal(err)
	}
	if nll := total.Result().Mean(); !(math.Abs(nll-0.100137) <= 1e-6) {
		t.Errorf("mean negative log-likelihood %.6f, want 0.100137", nll)
	}
}
