package xent_test

import (
	"fmt"

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
	loss, _ := xent.New(2, xent.Options{})
	batches := []struct {
		logits  []float32
		targets []int32
	}{
		{[]float32{1, 0, 3, 0}, []int32{0, xent.Ignore}},
		{[]float32{0, 2, 0, 0}, []int32{1, 0}},
	}
	weight := 0.0
	for _, b := range batches {
		w, _ := loss.Weight(xent.Targets{Index: b.targets})
		weight += w
	}
	var total xent.Total
	for _, b := range batches {
		logits := xent.Float32(b.logits, 2, 2) // the gradient takes its place
		if err := loss.Gradient(&total, logits, xent.Targets{Index: b.targets}, nil, 1/weight, logits); err != nil {
			fmt.Println(err)
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

// The last layer and the loss together: the logits of all rows never exist.
func ExampleLoss_LinearGradient() {
	loss, _ := xent.New(3, xent.Options{})
	head := xent.Linear{
		Hidden:     xent.Float32([]float32{1, 0, 0, 1}, 2, 2),
		Classifier: xent.Float32([]float32{1, 0, 0, 1, 0, 0}, 3, 2),
	}
	dHidden := make([]float32, 4)
	dClassifier := make([]float32, 6)
	var total xent.Total
	err := loss.LinearGradient(&total, head, xent.Targets{Index: []int32{0, 1}}, nil, 0.5, xent.LinearGrad{
		Hidden:     xent.Float32(dHidden, 2, 2),
		Classifier: xent.Float32(dClassifier, 3, 2),
	})
	fmt.Printf("%.4f %v\n%.4f\n%.4f\n", total.Result().Mean(), err, dHidden, dClassifier)
	// Output:
	// 0.5514 <nil>
	// [-0.2119 0.1060 0.1060 -0.2119]
	// [-0.2119 0.1060 0.1060 -0.2119 0.1060 0.1060]
}
