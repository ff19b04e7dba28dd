package train

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"xent/lm"
)

// Options says what to learn from, how large a model, and for how long.
type Options struct {
	Out       string    // the model folder to make; must not exist
	Paths     []string  // files, folders, "-"; none: the built-in source of stories
	Stdin     io.Reader // what "-" reads
	TextField string    // field of JSON lines; "" means "text"
	// StdinLines says that "-" holds JSON lines instead of one text.
	StdinLines bool

	Size  string // "nano", "micro", "small"; "" chooses: by the machine's speed under a time budget, else micro
	Shape Shape  // overrides of the size
	// Precision is "fp32", as "" is, or "bf16": of the factors of the layers' products.
	// Weights, sums, attention, the head and its loss are float32 all the same.
	Precision string
	// Tied makes the head the embedding, which needs fewer parameters and learns
	// more slowly.
	Tied bool

	// The budget: at most one of the three; none means DefaultMinutes.
	// Minutes is wall time from Started to the end of Run; less where a text would be
	// learnt by heart, after going through it eight times.
	Minutes   float64
	Steps     int
	MaxTokens int64 // tokens learnt from, repetitions counted
	// Started is when Minutes began; zero: when Run is called.
	Started time.Time

	Seed            uint64
	BatchTokens     int       // tokens of one step, about; 0: the size's
	MicroTokens     int       // tokens computed at a time, which bounds memory and changes no bit; 0: all of a step
	EvalEvery       int       // steps between held-out evaluations; 0: about 20 in a run
	CheckpointEvery int       // steps between checkpoints; 0: with each evaluation
	Optimizer       Optimizer // the zero value: DefaultOptimizer
	// BPEDropout is the probability with which a token of text that is gone through again
	// is split into the two it was merged from, and each of them in turn, falling to 0
	// towards the end of the run: what is learnt by heart is less. 0: DefaultBPEDropout;
	// below 0: none.
	BPEDropout float64
	Workers    int // goroutines; 0: GOMAXPROCS. Changes no bit

	// Progress, unless nil, is told what happens, on the caller's goroutine.
	Progress func(Event)

	amounts       amounts // zero: usualAmounts
	quickProgress bool    // an event after every step
}

// DefaultMinutes is the budget when none is given.
const DefaultMinutes = 1.5

// DefaultBPEDropout is used unless told otherwise.
const DefaultBPEDropout = 0.2

// mostMinutes are a year.
const mostMinutes = 365 * 24 * 60.0

// A Shape overrides dimensions of a size; zero fields keep the size's.
type Shape struct {
	Vocab   int // tokens to train the tokenizer to; 257 makes it single bytes
	Context int
	Width   int
	Layers  int
	Heads   int
	KVHeads int
	HeadDim int
	Hidden  int
}

// sizes are what Options.Size names, smallest first.
var sizes = []struct {
	name        string
	shape       Shape
	batchTokens int
	muon, adamW float64 // peak rates
}{
	{"nano", Shape{Vocab: 512, Context: 128, Width: 96, Layers: 2, Heads: 3, KVHeads: 3, HeadDim: 32, Hidden: 256}, 1024, 1e-2, 5e-3},
	{"micro", Shape{Vocab: 1024, Context: 128, Width: 128, Layers: 4, Heads: 4, KVHeads: 4, HeadDim: 32, Hidden: 352}, 1024, 8e-3, 4e-3},
	{"small", Shape{Vocab: 4096, Context: 256, Width: 320, Layers: 6, Heads: 10, KVHeads: 10, HeadDim: 32, Hidden: 864}, 4096, 5e-3, 2e-3},
}

