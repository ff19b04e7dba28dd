package train

import (
	"time"

	"xent/entropy"
	"xent/lm"
)

// An Event is something that happened in a run: one of *Begun, *Resumed,
// *Progress, *Evaluated, *Overfitting and *Saved.
type Event interface{ event() }

// Begun comes before the first step: what will be done, and what it needs.
type Begun struct {
	Out         string
	Spec        lm.Spec
	Size        string // "" when the shape is the caller's own
	Parameters  int
	Corpus      Corpus
	Step, Steps int // Step > 0: a run goes on after that step
	BatchTokens int
	Memory      int64         // bytes of the process at most
	Disk        int64         // bytes of the folder, and of text that does not fit the memory
	Expected    time.Duration // from here to the end; 0 when not known yet
	Backend     string
}

// Corpus describes what is learnt from.
type Corpus struct {
	Source    bool  // the built-in stories
	Documents int   // of the training part; 0 for the endless source
	Bytes     int64 // of them
	Tokens    int64 // of the training part; estimated from the counted bytes where these are fewer
	// What of the training part the tokenizer was trained on and the counts of
	// the baselines were made from, spread over all of it.
	CountedBytes int64
	// The held-out part, all of it; what of it is measured at the end, and by
	// the baselines; and what at each evaluation. The source has no end: there
	// all of it is what is measured.
	HeldDocuments, MeasuredDocuments         int
	HeldBytes, MeasuredBytes, EvaluatedBytes int64
	Floor                                    float64 // bits a byte, the source's entropy rate; 0 when not known
	Baselines                                []Baseline
	OnDisk                                   int64    // bytes of text that lie on the disk during the run
	Skipped                                  []string // files of folders that are not text
	PassedOver                               string   // all of folders that was not read, in words; "" for nothing
}

// A Baseline is what a simpler method needs for the held-out part.
type Baseline struct {
	Name        string
	BitsPerByte float64
}

// Resumed comes before Begun when a run goes on elsewhere than it began, or has
// done so before: results are then not those of a run that was never cut off, but
// differ in the last digits. Back ends that compute the same bits are no
// elsewhere.
type Resumed struct {
	Backend, BackendThen string // here, and where the run began
	Go, GoThen           string
}

// Progress comes about twice a second.
type Progress struct {
	Step, Steps     int
	Loss            entropy.Nats // a token, mean since the last Progress
	Rate            float64      // learning rate
	Norm            float64      // of the gradient, before clipping
	Tokens          int64        // learnt from so far
	TokensPerSecond float64
	Elapsed, Left   time.Duration
	HeldOut         float64 // bits a byte at the last evaluation
}

// Evaluated comes with each held-out evaluation, the first before step 1.
type Evaluated struct {
	Point
	Steps int
	Best  bool // the best so far; its weights are in the folder
	// Excess is how far the model is above the floor: its nats on the evaluated
	// stories over those stories' true nats, less 1. NaN when not known.
	Excess float64
}

// A Point is one held-out evaluation.
type Point struct {
	Step        int     `json:"step"`
	Tokens      int64   `json:"tokens"`                         // learnt from so far
	TrainNats   float64 `json:"train_nats_per_token,omitempty"` // mean since the last evaluation
	HeldNats    float64 `json:"heldout_nats_per_token"`
	BitsPerByte float64 `json:"heldout_bits_per_byte"`
}

// Overfitting comes once, when held-out bits a byte have risen over several
// evaluations while the training loss fell. The best model is kept.
type Overfitting struct {
	Step, BestStep int
	Held, Best     float64 // bits a byte
}

// Saved comes when a checkpoint is on the disk.
type Saved struct{ Step int }

func (*Begun) event()       {}
func (*Resumed) event()     {}
func (*Progress) event()    {}
func (*Evaluated) event()   {}
func (*Overfitting) event() {}
func (*Saved) event()       {}
