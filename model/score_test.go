package model

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"xent"
	"xent/lm"
	"xent/tokenizer"
)

// randomWindows returns windows of 1 to Context+1 tokens and their starts.
func randomWindows(s lm.Spec, n int) (windows [][]int32, from []int, rows int) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range n {
		w := make([]int32, 1+rng.IntN(s.Context+1))
		for i := range w {
			w[i] = int32(rng.IntN(s.Vocab))
		}
		f := 1 + rng.IntN(len(w))
		windows, from, rows = append(windows, w), append(from, f), rows+len(w)-f
	}
	return windows, from, rows
}

// TestScoreAlone compares scoring at once with scoring window by window, in
// another order, and on other numbers of goroutines.
func TestScoreAlone(t *testing.T) {
	ctx := context.Background()
	m := inMemory(t, testArena(true, 5))
	windows, from, n := randomWindows(m.Spec(), 200) // about 1700 tokens: two batches
	all := newRows(n)
	if err := m.Score(ctx, windows, from, all); err != nil {
		t.Fatal(err)
	}
	if m.room != batchTokens {
		t.Errorf("a runner for %d tokens: batches are not limited", m.room)
	}
	m.SetWorkers(3)
	at := n
	for w := len(windows) - 1; w >= 0; w-- {
		k := len(windows[w]) - from[w]
		one := newRows(k)
		if err := m.Score(ctx, windows[w:w+1], from[w:w+1], one); err != nil {
			t.Fatal(err)
		}
		at -= k
		if !sameRows(one, &xent.Rows{NLL: all.NLL[at:][:k], LSE: all.LSE[at:][:k], Entropy: all.Entropy[at:][:k], Argmax: all.Argmax[at:][:k], Rank: all.Rank[at:][:k]}) {
			t.Fatalf("window %d has other bits alone", w)
		}
	}
	nllOnly := &xent.Rows{NLL: make([]float64, n)}
	if err := m.Score(ctx, windows, from, nllOnly); err != nil || !slices.Equal(nllOnly.NLL, all.NLL) {
		t.Errorf("NLL alone has other bits (%v)", err)
	}
}

