package model

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
)

// A draw picks tokens.
type draw struct {
	o    SampleOptions
	rng  *rand.Rand
	ids  []int32 // candidates
	mass []float64
}

// sampleStream separates the numbers drawn here from others of the same seed.
const sampleStream = 0x73616d706c65 // "sample"

func newDraw(o SampleOptions) *draw {
	return &draw{o: o, rng: rand.New(rand.NewPCG(o.Seed, sampleStream))}
}

// pick draws a token from softmax(logits/T) among the candidates. A NaN among
// the logits, +∞, or nothing but −∞ is an error.
func (d *draw) pick(logits []float32) (int32, error) {
	best := int32(-1)
	for id, z := range logits {
		switch {
		case z != z || math.IsInf(float64(z), 1):
			return 0, errors.New("model: the logits are not finite: the weights are damaged or have diverged")
		case !math.IsInf(float64(z), -1) && (best < 0 || z > logits[best]):
			best = int32(id)
		}
	}
	if best < 0 {
		return 0, errors.New("model: no token has a finite logit: the weights are damaged or have diverged")
	}
	if d.o.Temperature == 0 || d.o.TopK == 1 {
		return best, nil
	}
	d.candidates(logits)
	d.mass = d.mass[:0]
	total := 0.0
	for _, id := range d.ids { // mass ∝ exp((z − max)/T)
		total += math.Exp((float64(logits[id]) - float64(logits[best])) / d.o.Temperature)
		d.mass = append(d.mass, total)
	}
	if p := d.o.TopP; p > 0 && p < 1 {
		n, _ := slices.BinarySearch(d.mass, p*total)
		n = min(n+1, len(d.mass))
		d.mass, total = d.mass[:n], d.mass[n-1]
	}
	u := d.rng.Float64() * total // in [0, total): the first whose cumulated mass exceeds it
	i, _ := slices.BinarySearchFunc(d.mass, u, func(m, u float64) int {
		if m > u {
			return 1
		}
		return -1
	})
	return d.ids[min(i, len(d.mass)-1)], nil
}

// candidates lists the tokens to draw from: all by id, or, where some are to
// be left out, the most likely first and the lowest id among equals.
func (d *draw) candidates(logits []float32) {
	d.ids = d.ids[:0]
	for id := range logits {
		d.ids = append(d.ids, int32(id))
	}
	topK := d.o.TopK > 0 && d.o.TopK < len(logits)
	topP := d.o.TopP > 0 && d.o.TopP < 1
	if topK || topP {
		slices.SortFunc(d.ids, func(a, b int32) int {
			return cmp.Or(cmp.Compare(logits[b], logits[a]), cmp.Compare(a, b))
		})
	}
	if topK {
		d.ids = d.ids[:d.o.TopK]
	}
}
