package xent_test

import (
	"fmt"
	"math"

	"xent"
)

// Distillation after Hinton et al. 2015: a tenth of the objective is the
// cross-entropy with what came, the rest the divergence from the teacher at temperature
// T, times T², since its gradient shrinks as 1/T².
func ExampleDivergence_Gradient() {
	const T = 2.0
	distil, err := xent.NewDivergence(3, xent.DivergenceOptions{
		Kind: xent.ForwardKL, Temperature: T, Hard: 0.1, Soft: 0.9, SoftFactor: T * T,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	student := xent.Float32([]float32{1, 0, 0, 0, 1, 0}, 2, 3)
	teacher := xent.Float32([]float32{4, 1, 0, 0, 2, 2}, 2, 3)
	y := xent.Targets{Index: []int32{0, 1}}
	weight, _ := distil.Weight(2, y)

	grad := make([]float32, 6)
	var total xent.Total
	if err := distil.Gradient(&total, student, teacher, y, nil, 1/weight, xent.Float32(grad, 2, 3)); err != nil {
		fmt.Println(err)
		return
	}
	r := total.Result()
	fmt.Printf("objective %.4f a row: cross-entropy %.4f, divergence %.4f\n", r.Mean(), r.NLL/r.Weight, r.Divergence/r.Weight)
	fmt.Printf("gradient %.4f\n", grad)
	// Output:
	// objective 0.4875 a row: cross-entropy 0.5514, divergence 0.1201
	// gradient [-0.2770 0.1094 0.1676 0.1174 0.0054 -0.1228]
}

// What a policy pays, token by token, for leaving its reference: exact, with
// gradient, over the tokens of the answer only.
func ExampleNewDivergence() {
	penalty, err := xent.NewDivergence(3, xent.DivergenceOptions{Kind: xent.ReverseKL, Temperature: 1, Soft: 1, SoftFactor: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := xent.Float32([]float32{9, 9, 9, 2, 0, 0, 0, 1, 0}, 3, 3)
	reference := xent.Float32([]float32{0, 0, 0, 0, 0, 0, 0, 0.5, 0}, 3, 3)
	answer := xent.Targets{RowWeights: []float32{0, 1, 1}} // the first is of the prompt
	rows := xent.DivergenceRows{Divergence: make([]float64, 3)}
	const beta = 0.05

	grad := make([]float32, 9)
	var total xent.Total
	if err := penalty.Gradient(&total, policy, reference, answer, &rows, beta, xent.Float32(grad, 3, 3)); err != nil {
		fmt.Println(err)
		return
	}
	r := total.Result()
	fmt.Printf("KL a token %.4f: %.4f over %d tokens\n", rows.Divergence, r.Divergence, r.Count)
	fmt.Printf("policy's entropy %.4f\n", r.Entropy/float64(r.Count))
	fmt.Printf("gradient %.4f\n", grad)
	// Output:
	// KL a token [NaN 0.4330 0.0310]: 0.4640 over 2 tokens
	// policy's entropy 0.8205
	// gradient [0.0000 0.0000 0.0000 0.0168 -0.0084 -0.0084 -0.0031 0.0061 -0.0031]
}

// Of a token that was sampled, only its two log-probabilities are needed.
func ExampleEstimateKL() {
	k1, k2, k3 := xent.EstimateKL(math.Log(0.5), math.Log(0.25))
	fmt.Printf("%.4f %.4f %.4f\n", k1, k2, k3)
	k1, k2, k3 = xent.EstimateKL(math.Log(0.2), math.Log(0.25))
	fmt.Printf("%.4f %.4f %.4f\n", k1, k2, k3)
	// Output:
	// 0.6931 0.2402 0.1931
	// -0.2231 0.0249 0.0269
}
