package entropy_test

import (
	"fmt"
	"math"

	"xent/entropy"
)

func ExampleSurprisal() {
	fmt.Println(entropy.Surprisal(0.125))
	fmt.Println(entropy.Surprisal(0.125).Bits())
	// Output:
	// 2.079442 nats
	// 3 bits
}

func ExampleEntropy() {
	coin := []float64{0.9, 0.1} // a biased coin tells less than one bit
	h, err := entropy.Entropy(coin)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Bits())
	// Output: 0.4689956 bits
}

// The cross-entropy of a model is what cannot be avoided, the entropy, and
// what is the model's fault, the relative entropy.
func ExampleCrossEntropy() {
	truth, model := []float64{0.5, 0.25, 0.25}, []float64{0.25, 0.25, 0.5}
	h, _ := entropy.Entropy(truth)
	kl, _ := entropy.KL(truth, model)
	cross, err := entropy.CrossEntropy(truth, model)
	fmt.Println(h.Bits(), "+", kl.Bits(), "=", cross.Bits(), err)
	// Output: 1.5 bits + 0.25 bits = 1.75 bits <nil>
}

func ExampleKL() {
	p, q := []float64{0.5, 0.5}, []float64{1, 0}
	toCertain, _ := entropy.KL(p, q)
	fromCertain, _ := entropy.KL(q, p)
	fmt.Println(toCertain, "but", fromCertain)
	// Output: +Inf nats but 0.6931472 nats
}

// The total surprisal of a text becomes a perplexity per token and a rate per
// byte of the text.
func ExamplePerplexity() {
	total := 4 * entropy.Surprisal(1.0/16) // four tokens, each of probability 1/16
	fmt.Printf("%.0f\n", entropy.Perplexity(total, 4))
	fmt.Println(entropy.BitsPerByte(total, len("sixteen letters.")), "bits per byte")
	// Output:
	// 16
	// 1 bits per byte
}

func ExampleEntropy_error() {
	_, err := entropy.Entropy([]float64{0.5, math.NaN()})
	fmt.Println(err)
	_, err = entropy.Entropy([]float64{0.5, 0.4})
	fmt.Println(err)
	// Output:
	// entropy: p[1] = NaN is not a probability: it must be non-negative and finite
	// entropy: the 2 probabilities of p sum to 0.9, not to 1 within 1e-06
}
