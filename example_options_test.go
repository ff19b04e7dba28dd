package xent_test

import (
	"fmt"
	"log"

	"xent"
)

// Three rows in four are of class 0; weights that balance the classes. Mean divides
// by the weights of the targets, as PyTorch does; Perplexity does not know of them.
func ExampleOptions_classWeights() {
	logits := []float32{1, 0, 1, 0, 1, 0, 1, 0} // always for class 0
	y := xent.Targets{Index: []int32{0, 0, 0, 1}}
	for _, weights := range [][]float32{nil, {1. / 3, 1}} {
		loss, err := xent.New(2, xent.Options{ClassWeights: weights})
		if err != nil {
			log.Fatal(err)
		}
		var total xent.Total
		if err := loss.Forward(&total, xent.Float32(logits, 4, 2), y, nil); err != nil {
			log.Fatal(err)
		}
		r := total.Result()
		fmt.Printf("%.4f/%.0f = %.4f, perplexity %.4f\n", r.Sum, r.Weight, r.Mean(), r.Perplexity())
	}
	// Output:
	// 2.2530/4 = 0.5633, perplexity 1.7564
	// 1.6265/2 = 0.8133, perplexity 1.7564
}

// Smoothing and z-loss are parts of the objective, not of the perplexity. What is
// left of Sum without them is the cross-entropy, 1 − ε of it.
func ExampleOptions_labelSmoothing() {
	const ε, ζ = 0.1, 1e-4
	loss, err := xent.New(3, xent.Options{LabelSmoothing: ε, ZLoss: ζ})
	if err != nil {
		log.Fatal(err)
	}
	var total xent.Total
	logits := xent.Float32([]float32{9, 8, 8, 7, 9, 8}, 2, 3)
	if err := loss.Forward(&total, logits, xent.Targets{Index: []int32{0, 1}}, nil); err != nil {
		log.Fatal(err)
	}
	r := total.Result()
	fmt.Printf("objective  %.4f\n", r.Sum)
	fmt.Printf("smoothing  %.4f\n", r.Smoothing)
	fmt.Printf("z-loss     %.4f\n", r.ZLoss)
	fmt.Printf("the rest   %.4f = 0.9·%.4f\n", r.Sum-r.Smoothing-r.ZLoss, r.NLL)
	fmt.Printf("perplexity %.4f\n", r.Perplexity())
	// Output:
	// objective  1.1437
	// smoothing  0.2626
	// z-loss     0.0180
	// the rest   0.8631 = 0.9·0.9591
	// perplexity 1.6153
}
