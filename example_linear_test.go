package xent_test

import (
	"fmt"
	"log"
	"slices"

	"xent"
)

// The last layer and the loss together: the logits of all rows never exist.
func ExampleLoss_LinearGradient() {
	loss, err := xent.New(3, xent.Options{Workspace: 1 << 20}) // bytes; it changes no bit
	if err != nil {
		log.Fatal(err)
	}
	head := xent.Linear{
		Hidden:     xent.Float32([]float32{1, 0, 0, 1}, 2, 2),
		Classifier: xent.Float32([]float32{1, 0, 0, 1, 0, 0}, 3, 2),
	}
	dHidden := make([]float32, 4)
	dClassifier := make([]float32, 6)
	var total xent.Total
	err = loss.LinearGradient(&total, head, xent.Targets{Index: []int32{0, 1}}, nil, 0.5, xent.LinearGrad{
		Hidden:     xent.Float32(dHidden, 2, 2),
		Classifier: xent.Float32(dClassifier, 3, 2),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n%.4f\n%.4f\n", total.Result().Mean(), dHidden, dClassifier)
	// Output:
	// 0.5514
	// [-0.2119 0.1060 0.1060 -0.2119]
	// [-0.2119 0.1060 0.1060 -0.2119 0.1060 0.1060]
}

// A batch in micro-batches of any sizes: with the scale 1/(weight of all), the
// gradients are those of the whole batch, bit for bit.
func ExampleLoss_LinearGradient_microBatches() {
	const N, D, V = 5, 3, 4
	hidden, classifier := make([]float32, N*D), make([]float32, V*D)
	for i := range hidden {
		hidden[i] = float32(i%7) / 7
	}
	for i := range classifier {
		classifier[i] = float32(i%5)/3 - 0.5
	}
	targets := []int32{0, 3, xent.Ignore, 1, 2}
	loss, err := xent.New(V, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	weight, err := loss.Weight(xent.Targets{Index: targets})
	if err != nil {
		log.Fatal(err)
	}
	x := xent.Float32(hidden, N, D)
	gradient := func(cuts ...int) ([]float32, xent.Result) {
		dClassifier := make([]float32, V*D) // every piece adds to it
		var total xent.Total
		for i, hi := range cuts[1:] {
			lo := cuts[i]
			head := xent.Linear{Hidden: x.Rows(lo, hi), Classifier: xent.Float32(classifier, V, D)}
			g := xent.LinearGrad{Classifier: xent.Float32(dClassifier, V, D)}
			if err := loss.LinearGradient(&total, head, xent.Targets{Index: targets[lo:hi]}, nil, 1/weight, g); err != nil {
				log.Fatal(err)
			}
		}
		return dClassifier, total.Result()
	}
	whole, all := gradient(0, N)
	pieces, sum := gradient(0, 1, 4, N)
	fmt.Println("the same gradient:", slices.Equal(pieces, whole))
	fmt.Println("the same totals:", sum == all)
	fmt.Printf("mean %.4f over %.0f rows\n", sum.Mean(), weight)
	// Output:
	// the same gradient: true
	// the same totals: true
	// mean 1.4890 over 4 rows
}