// TestScoreStepByStep compares with one token at a time through the cache, the
// loss computed over stored logits, and with the textbook formula in float64.
func TestScoreStepByStep(t *testing.T) {
	m := inMemory(t, testArena(false, 6))
	windows, from, n := randomWindows(m.Spec(), 20)
	got := newRows(n)
	if err := m.Score(context.Background(), windows, from, got); err != nil {
		t.Fatal(err)
	}
	runner, err := lm.NewRunner(m.Weights(), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	loss, err := xent.New(m.Vocab(), xent.Options{})
	if err != nil {
		t.Fatal(err)
	}
	logits, row := make([]float32, m.Vocab()), 0
	for w, tokens := range windows {
		cache := runner.NewCache(0)
		for i := 1; i < len(tokens); i++ {
			if err := runner.Extend(cache, tokens[i-1:i], logits); err != nil {
				t.Fatal(err)
			}
			if i < from[w] {
				continue
			}
			var total xent.Total
			want := newRows(1)
			if err := loss.Forward(&total, xent.Float32(logits, 1, m.Vocab()), xent.Targets{Index: tokens[i : i+1]}, want); err != nil {
				t.Fatal(err)
			}
			if got.NLL[row] != want.NLL[0] || got.Rank[row] != want.Rank[0] || got.Argmax[row] != want.Argmax[0] || got.Entropy[row] != want.Entropy[0] {
				t.Fatalf("window %d, token %d: nll %v, want %v", w, i, got.NLL[row], want.NLL[0])
			}
			sum := 0.0
			for _, z := range logits {
				sum += math.Exp(float64(z) - float64(logits[tokens[i]]))
			}
			if !(math.Abs(got.NLL[row]-math.Log(sum)) <= 1e-5) {
				t.Fatalf("window %d, token %d: nll %v, by the formula %v", w, i, got.NLL[row], math.Log(sum))
			}
			row++
		}
	}
}

func TestScoreRefuses(t *testing.T) {
	m := inMemory(t, testArena(true, 1))
	window := [][]int32{{1, 2, 3}}
	cases := []struct {
		windows [][]int32
		from    []int
		rows    *xent.Rows
		want    string
	}{
		{window, nil, newRows(2), "1 windows and 0 starts"},
		{window, []int{0}, newRows(3), "window 0"},
		{window, []int{4}, newRows(0), "window 0"},
		{window, []int{1}, nil, "no rows"},
		{window, []int{1}, &xent.Rows{NLL: make([]float64, 3)}, "rows.NLL has 3"},
		{[][]int32{{1, 260}}, []int{1}, newRows(1), "token 1 is 260"},
		{[][]int32{{1, -1}}, []int{1}, newRows(1), "token 1 is -1"},
		{[][]int32{make([]int32, 18)}, []int{17}, newRows(1), "the context of memory is 16"},
	}
	for _, c := range cases {
		if err := m.Score(context.Background(), c.windows, c.from, c.rows); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if err := m.Score(context.Background(), nil, nil, newRows(0)); err != nil {
		t.Errorf("no windows: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.Score(ctx, window, []int{1}, newRows(2)); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func TestScoreConcurrently(t *testing.T) {
	m := inMemory(t, testArena(true, 7))
	windows, from, n := randomWindows(m.Spec(), 10)
	want := newRows(n)
	if err := m.Score(context.Background(), windows, from, want); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got := newRows(n)
			if err := m.Score(context.Background(), windows, from, got); err != nil || !sameRows(got, want) {
				t.Errorf("other bits beside other calls (%v)", err)
			}
		})
	}
	wg.Wait()
}

func TestSurprisal(t *testing.T) {
	ctx := context.Background()
	a := testArena(true, 9)
	m := inMemory(t, a)
	text := []byte("a\xff\x00\r\nbc")
	nats, spans, err := m.Surprisal(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	rows := newRows(len(text))
	window := append([]int32{256}, m.Tokenizer().Encode(nil, text)...)
	if err := m.Score(ctx, [][]int32{window}, []int{1}, rows); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(nats, rows.NLL) || len(spans) != len(text) || spans[6] != [2]int{6, 7} {
		t.Errorf("nats %v, want %v; spans %v", nats, rows.NLL, spans)
	}

	silent, err := tokenizer.Bytes().WithBOS(-1, false)
	if err != nil {
		t.Fatal(err)
	}
	free, err := New("free", a.Weights(), silent)
	if err != nil {
		t.Fatal(err)
	}
	nats, _, err = free.Surprisal(ctx, text)
	if err != nil || len(nats) != len(text) || !math.IsNaN(nats[0]) || !(nats[1] > 0) {
		t.Errorf("without BOS: %v (%v)", nats, err)
	}
	for n, m := range map[int]*Model{16: m, 17: free} { // the longest texts
		long := []byte(strings.Repeat("x", n+1))
		if _, _, err := m.Surprisal(ctx, long[:n]); err != nil {
			t.Errorf("%s: %d tokens: %v", m.Name(), n, err)
		}
		if _, _, err := m.Surprisal(ctx, long); err == nil || !strings.Contains(err.Error(), "context") {
			t.Errorf("%s: %d tokens: error %v", m.Name(), n+1, err)
		}
	}
	if nats, spans, err := m.Surprisal(ctx, nil); nats != nil || spans != nil || err != nil {
		t.Errorf("an empty text: %v %v %v", nats, spans, err)
	}
	if _, err := New("small", a.Weights(), tokenizer.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	s := testSpec(true)
	s.Vocab = 256
	if _, err := New("x", lm.NewArena(s).Weights(), tokenizer.Bytes()); err == nil || !strings.Contains(err.Error(), "257 tokens") {
		t.Errorf("a tokenizer that is too large: %v", err)
	}
}
