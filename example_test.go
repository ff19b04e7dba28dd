package xent_test

import (
	"fmt"
	"log"

	"xent"
)

func ExampleMean() {
	logits := []float32{
		2, 0, 0, // says class 0
		0, 0, 0, // has no idea
	}
	mean, err := xent.Mean(logits, 3, []int32{0, 1})
	fmt.Printf("%.4f %v\n", mean, err)
	// Output: 0.6691 <nil>
}

// A mean over micro-batches of different sizes: the weight of all of them is
// known before the first pass, and nothing is divided twice.
func ExampleLoss_Gradient() {
	loss, err := xent.New(2, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	batches := []struct {
		logits  []float32
		targets []int32
	}{
		{[]float32{1, 0, 3, 0}, []int32{0, xent.Ignore}},
		{[]float32{0, 2, 0, 0}, []int32{1, 0}},
	}
	weight := 0.0
	for _, b := range batches {
		w, err := loss.Weight(xent.Targets{Index: b.targets})
		if err != nil {
			log.Fatal(err)
		}
		weight += w
	}
	var total xent.Total
	for _, b := range batches {
		logits := xent.Float32(b.logits, 2, 2) // the gradient takes its place
		if err := loss.Gradient(&total, logits, xent.Targets{Index: b.targets}, nil, 1/weight, logits); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("gradient %.4f\n", b.logits)
	}
	r := total.Result()
	fmt.Printf("mean %.4f over %d rows, perplexity %.4f\n", r.Mean(), r.Count, r.Perplexity())
	// Output:
	// gradient [-0.0896 0.0896 0.0000 0.0000]
	// gradient [0.0397 -0.0397 -0.1667 0.1667]
	// mean 0.3778 over 3 rows, perplexity 1.4590
}

// What each token cost, where it stood among all that could have come, and how
// much the model expected to pay: the surprisal, the rank and the entropy. Forward
// needs no Total for that.
func ExampleRows() {
	pieces := []string{"the", "cat", "sat"}
	logits := []float32{
		3, 1, 0, 0, // sure of "the"
		0, 1, 1, 1, // torn between three
		4, 0, 1, 0, // quite wrong
	}
	loss, err := xent.New(4, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	n := len(pieces)
	rows := xent.Rows{NLL: make([]float64, n), Entropy: make([]float64, n), Rank: make([]int32, n)}
	if err := loss.Forward(nil, xent.Float32(logits, n, 4), xent.Targets{Index: []int32{0, 1, 2}}, &rows); err != nil {
		log.Fatal(err)
	}
	for i, piece := range pieces {
		fmt.Printf("%s: %.3f nats, rank %d, %.3f expected\n", piece, rows.NLL[i], rows.Rank[i], rows.Entropy[i])
	}
	// Output:
	// the: 0.211 nats, rank 1, 0.672 expected
	// cat: 1.214 nats, rank 1, 1.324 expected
	// sat: 3.083 nats, rank 2, 0.355 expected
}

// Two machines measure their halves of a corpus. Their totals travel as bytes and
// merge without rounding, so the result has the digits of one machine's.
func ExampleTotal_AppendBinary() {
	logits := xent.Float32([]float32{2, 0, 0, 0, 1, 0, 5, 1, 1, 0, 0, 3}, 4, 3)
	targets := []int32{0, 1, 1, 2}
	loss, err := xent.New(3, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	measure := func(lo, hi int) (t xent.Total) {
		if err := loss.Forward(&t, logits.Rows(lo, hi), xent.Targets{Index: targets[lo:hi]}, nil); err != nil {
			log.Fatal(err)
		}
		return t
	}

	first := measure(0, 1)
	sent, _ := first.AppendBinary(nil) // here the bytes go to another machine

	var received xent.Total
	if err := received.UnmarshalBinary(sent); err != nil {
		log.Fatal(err)
	}
	second := measure(1, 4)
	second.Merge(&received)

	whole := measure(0, 4)
	fmt.Printf("%.4f nats a row\n", second.Result().Mean())
	fmt.Println("as one machine, to the last digit:", second.Result() == whole.Result())
	// Output:
	// 1.2305 nats a row
	// as one machine, to the last digit: true
}

// The output layer of many models is padded to a round number of columns, and in
// bfloat16. Columns leaves the padding out, which is never read or written; the
// gradient may be float32 all the same.
func ExampleMatrix_Columns() {
	const V, padded = 3, 4
	logits := []uint16{ // bfloat16: the upper halves of 2, 0, 1 and of a NaN
		0x4000, 0x0000, 0x3f80, 0x7fc0,
		0x0000, 0x3f80, 0x3f80, 0x7fc0,
	}
	grad := make([]float32, 2*V)
	loss, err := xent.New(V, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var total xent.Total
	err = loss.Gradient(&total, xent.BFloat16(logits, 2, padded).Columns(0, V), xent.Targets{Index: []int32{0, 2}}, nil, 0.5, xent.Float32(grad, 2, V))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n%+.4f\n", total.Result().Mean(), grad)
	// Output:
	// 0.6348
	// [-0.1674 +0.0450 +0.1224 +0.0777 +0.2112 -0.2888]
}
