package xent

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
)

// What PyTorch's cross_entropy says: testdata/torch_loss.json, made by
// torch_loss.py beside it with PyTorch 1.13. Reductions correspond so:
//
//	none    the Sum of a pass over the row alone; an upstream gradient is RowWeights
//	sum     Result.Sum, and a scale of 1
//	mean    Result.Mean, and a scale of 1/Weight: of rows with class weights Σ w_y,
//	        of distributions the number of rows
//
// Inputs are exact in the types they are given in, so that one golden, computed
// in float64, serves all: float64 within 1e-12, the others within what the
// package promises of them.
type torchFile struct {
	Made        string `json:"made by"`
	Torch       string
	RowWeights  []float32 `json:"row_weights"`
	Batches     []torchBatch
	Cases       []torchCase
	Differences []torchDifference
	Refused     []torchRefusal
	Linear      []torchLinear
	Divergences []torchDivergence
}

// A torchNumber may be "nan", "inf" or "-inf".
type torchNumber float64

func (x *torchNumber) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 64)
	*x = torchNumber(v)
	return err
}

type torchMatrix [][]torchNumber

type torchOptions struct {
	Weights                                bool
	Smoothing, ZLoss, SoftCap, Temperature float64
}

// A torchBatch is logits and their targets: classes, a distribution, or the k
// likeliest of one.
type torchBatch struct {
	Name    string
	Logits  torchMatrix
	Weights []torchNumber
	Index   []int32
	Dense   torchMatrix
	K       int
	Classes [][]int32
	Probs   [][]float32
	Rest    string
	Columns []int // where a wide batch's gradients are given
}

type torchCase struct {
	Batch                                 string
	Options                               torchOptions
	Rows, NLL, LSE, Entropy               []torchNumber
	Sum, Mean, Weighted, Smoothing, ZLoss torchNumber
	GradMean                              torchMatrix `json:"grad_mean"`
	GradWeighted                          torchMatrix `json:"grad_weighted"`
}

func readTorch(t *testing.T) (f torchFile) {
	t.Helper()
	text, err := os.ReadFile("testdata/torch_loss.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	if len(f.Batches) == 0 || len(f.Cases) == 0 || len(f.Differences) == 0 || len(f.Refused) == 0 || len(f.Linear) == 0 || len(f.Divergences) == 0 {
		t.Fatalf("testdata/torch_loss.json lacks a part: %s, PyTorch %s", f.Made, f.Torch)
	}
	return f
}

func (f *torchFile) batch(t *testing.T, name string) *torchBatch {
	t.Helper()
	for i := range f.Batches {
		if f.Batches[i].Name == name {
			return &f.Batches[i]
		}
	}
	t.Fatalf("no batch %q", name)
	return nil
}

// array stores x; ok is false where the type does not hold it exactly.
func (x torchMatrix) array(s storage) (a array, ok bool) {
	var all []torchNumber
	for _, row := range x {
		all = append(all, row...)
	}
	a = newArray(s, len(all))
	for i, v := range all {
		a.set(i, float64(v))
		if !alike(a.at(i), float64(v)) {
			return a, false
		}
	}
	return a, true
}

// problem is the batch with logits of type s.
func (b *torchBatch) problem(s storage, o torchOptions) (p *batch, ok bool) {
	p = &batch{n: len(b.Logits), v: len(b.Weights)}
	if p.logits, ok = b.Logits.array(s); !ok {
		return nil, false
	}
	if o.Weights {
		for _, w := range b.Weights {
			p.classW = append(p.classW, float32(w))
		}
	}
	b.targets(p, s)
	return p, true
}

// targets sets p's targets, and what they mean.
func (b *torchBatch) targets(p *batch, s storage) {
	p.q = make([][]float64, p.n)
	for i := range p.q {
		p.q[i] = make([]float64, p.v)
	}
	switch {
	case b.K > 0:
		rest := map[string]Rest{"uniform": RestUniform, "renormalise": RestRenormalise}[b.Rest]
		p.y.Soft = &Soft{K: b.K, Rest: rest}
		for i, classes := range b.Classes {
			p.y.Soft.Index = append(p.y.Soft.Index, classes...)
			p.y.Soft.Prob = append(p.y.Soft.Prob, b.Probs[i]...)
			b.fillList(p.q[i], classes, b.Probs[i], rest)
		}
	case b.Dense != nil:
		q, _ := b.Dense.array(s)
		p.y.Soft = &Soft{Dense: q.matrix(p.n, p.v)}
		for i := range p.q {
			p.q[i] = q.values(i*p.v, (i+1)*p.v)
		}
	default:
		p.y.Index = append([]int32{}, b.Index...)
		for i, y := range b.Index {
			if y >= 0 && int(y) < p.v {
				p.q[i][y] = 1
			}
		}
	}
}

// fillList writes the distribution that a list means; no class is masked.
func (b *torchBatch) fillList(q []float64, classes []int32, probs []float32, rest Rest) {
	total, listed := 0.0, 0.0
	for k, c := range classes {
		if c != Ignore {
			total, listed = total+float64(probs[k]), listed+1
		}
	}
	if rest == RestUniform {
		for c := range q {
			q[c] = (1 - total) / (float64(len(q)) - listed)
		}
		total = 1
	}
	for k, c := range classes {
		if c != Ignore {
			q[c] = float64(probs[k]) / total
		}
	}
}

func (o torchOptions) loss(p *batch) (*Loss, error) {
	return New(p.v, Options{ClassWeights: p.classW, LabelSmoothing: o.Smoothing, ZLoss: o.ZLoss, SoftCap: o.SoftCap, Temperature: o.Temperature})
}

// rows returns what the textbook has to say of each row that counts: budgets are
// taken from it, never a value.
func (o torchOptions) rows(p *batch, scale float64) []*torchRow {
	rows := make([]*torchRow, p.n)
	for i := range rows {
		if p.y.weight(i) == 0 {
			continue
		}
		in := refInput{z: p.row(i), q: p.q[i], w: make([]float64, p.v), r: p.y.weight(i), scale: scale,
			epsilon: o.Smoothing, zeta: o.ZLoss, softCap: o.SoftCap, temperature: o.Temperature}
		if in.temperature == 0 {
			in.temperature = 1
		}
		for c := range in.w {
			in.w[c] = 1
			if p.classW != nil {
				in.w[c] = float64(p.classW[c])
			}
		}
		rows[i] = &torchRow{in, reference(in)}
	}
	return rows
}

type torchRow struct {
	in  refInput
	ref refRow
}

// objective is how far the row's part of Sum may be off, in units of roundoff.
func (r *torchRow) objective() float64 {
	return r.in.r * (r.ref.costBudget + r.ref.smoothingBudget + 2*r.in.zeta*math.Abs(r.ref.lse)*r.ref.lseBudget)
}

// unit is the roundoff to allow for. PyTorch rounds too: 32 units are 3.6e-15,
// and 1e-12 of a term is 280 of them.
func (s storage) torchUnit() (unit, tiny float64) {
	if s == f64 {
		return 32 * s.roundoff(), 0x1p-1000
	}
	return s.roundoff(), 0x1p-125
}

// near reports whether got is within tolerance, and four roundings of its own, of
// what PyTorch says, NaN and ∞ being what they are.
func (want torchNumber) near(got, tolerance float64) bool {
	w := float64(want)
	return alike(got, w) || math.Abs(got-w) <= tolerance+0x1p-51*math.Abs(w)
}
