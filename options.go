package xent

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"sync"

	"xent/internal/kernel"
)

// Options chooses the loss. The zero value is plain cross-entropy. All of them
// work together; the package comment has the formulas.
type Options struct {
	// ClassWeights multiplies a row's loss by w_y: V finite values ≥ 0, kept
	// and not to be changed afterwards; nil means 1.
	ClassWeights []float32
	// LabelSmoothing is ε in [0, 1]: that share of the target is spread evenly
	// over the unmasked classes (Szegedy et al. 2016).
	LabelSmoothing float64
	// ZLoss is ζ ≥ 0, finite: ζ·lse² is added to each row, which keeps lse near
	// 0 (Chowdhery et al. 2022, PaLM, use 1e-4).
	ZLoss float64
	// SoftCap is c > 0, finite: logits become c·tanh(z/c) first (Gemma Team 2024);
	// 0 means no cap.
	SoftCap float64
	// Temperature is T > 0, finite: logits, capped if they are, are divided by it;
	// 0 means 1.
	Temperature float64
	// FilterBelow, in [0, 1), leaves out of LinearGradient's products those classes of
	// a row whose gradient is smaller than FilterBelow·|scale|·r, which costs
	// accuracy and saves time (Wijmans et al. 2024, Cut Your Losses, use 2⁻¹²).
	// [Result.FilterBound] says how much was left out, of the bias's gradient too. Where nothing of a class
	// is left in a strip of rows, the products skip it. 0 leaves out nothing.
	FilterBelow float64
	// Workers is the greatest number of goroutines a pass may use; 0 means
	// GOMAXPROCS. It changes no bit.
	Workers int
	// Workspace is how many bytes a linear pass may use for logits, gathered rows
	// and what products pack; 0 means 64 MiB. At least one row is always held, and
	// half of it is for rows. Passes that run at the same time have one each, and it
	// is kept for the next one. It changes no bit, unless FilterBelow is set.
	Workspace int64
}

const defaultWorkspace = 64 << 20

// A Loss computes one kind of loss over V classes. It is immutable and safe
// for concurrent use.
type Loss struct {
	v       int
	o       Options
	scale   kernel.Scale // of the temperature
	form    uint64       // tells apart losses whose Stats do not fit together
	scratch sync.Pool    // of *pass
	marks   sync.Pool    // of *[]uint64, a bit a class, none set
}

// New returns the loss over V ≥ 1 classes. Unusable options give an
// [*OptionError].
func New(V int, o Options) (*Loss, error) {
	if V < 1 || V > math.MaxInt32 {
		return nil, &OptionError{"V", -1, float64(V), "want 1 … 2³¹−1 classes"}
	}
	if err := o.check(V); err != nil {
		return nil, err
	}
	if o.Workspace == 0 {
		o.Workspace = defaultWorkspace
	}
	if o.Temperature == 0 {
		o.Temperature = 1
	}
	l := &Loss{v: V, o: o, scale: kernel.NewScale(o.Temperature), scratch: sync.Pool{New: func() any { return new(pass) }}}
	l.form = l.stats()
	return l, nil
}

// stats hashes (FNV-1a) the options that the statistics of a row depend on.
func (l *Loss) stats() uint64 {
	h := fnv.New64a()
	for _, x := range []float64{float64(l.v), l.o.Temperature, l.o.SoftCap, min(l.o.LabelSmoothing, 0x1p-1074)} {
		h.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)))
	}
	var b [4]byte
	for _, w := range l.o.ClassWeights {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(w))
		h.Write(b[:])
	}
	return h.Sum64()
}

func (o *Options) check(V int) error {
	if o.ClassWeights != nil && len(o.ClassWeights) != V {
		want := fmt.Sprintf("want %d weights, one a class, or nil", V)
		return &OptionError{"ClassWeights", -1, float64(len(o.ClassWeights)), want}
	}
	for c, w := range o.ClassWeights {
		if !(w >= 0 && w <= math.MaxFloat32) {
			return &OptionError{"ClassWeights", c, float64(w), "want a finite number ≥ 0"}
		}
	}
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"LabelSmoothing", o.LabelSmoothing, o.LabelSmoothing >= 0 && o.LabelSmoothing <= 1, "want a share in [0, 1]"},
		{"ZLoss", o.ZLoss, o.ZLoss >= 0 && o.ZLoss <= math.MaxFloat32, "want a finite number ≥ 0"},
		{"SoftCap", o.SoftCap, o.SoftCap == 0 || usable(o.SoftCap), "want a finite number > 0, or 0 for no cap"},
		{"Temperature", o.Temperature, o.Temperature == 0 || usable(o.Temperature), "want a finite number > 0, or 0 for 1"},
		{"FilterBelow", o.FilterBelow, o.FilterBelow >= 0 && o.FilterBelow < 1, "want a number in [0, 1)"},
		{"Workers", float64(o.Workers), o.Workers >= 0, "want a number ≥ 0"},
		{"Workspace", float64(o.Workspace), o.Workspace >= 0, "want a number of bytes ≥ 0"},
	} {
		if !f.ok {
			return &OptionError{f.name, -1, f.value, f.want}
		}
	}
	return nil
}

// usable reports whether x > 0 can be multiplied and divided by.
func usable(x float64) bool { return x >= 0x1p-126 && x <= math.MaxFloat32 }

func (l *Loss) classWeight(c int32) float64 {
	if l.o.ClassWeights == nil {
		return 1
	}
	return float64(l.o.ClassWeights[c])
}
