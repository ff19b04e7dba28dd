package lm

import (
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"xent/internal/tensor"
)

func TestSpecValidate(t *testing.T) {
	good := referenceSpec(true)
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*Spec){
		"Vocab":     func(s *Spec) { s.Vocab = 0 },
		"Context":   func(s *Spec) { s.Context = -1 },
		"Width":     func(s *Spec) { s.Width, s.Vocab, s.Hidden, s.Layers = 1<<30, 1<<30, 1<<30, 1<<30 },
		"Layers":    func(s *Spec) { s.Layers = 0 },
		"Heads":     func(s *Spec) { s.Heads = 0 },
		"KVHeads":   func(s *Spec) { s.KVHeads = 3 },
		"HeadDim":   func(s *Spec) { s.HeadDim = 5 },
		"Hidden":    func(s *Spec) { s.Hidden = math.MaxInt },
		"RopeTheta": func(s *Spec) { s.RopeTheta = math.NaN() },
		"NormEps":   func(s *Spec) { s.NormEps = -1 },
	} {
		s := good
		change(&s)
		var e *SpecError
		if err := s.Validate(); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: error %v", field, err)
		}
	}
}

// TestParameters counts by the tensors, and the published size of a model.
func TestParameters(t *testing.T) {
	for _, tied := range []bool{true, false} {
		s, n := referenceSpec(tied), 0
		for _, ts := range s.Tensors() {
			if ts.Offset != n {
				t.Errorf("%s starts at %d, want %d", ts.Name, ts.Offset, n)
			}
			n += ts.Rows * ts.Cols
		}
		if s.Parameters() != n {
			t.Errorf("tied %v: %d parameters, the tensors hold %d", tied, s.Parameters(), n)
		}
	}
	// Llama 2 7B (Touvron et al. 2023, arXiv:2307.09288) has 6,738,415,616: more than an int of 32 bits counts.
	llama := Spec{Vocab: 32000, Context: 4096, Width: 4096, Layers: 32, Heads: 32, KVHeads: 32, HeadDim: 128, Hidden: 11008, RopeTheta: 10000, NormEps: 1e-5}
	if n := int64(llama.Parameters()); n != min(6738415616, int64(math.MaxInt)) {
		t.Errorf("Llama 2 7B has %d parameters", n)
	}
	huge := Spec{Vocab: math.MaxInt, Width: math.MaxInt, Layers: 1}
	if n := huge.Parameters(); n != math.MaxInt {
		t.Errorf("a model beyond all memory has %d parameters", n)
	}
}

func TestNewWeights(t *testing.T) {
	s := referenceSpec(false)
	a := referenceArena(s)
	get := func(change string, m tensor.Matrix, ok bool) func(string) (tensor.Matrix, bool) {
		return func(name string) (tensor.Matrix, bool) {
			if name == change {
				return m, ok
			}
			return a.Tensor(name), true
		}
	}
	const up = "model.layers.1.mlp.up_proj.weight"
	for _, c := range []struct {
		get  func(string) (tensor.Matrix, bool)
		want string
	}{
		{get(up, tensor.Matrix{}, false), "no tensor " + up},
		{get(headName, tensor.Matrix{}, false), "not tied"},
		{get(up, Memory(nil).matrix(24, 40), true), "24×40"},
		{get(up, tensor.Float64(make([]float64, 960), 40, 24), true), "float64"},
	} {
		if _, err := NewWeights(s, c.get); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	s.KVHeads = 3
	if _, err := NewWeights(s, get("", tensor.Matrix{}, true)); err == nil {
		t.Error("weights of an impossible model")
	}
}

func TestInit(t *testing.T) {
	s := Spec{Vocab: 500, Context: 8, Width: 64, Layers: 8, Heads: 4, KVHeads: 2, HeadDim: 16, Hidden: 128, RopeTheta: 10000, NormEps: 1e-5}
	a, b, c := NewArena(s), NewArena(s), NewArena(s)
	a.Init(7)
	b.Init(7)
	c.Init(8)
	if !equalBits(a.Data(), b.Data()) || equalBits(a.Data(), c.Data()) {
		t.Error("a seed must decide the parameters")
	}
	for _, ts := range s.Tensors() {
		want := map[Role]float64{Table: 1, Head: 0.02, Matrix: 0.02, Residual: 0.005, Scale: 0}[ts.Role]
		x := a.Tensor(ts.Name).Data()
		mean, square := 0.0, 0.0
		for _, v := range x {
			mean += float64(v) / float64(len(x))
			square += float64(v) * float64(v) / float64(len(x))
		}
		if ts.Role == Scale {
			if mean != 1 || square != 1 {
				t.Errorf("%s: not all ones", ts.Name)
			}
			continue
		}
		if std := math.Sqrt(square - mean*mean); !(math.Abs(std-want) <= 0.06*want) || !(math.Abs(mean) <= 0.1*want) {
			t.Errorf("%s: mean %v, deviation %v, want 0 and %v", ts.Name, mean, std, want)
		}
	}
	tied := s
	tied.Tied = true
	d := NewArena(tied)
	d.Init(7)
	for i, x := range d.Tensor(embeddingName).Data() { // the same numbers, smaller
		if want := a.Tensor(embeddingName).Data()[i] * initStd; !(math.Abs(float64(x-want)) <= 1e-7) {
			t.Fatalf("tied embedding[%d] = %v, want %v", i, x, want)
		}
	}
	// The same on every platform.
	if got := a.Tensor("model.layers.3.mlp.down_proj.weight").Data()[5]; got != initGolden {
		t.Errorf("a parameter drawn from seed 7 is %v, want %v", got, initGolden)
	}
}

// initGolden was printed by this test on linux/amd64, Go 1.26.
const initGolden = float32(-0.0013882645)

// TestRunnerBytes compares the estimate with what is allocated.
func TestRunnerBytes(t *testing.T) {
	w := NewArena(stepSpec).Weights()
	allocated := func() float64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.TotalAlloc)
	}
	start := allocated()
	r := newRunner(t, w, 300, 1)
	plain := allocated() - start
	r.growForGradients()
	full := allocated() - start
	for _, c := range []struct {
		estimate int
		actual   float64
	}{{stepSpec.RunnerBytes(300, false), plain}, {stepSpec.RunnerBytes(300, true), full}} {
		if !(math.Abs(float64(c.estimate)/c.actual-1) <= 0.03) {
			t.Errorf("estimate %d bytes, allocated %.0f", c.estimate, c.actual)
		}
	}
	if n := stepSpec.RunnerBytes(math.MaxInt/8, true); n != math.MaxInt {
		t.Errorf("a runner beyond all memory has %d bytes", n)
	}
}