// An Optimizer sets how weights follow from gradients, and the learning rate. Begin with
// [Muon] or [AdamW] and change what should differ: fields of 0 mean 0, but for PeakRate.
type Optimizer struct {
	// Name is "muon", for the matrices of the layers, and AdamW for the embedding, the
	// head and the norm factors; or "adamw" for all.
	Name        string  `json:"name"`
	PeakRate    float64 `json:"peak_rate"` // 0: the size's
	Momentum    float64 `json:"momentum"`  // Muon's, Nesterov's
	Beta1       float64 `json:"beta1"`
	Beta2       float64 `json:"beta2"`
	Epsilon     float64 `json:"epsilon"`
	WeightDecay float64 `json:"weight_decay"` // of matrices; norm factors are left alone
	Clip        float64 `json:"clip"`         // the greatest norm of the whole gradient
	Schedule    string  `json:"schedule"`     // "wsd" (warm-up, stable, decay) or "cosine"
	Warmup      float64 `json:"warmup"`       // share of the steps, n of them: linear from peak/(n+1)
	Decay       float64 `json:"decay"`        // share of the steps that have passed when wsd begins to fall
	FinalRate   float64 `json:"final_rate"`   // of the peak, at the last step
}

// The values of Optimizer.Name.
const (
	muonName  = "muon"
	adamWName = "adamw"
)

// AdamW returns the settings of AdamW (Loshchilov and Hutter 2019) used unless told
// otherwise.
func AdamW() Optimizer {
	return Optimizer{
		Name: adamWName, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.1, Clip: 1,
		Schedule: "wsd", Warmup: 0.03, Decay: 0.25, FinalRate: 0.02,
	}
}

// Muon returns the settings of Muon (Jordan et al. 2024) used unless told otherwise.
func Muon() Optimizer {
	z := AdamW()
	z.Name, z.Momentum, z.WeightDecay = muonName, 0.95, 0.2
	return z
}

// DefaultOptimizer returns the settings used unless told otherwise: those of Muon.
func DefaultOptimizer() Optimizer { return Muon() }

// An OptionError says which option cannot be used and what would do.
type OptionError struct {
	Option string
	Value  any
	Want   string
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("option %s = %v: want %s", e.Option, e.Value, e.Want)
}

func (o *Options) check() error {
	budgets := 0
	for _, set := range []bool{o.Minutes != 0, o.Steps != 0, o.MaxTokens != 0} {
		if set {
			budgets++
		}
	}
	switch {
	case o.Out == "":
		return &OptionError{"Out", `""`, "a folder to make"}
	case budgets > 1:
		return errors.New("give one budget only: minutes, steps or max-tokens")
	case !(o.Minutes >= 0 && o.Minutes <= mostMinutes):
		return &OptionError{"Minutes", o.Minutes, fmt.Sprintf("a positive number, at most %.0f", mostMinutes)}
	case o.Steps < 0:
		return &OptionError{"Steps", o.Steps, "a positive number"}
	case o.MaxTokens < 0:
		return &OptionError{"MaxTokens", o.MaxTokens, "a positive number"}
	case o.BatchTokens < 0:
		return &OptionError{"BatchTokens", o.BatchTokens, "a positive number"}
	case o.MicroTokens < 0:
		return &OptionError{"MicroTokens", o.MicroTokens, "a positive number"}
	case o.EvalEvery < 0:
		return &OptionError{"EvalEvery", o.EvalEvery, "a positive number of steps"}
	case o.CheckpointEvery < 0:
		return &OptionError{"CheckpointEvery", o.CheckpointEvery, "a positive number of steps"}
	case !(o.BPEDropout < 1):
		return &OptionError{"BPEDropout", o.BPEDropout, "a probability below 1"}
	case o.Shape.Vocab != 0 && (o.Shape.Vocab < 257 || o.Shape.Vocab > math.MaxInt32):
		return &OptionError{"Vocab", o.Shape.Vocab, "at least 257 (the bytes and BOS) and below 2³¹"}
	case o.Shape.Context != 0 && o.Shape.Context < 2:
		return &OptionError{"Context", o.Shape.Context, "at least 2 tokens"}
	}
	if _, ok := precision(o.Precision); !ok {
		return &OptionError{"Precision", o.Precision, "fp32 or bf16"}
	}
	if o.Size != "" && sizeIndex(o.Size) < 0 {
		return &OptionError{"Size", o.Size, "nano, micro or small"}
	}
	z := cmp.Or(o.Optimizer, DefaultOptimizer())
	return z.check()
}

