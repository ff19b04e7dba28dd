package xent_test

import (
	"fmt"
	"log"
	"math"

	"xent"
)

const nurseryText = "the cat sat on the mat and the rat sat on that cat and that was that. "

// The smallest language model there is: one row of logits for every character, for
// what comes after it. It starts without knowing anything, at ln V, and gradient
// descent takes it down to the entropy of the text's pairs of characters, which no
// model that sees one character alone can go below.
func Example() {
	ids, V := alphabet(nurseryText)
	N := len(ids) - 1
	hidden := make([]float32, N*V) // the character before, one-hot
	for i, id := range ids[:N] {
		hidden[i*V+int(id)] = 1
	}
	targets := xent.Targets{Index: ids[1:]}
	weights := make([]float32, V*V) // p(c | b) = softmax over c of weights[c·V+b]
	gradient := make([]float32, V*V)
	head := xent.Linear{Hidden: xent.Float32(hidden, N, V), Classifier: xent.Float32(weights, V, V)}

	loss, err := xent.New(V, xent.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ln %d =    %.3f nats\n", V, math.Log(float64(V)))
	for step := range 257 {
		clear(gradient)
		var total xent.Total
		if err := loss.LinearGradient(&total, head, targets, nil, 1/float64(N), xent.LinearGrad{Classifier: xent.Float32(gradient, V, V)}); err != nil {
			log.Fatal(err)
		}
		if r := total.Result(); step&(step-1) == 0 { // 0, 1, 2, 4, …
			fmt.Printf("step %3d  %.3f nats, perplexity %.2f\n", step, r.Mean(), r.Perplexity())
		}
		for i, g := range gradient {
			weights[i] -= 20 * g
		}
	}
	fmt.Printf("entropy   %.3f\n", pairEntropy(ids, V))
	// Output:
	// ln 14 =    2.639 nats
	// step   0  2.639 nats, perplexity 14.00
	// step   1  1.838 nats, perplexity 6.29
	// step   2  1.558 nats, perplexity 4.75
	// step   4  1.296 nats, perplexity 3.65
	// step   8  1.093 nats, perplexity 2.98
	// step  16  0.980 nats, perplexity 2.66
	// step  32  0.930 nats, perplexity 2.53
	// step  64  0.909 nats, perplexity 2.48
	// step 128  0.900 nats, perplexity 2.46
	// step 256  0.896 nats, perplexity 2.45
	// entropy   0.891
}

// alphabet numbers the text's characters in the order in which they first come.
func alphabet(text string) (ids []int32, V int) {
	number := map[rune]int32{}
	for _, r := range text {
		id, known := number[r]
		if !known {
			id = int32(len(number))
			number[r] = id
		}
		ids = append(ids, id)
	}
	return ids, len(number)
}

// pairEntropy is the mean of −log(count of pair / count of its first), in nats.
func pairEntropy(ids []int32, V int) float64 {
	pairs, first := make([]float64, V*V), make([]float64, V)
	for i, id := range ids[1:] {
		pairs[int(ids[i])*V+int(id)]++
		first[ids[i]]++
	}
	nats := 0.0
	for i, n := range pairs {
		if n > 0 {
			nats -= n * math.Log(n/first[i/V])
		}
	}
	return nats / float64(len(ids)-1)
}
