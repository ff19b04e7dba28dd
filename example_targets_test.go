package xent_test

import (
	"fmt"
	"log"

	"xent"
)

// Only the answer is learnt: the prompt's rows have the target Ignore. They are
// not read, not counted, and their gradient is 0.
func ExampleTargets_prompt() {
	text := []int32{3, 1, 0, 2, 3} // ids: a prompt of three, an answer of two
	const prompt, V = 3, 4

	// Row i predicts what follows token i, so the labels are the text, moved by one.
	targets := make([]int32, len(text)-1)
	for i := range targets {
		targets[i] = text[i+1]
		if i+1 < prompt {
			targets[i] = xent.Ignore
		}
	}
	logits := make([]float32, len(targets)*V) // of a model that knows nothing
	loss, err := xent.New(V, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	y := xent.Targets{Index: targets}
	weight, err := loss.Weight(y)
	if err != nil {
		log.Fatal(err)
	}
	var total xent.Total
	x := xent.Float32(logits, len(targets), V)
	if err := loss.Gradient(&total, x, y, nil, 1/weight, x); err != nil {
		log.Fatal(err)
	}
	r := total.Result()
	fmt.Printf("%d of %d rows, mean %.4f, perplexity %.0f\n", r.Count, len(targets), r.Mean(), r.Perplexity())
	for i := range targets {
		fmt.Printf("%+.3f\n", logits[i*V:(i+1)*V])
	}
	// Output:
	// 2 of 4 rows, mean 1.3863, perplexity 4
	// [+0.000 +0.000 +0.000 +0.000]
	// [+0.000 +0.000 +0.000 +0.000]
	// [+0.125 +0.125 -0.375 +0.125]
	// [+0.125 +0.125 +0.125 -0.375]
}

// Every document counts the same, however long it is: a row weighs 1/length of its
// document. Perplexity is then that of the weighted rows.
func ExampleTargets_rowWeights() {
	documents := [][]int32{{0, 0, 0, 0}, {1}} // a long one of zeros, a short one
	var targets []int32
	var weights []float32
	for _, d := range documents {
		targets = append(targets, d...)
		for range d {
			weights = append(weights, 1/float32(len(d)))
		}
	}
	logits := make([]float32, 2*len(targets))
	for i := range targets {
		logits[2*i] = 1 // always for class 0
	}
	loss, err := xent.New(2, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range [][]float32{nil, weights} {
		var total xent.Total
		y := xent.Targets{Index: targets, RowWeights: w}
		if err := loss.Forward(&total, xent.Float32(logits, len(targets), 2), y, nil); err != nil {
			log.Fatal(err)
		}
		r := total.Result()
		fmt.Printf("%.4f/%.0f = %.4f, perplexity %.4f\n", r.Sum, r.Weight, r.Mean(), r.Perplexity())
	}
	// Output:
	// 2.5663/5 = 0.5133, perplexity 1.6707
	// 1.6265/2 = 0.8133, perplexity 2.2553
}

// A teacher's whole distribution takes the place of a class. The loss cannot become
// less than its entropy, here 1.0397 nats.
func ExampleSoft_dense() {
	q := []float32{0.5, 0.25, 0.25}
	logits := []float32{1, 0, 0}
	loss, err := xent.New(3, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var total xent.Total
	grad := make([]float32, 3)
	y := xent.Targets{Soft: &xent.Soft{Dense: xent.Float32(q, 1, 3)}}
	if err := loss.Gradient(&total, xent.Float32(logits, 1, 3), y, nil, 1, xent.Float32(grad, 1, 3)); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f nats, gradient p − q = %+.4f\n", total.Result().Mean(), grad)
	// Output: 1.0514 nats, gradient p − q = [+0.0761 -0.0381 -0.0381]
}

// Of a teacher's distribution only the two likeliest classes were kept, with 0.9
// of its mass. The rule for the rest has no default that guesses: RestError
// refuses such a row.
func ExampleSoft_topK() {
	logits := []float32{2, 1, 0, 0}
	loss, err := xent.New(4, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, rest := range []xent.Rest{xent.RestError, xent.RestUniform, xent.RestRenormalise} {
		var total xent.Total
		grad := make([]float32, 4)
		soft := xent.Soft{K: 2, Index: []int32{0, 1}, Prob: []float32{0.75, 0.15}, Rest: rest}
		err := loss.Gradient(&total, xent.Float32(logits, 1, 4), xent.Targets{Soft: &soft}, nil, 1, xent.Float32(grad, 1, 4))
		if err != nil {
			fmt.Println("refused")
			continue
		}
		fmt.Printf("%.4f %+.4f\n", total.Result().Mean(), grad)
	}
	// Output:
	// refused
	// 0.8438 [-0.1397 +0.0745 +0.0326 +0.0326]
	// 0.6605 [-0.2230 +0.0578 +0.0826 +0.0826]
}
