package model

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"xent/lm"
	"xent/tokenizer"
)

// sample collects what a model yields.
func sample(t *testing.T, m *Model, prompt string, o SampleOptions) string {
	t.Helper()
	var text []byte
	if err := m.Sample(context.Background(), []byte(prompt), o, func(piece []byte) bool {
		if len(piece) == 0 {
			t.Error("an empty piece")
		}
		text = append(text, piece...)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSampleSeeds(t *testing.T) {
	m := inMemory(t, testArena(true, 1))
	seen := map[string]bool{}
	for seed := range uint64(4) {
		o := SampleOptions{Temperature: 1.5, Seed: seed, MaxTokens: 40}
		first := sample(t, m, "ab", o)
		m.SetWorkers(1 + int(seed))
		if again := sample(t, m, "ab", o); again != first {
			t.Errorf("seed %d gives %q and %q", seed, first, again)
		}
		seen[first] = true
	}
	if len(seen) < 3 {
		t.Errorf("4 seeds gave %d texts", len(seen))
	}
	greedy := sample(t, m, "ab", SampleOptions{MaxTokens: 40})
	for _, o := range []SampleOptions{{Temperature: 5, TopK: 1}, {Temperature: 1, TopP: 1e-9, Seed: 3}, {Temperature: 1e-9}} {
		o.MaxTokens = 40
		if got := sample(t, m, "ab", o); got != greedy {
			t.Errorf("%+v gives %q, want the greedy %q", o, got, greedy)
		}
	}
}

// TestSampleContext repeats greedy sampling with fresh forward passes over
// exactly the tokens that the documentation says the model sees.
func TestSampleContext(t *testing.T) {
	const maxTokens = 60
	for _, prompt := range []string{"ab", strings.Repeat("long", 20)} {
		m := inMemory(t, testArena(true, 2))
		got := sample(t, m, prompt, SampleOptions{MaxTokens: maxTokens})

		runner, err := lm.NewRunner(m.Weights(), 64, 1)
		if err != nil {
			t.Fatal(err)
		}
		all := m.Tokenizer().Encode([]int32{256}, []byte(prompt))
		start := len(all)
		sees := slices.Clone(all)
		logits := make([]float32, m.Vocab())
		for len(all) < start+maxTokens {
			if len(sees) > 16 {
				sees = append([]int32{256}, all[len(all)-7:]...)
			}
			if err := runner.Extend(runner.NewCache(0), sees, logits); err != nil {
				t.Fatal(err)
			}
			best := int32(0)
			for id := range int32(257) {
				if logits[id] > logits[best] {
					best = id
				}
			}
			if best == 256 {
				break
			}
			all, sees = append(all, best), append(sees, best)
		}
		if want := string(m.Tokenizer().Decode(nil, all[start:])); got != want {
			t.Errorf("prompt %q gives\n%q, want\n%q", prompt, got, want)
		}
	}
}

func TestSampleStops(t *testing.T) {
	ctx := context.Background()
	a := testArena(true, 3)
	m := inMemory(t, a)
	calls := 0
	if err := m.Sample(ctx, []byte("x"), SampleOptions{}, func([]byte) bool { calls++; return calls < 5 }); err != nil || calls > 5 {
		t.Errorf("%d calls after a stop (%v)", calls, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := m.Sample(cancelled, nil, SampleOptions{}, func([]byte) bool { return true }); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	for _, o := range []SampleOptions{{Temperature: -1}, {Temperature: math.NaN()}, {TopK: -1}, {TopP: 2}, {MaxTokens: -1}} {
		if err := m.Sample(ctx, nil, o, nil); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	silent, err := tokenizer.Bytes().WithBOS(-1, false)
	if err != nil {
		t.Fatal(err)
	}
	free, err := New("free", a.Weights(), silent)
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Sample(ctx, nil, SampleOptions{MaxTokens: 1}, nil); err == nil || !strings.Contains(err.Error(), "prompt is empty") {
		t.Errorf("nothing to start from: %v", err)
	}
	a.Tensor("model.norm.weight").Data()[0] = float32(math.NaN())
	if err := m.Sample(ctx, nil, SampleOptions{}, nil); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("damaged weights: %v", err)
	}
}

// TestDraw compares frequencies with the probabilities they should have.
func TestDraw(t *testing.T) {
	inf := float32(math.Inf(-1))
	logits := []float32{1, 3, 2, inf, 3}
	mass := func(temperature float64, ids ...int) (p [5]float64) {
		sum := 0.0
		for _, id := range ids {
			p[id] = math.Exp(float64(logits[id]) / temperature)
			sum += p[id]
		}
		for id := range p {
			p[id] /= sum
		}
		return p
	}
	for _, c := range []struct {
		o    SampleOptions
		want [5]float64
	}{
		{SampleOptions{Temperature: 1}, mass(1, 0, 1, 2, 4)},
		{SampleOptions{Temperature: 2}, mass(2, 0, 1, 2, 4)},
		{SampleOptions{Temperature: 1, TopK: 3}, mass(1, 1, 2, 4)},
		{SampleOptions{Temperature: 1, TopK: 1}, mass(1, 1)},
		{SampleOptions{Temperature: 1, TopK: 99}, mass(1, 0, 1, 2, 4)},
		{SampleOptions{Temperature: 1, TopP: 0.7}, mass(1, 1, 4)}, // 0.4 + 0.4
		{SampleOptions{Temperature: 1, TopP: 0.9}, mass(1, 1, 2, 4)},
		{SampleOptions{Temperature: 1, TopK: 3, TopP: 0.4}, mass(1, 1)}, // 0.42 of the three
		{SampleOptions{}, mass(1, 1)},
	} {
		const n = 20000
		d := newDraw(c.o)
		var count [5]float64
		for range n {
			id, err := d.pick(logits)
			if err != nil {
				t.Fatal(err)
			}
			count[id]++
		}
		for id, p := range c.want {
			if sd := math.Sqrt(n * p * (1 - p)); !(math.Abs(count[id]-n*p) <= 5*sd) {
				t.Errorf("%+v: token %d came %v times, want %.0f ± %.0f", c.o, id, count[id], n*p, sd)
			}
		}
	}
	for _, bad := range [][]float32{{inf, inf}, {0, float32(math.NaN())}, {0, -inf}} {
		if _, err := newDraw(SampleOptions{}).pick(bad); err == nil {
			t.Errorf("logits %v were accepted", bad)
		}
	}
}

// TestRunes feeds texts byte by byte: valid ones come in whole characters,
// any come unchanged.
func TestRunes(t *testing.T) {
	for _, text := range []string{"aé€😀z", "\xff\x80a", "\xf0\x9f", "é\xe2\x82x", "\x80\x80\x80\x80\x80"} {
		var r runes
		var got []byte
		for i := range len(text) {
			r.add([]byte{text[i]})
			piece := r.take()
			if utf8.ValidString(text) && !utf8.Valid(piece) {
				t.Errorf("%q: the piece %q is not whole", text, piece)
			}
			got = append(got, piece...)
			if len(r.pending) >= utf8.UTFMax {
				t.Errorf("%q: %d bytes are held back", text, len(r.pending))
			}
		}
		if got = append(got, r.pending...); string(got) != text {
			t.Errorf("%q came as %q", text, got)
		}
	}
}
