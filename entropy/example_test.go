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

func ExampleCodeLength() {
	// Whole bits for each symbol of a language with four.
	for _, p := range []float64{0.5, 0.25, 0.15, 0.1} {
		fmt.Println(entropy.CodeLength(p), "for", entropy.Surprisal(p).Bits())
	}
	// Output:
	// 1 bits for 1 bits
	// 2 bits for 2 bits
	// 3 bits for 2.736966 bits
	// 4 bits for 3.321928 bits
}

// A model that gives every one of 1000 symbols the probability 0.9 can make
// a file of 20 bytes of them; whole bits for each would take 125.
func ExampleMessageLength() {
	fmt.Println(entropy.MessageLength(1000 * entropy.Surprisal(0.9)))
	fmt.Println(1000 * entropy.CodeLength(0.9))
	// Output:
	// 154 bits
	// 1000 bits
}

func ExampleEntropy() {
	coin := []float64{0.9, 0.1} // a biased coin tells less than one bit
	h, err := entropy.Entropy(coin)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Bits())
	fmt.Println(entropy.BinaryEntropy(0.1).Bits())
	// Output:
	// 0.4689956 bits
	// 0.4689956 bits
}

func ExampleEntropy_error() {
	_, err := entropy.Entropy([]float64{0.5, math.NaN()})
	fmt.Println(err)
	_, err = entropy.Entropy([]float64{3, 5}) // counts
	fmt.Println(err)
	// Output:
	// entropy: p[1] = NaN is not a probability: it must be non-negative and finite
	// entropy: the 2 probabilities of p sum to 8, not to 1 within 1e-06: normalise them first
}

func ExampleEffectiveChoices() {
	fair, _ := entropy.EffectiveChoices([]float64{0.25, 0.25, 0.25, 0.25})
	loaded, _ := entropy.EffectiveChoices([]float64{0.97, 0.01, 0.01, 0.01})
	fmt.Printf("%.2f and %.2f\n", fair, loaded)
	// Output: 4.00 and 1.18
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

// What a model of three tokens pays when token 2 comes, and what happens when
// a token comes that it does not have.
func ExampleCrossEntropyAt() {
	model := []float64{0.25, 0.25, 0.5}
	loss, _ := entropy.CrossEntropyAt(2, model)
	fmt.Println(loss)
	_, err := entropy.CrossEntropyAt(3, model)
	fmt.Println(err)
	// Output:
	// 0.6931472 nats
	// entropy: target 3 is not in [0, 3), the outcomes of q
}

func ExampleKL() {
	p, q := []float64{0.5, 0.5}, []float64{1, 0}
	toCertain, _ := entropy.KL(p, q)
	fromCertain, _ := entropy.KL(q, p)
	fmt.Println(toCertain, "but", fromCertain)
	// Output: +Inf nats but 0.6931472 nats
}

// From logits, the log-probabilities; a difference of 1e-9 between two models
// is measured, not rounded away, and a probability of e⁻²⁰⁰⁰ is not 0.
func ExampleKLLog() {
	p, _ := entropy.LogSoftmax([]float64{0, 0, -2000})
	q, _ := entropy.LogSoftmax([]float64{1e-9, 0, -2000})
	close, _ := entropy.KLLog(p, q)
	r, _ := entropy.LogSoftmax([]float64{0, -2000, 0})
	far, _ := entropy.KLLog(p, r)
	fmt.Printf("%.3g, %.4g\n", float64(close), float64(far))
	// Output: 1.25e-19, 1000
}

func ExampleJSD() {
	p, q := []float64{0.5, 0.5, 0}, []float64{0, 0.5, 0.5}
	d, _ := entropy.JSD(p, q)
	none, _ := entropy.JSD(p, p)
	all, _ := entropy.JSD([]float64{1, 0}, []float64{0, 1})
	fmt.Println(d.Bits(), none.Bits(), all.Bits())
	// Output: 0.5 bits 0 bits 1 bits
}

// With nine students in ten on one side, the side is worth less than a bit.
func ExampleJSDBeta() {
	d, _ := entropy.JSDBeta([]float64{1, 0}, []float64{0, 1}, 0.9)
	fmt.Println(d.Bits(), "of at most", entropy.BinaryEntropy(0.9).Bits())
	// Output: 0.4689956 bits of at most 0.4689956 bits
}

// Whether it rains, by row, and what the forecast said, by column.
func ExampleMutualInformation() {
	joint := [][]float64{
		{0.25, 0.125},  // rain
		{0.125, 0.500}, // none
	}
	information, _ := entropy.MutualInformation(joint)
	left, _ := entropy.ConditionalEntropy(joint)
	h, _ := entropy.Entropy([]float64{0.375, 0.625}) // of the forecast
	fmt.Println(information.Bits(), "+", left.Bits(), "=", h.Bits())
	// Output: 0.158868 bits + 0.795566 bits = 0.954434 bits
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

func ExampleLogSoftmax() {
	logp, _ := entropy.LogSoftmax([]float64{1000, 1000, math.Inf(-1)})
	fmt.Println(logp)
	// Output: [-0.6931471805599453 -0.6931471805599453 -Inf]
}

func ExampleLogSumExp() {
	fmt.Printf("%.6f %.6f\n", entropy.LogSumExp([]float64{1, 2, 3}), entropy.LogSumExp([]float64{1001, 1002, 1003}))
	// Output: 3.407606 1003.407606
}