func (z *Optimizer) check() error {
	for _, f := range []struct {
		name  string
		value float64
		below float64
	}{
		{"PeakRate", z.PeakRate, math.Inf(1)}, {"Momentum", z.Momentum, 1}, {"Beta1", z.Beta1, 1}, {"Beta2", z.Beta2, 1}, {"Epsilon", z.Epsilon, math.Inf(1)},
		{"WeightDecay", z.WeightDecay, math.Inf(1)}, {"Clip", z.Clip, math.Inf(1)}, {"Warmup", z.Warmup, 1},
	} {
		if !(f.value >= 0 && f.value < f.below) {
			return &OptionError{"Optimizer." + f.name, f.value, fmt.Sprintf("a number in [0, %v)", f.below)}
		}
	}
	switch {
	case z.Name != muonName && z.Name != adamWName:
		return &OptionError{"Optimizer.Name", z.Name, "muon or adamw"}
	case !(z.Decay >= 0 && z.Decay <= 1):
		return &OptionError{"Optimizer.Decay", z.Decay, "a number in [0, 1]; at 1 the rate never falls"}
	case !(z.FinalRate >= 0 && z.FinalRate <= 1):
		return &OptionError{"Optimizer.FinalRate", z.FinalRate, "a number in [0, 1]"}
	case z.Epsilon == 0: // a parameter without gradient would become 0/0
		return &OptionError{"Optimizer.Epsilon", z.Epsilon, "a positive number"}
	}
	if z.PeakRate*z.WeightDecay >= 1 { // weights are multiplied by 1 − rate·decay
		return &OptionError{"Optimizer.PeakRate", z.PeakRate, fmt.Sprintf("a number below 1/(weight decay %g) = %.3g", z.WeightDecay, 1/z.WeightDecay)}
	}
	if z.Clip == 0 {
		return &OptionError{"Optimizer.Clip", z.Clip, "a positive number; a large one never clips"}
	}
	if z.Schedule != "wsd" && z.Schedule != "cosine" {
		return &OptionError{"Optimizer.Schedule", z.Schedule, "wsd or cosine"}
	}
	return nil
}

// precision is that of an option or a plan; "" is Float32.
func precision(name string) (p lm.Precision, ok bool) {
	return lm.ParsePrecision(cmp.Or(name, lm.Float32.String()))
}

func sizeIndex(name string) int {
	for i, s := range sizes {
		if s.name == name {
			return i
		}
	}
	return -1
}

// resolve fills in what a size and its overrides leave open.
func (o *Options) resolve(size int) (Shape, Optimizer, int) {
	d, s := sizes[size], o.Shape
	s = Shape{
		Vocab: cmp.Or(s.Vocab, d.shape.Vocab), Context: cmp.Or(s.Context, d.shape.Context), Width: cmp.Or(s.Width, d.shape.Width),
		Layers: cmp.Or(s.Layers, d.shape.Layers), HeadDim: cmp.Or(s.HeadDim, d.shape.HeadDim), Heads: s.Heads, KVHeads: s.KVHeads, Hidden: s.Hidden,
	}
	if o.Shape.Width == 0 { // the size's own proportions
		s.Heads, s.Hidden = cmp.Or(s.Heads, d.shape.Heads), cmp.Or(s.Hidden, d.shape.Hidden)
	}
	s.Heads = cmp.Or(s.Heads, max(1, s.Width/s.HeadDim))
	s.KVHeads = cmp.Or(s.KVHeads, s.Heads)
	s.Hidden = cmp.Or(s.Hidden, (s.Width*8/3+15)/16*16)
	z := cmp.Or(o.Optimizer, DefaultOptimizer())
	own := d.adamW
	if z.Name == muonName {
		own = d.muon
	}
	z.PeakRate = cmp.Or(z.PeakRate, own)
	return s, z, max(cmp.Or(o.BatchTokens, d.batchTokens), 1)
}

// spec is the model of that shape over a tokenizer's vocabulary.
func (s Shape) spec(vocab int, tied bool) lm.Spec {
	return lm.Spec{
		Vocab: vocab, Context: s.Context, Width: s.Width, Layers: s.Layers, Heads: s.Heads, KVHeads: s.KVHeads,
		HeadDim: s.HeadDim, Hidden: s.Hidden, Tied: tied, RopeTheta: 10000, NormEps: 1e-5,
	}
}
