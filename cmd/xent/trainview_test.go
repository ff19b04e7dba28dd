package main

import (
	"bytes"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"xent/train"
)

// TestTrainViewWords shows events that short runs do not have.
func TestTrainViewWords(t *testing.T) {
	var out bytes.Buffer
	v := trainView{screen: newScreen(&out, false), begun: &train.Begun{Step: 4}}
	v.show(&train.Evaluated{Point: train.Point{Step: 6, TrainNats: 2, HeldNats: 3, BitsPerByte: 2.5}, Excess: math.NaN()})
	v.show(&train.Evaluated{Point: train.Point{Step: 8, TrainNats: 2, HeldNats: 3, BitsPerByte: 2}, Best: true, Excess: math.NaN()})
	v.show(&train.Evaluated{Point: train.Point{Step: 10, TrainNats: 1, HeldNats: 3, BitsPerByte: 2.5}, Excess: math.NaN()})
	v.show(&train.Overfitting{Step: 10, BestStep: 8, Held: 2.5, Best: 2})
	want := `         6     2.0000     3.0000     2.5000  an earlier step was better
         8     2.0000     3.0000     2.0000
        10     1.0000     3.0000     2.5000  step 8 was better
  Overfitting: since step 8 held-out text has become harder (2.0000, now 2.5000
  bits/byte) while training text became easier. The model of step 8 is kept.
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", &out, want)
	}
	for ratio, want := range map[float64]string{36.61: "36.6 times the floor", 1.146: "14.6 % above the floor", 1: "0.0 % above the floor", 0.99: "1.0 % below the floor"} {
		if got := aboveFloor(ratio); got != want {
			t.Errorf("%v: %q, want %q", ratio, got, want)
		}
	}
}

// TestNarrowTerminal shows and reports a run in 40 columns, with everything
// that a run can have to say.
func TestNarrowTerminal(t *testing.T) {
	var out bytes.Buffer
	v := trainView{screen: newScreen(&out, false)}
	v.width = leastWidth
	dir := filepath.Join(t.TempDir(), "m")
	r, err := train.Run(t.Context(), train.Options{Out: dir, Paths: []string{lessons()}, Size: "nano", Steps: 2, EvalEvery: 1, Progress: v.show,
		Shape: train.Shape{Vocab: 300, Width: 32, Layers: 1}})
	if err != nil {
		t.Fatal(err)
	}
	v.show(&train.Resumed{GoThen: "go1.26.0", BackendThen: "generic", Go: "go1.26.8", Backend: "avx512"})
	v.show(&train.Overfitting{Step: 1234567, BestStep: 123456, Held: 2.5, Best: 2})
	v.show(&train.Evaluated{Point: train.Point{Step: 234567, TrainNats: 2, HeldNats: 3, BitsPerByte: 2.5}, Excess: math.NaN()})
	v.end()
	r.Corpus.Source, r.Corpus.Floor = true, 0.1
	r.Divergence = &train.Divergence{Stories: 1000, CrossEntropy: 500, Entropy: 528, KL: -28, StdErr: 1.5}
	if err := printReport(t.Context(), &out, r, false, leastWidth); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(out.String(), dir, "m")
	fitsIn(t, text, leastWidth)
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{"m learning from 1 document", "step training held-out held-out nats/token nats/token bits/byte 0 – ", " ln V = 5.7038 nats 1 ",
		" 234,567 2.0000 3.0000 2.5000 step ", "m on held-out text (1 story", "500.00 = 528.00 + -28.00 ± 1.50", "Below the floor by more", "(┄ the floor) "} {
		if !strings.Contains(flat, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
